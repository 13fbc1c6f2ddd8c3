/* SPDX-License-Identifier: MIT */
/*
 * path.c - things of any kind under a guard: adopted, or made by a callback
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <with/path.h>

#include "base/cancel.h"
#include "base/chmod.h"
#include "base/syscalls.h"
#include "base/where.h"
#include "life/report.h"
#include "temp/create.h"

struct path {
	struct tempfile_path public;
	struct with__entry entry;	/* no slot: kept */
	char *adopted;			/* the path, if in a block of its own */
};

static int finish(struct tempfile_path *path, bool report)
{
	struct path *private = (struct path *)path;
	int result = with__registry_remove(&private->entry, -1, report);
	int error = errno;

	free(private->adopted);
	free(private);
	errno = error;
	return result;
}

int tempfile_path_close(struct tempfile_path **path)
{
	WITH__NO_CANCEL;
	struct tempfile_path *closing = path ? *path : NULL;

	if (!closing)
		return 0;
	(void)with__leave(path);
	*path = NULL;
	return finish(closing, false);
}

void tempfile__path_end(struct tempfile_path *path)
{
	WITH__NO_CANCEL;
	int saved = errno;

	(void)finish(path, true);
	errno = saved;
}

int tempfile_path_keep(struct tempfile_path *path)
{
	if (!path) {
		errno = EINVAL;
		return -1;
	}
	with__registry_release(&((struct path *)path)->entry);
	return 0;
}

/* Asked of the path as it is given: "." would be the current directory. */
static bool can_be_owned(const char *path)
{
	size_t length = strlen(path);
	size_t start;

	while (length > 0 && path[length - 1] == '/')
		length--;
	start = length;
	while (start > 0 && path[start - 1] != '/')
		start--;
	length -= start;
	return length > 0 && !(length == 1 && path[start] == '.') &&
	       !(length == 2 && strncmp(path + start, "..", 2) == 0);
}

static int own(struct path *path, bool is_directory, const char *source)
{
	const struct with__record record = {
		.path = path->adopted,
		.path_size = strlen(path->adopted) + 1,
		.place = AT_FDCWD,
		.kind = WITH__ANY,
		.guessable = true,
		.source = source,
	};
	struct with__status status;

	if (with__status_at(AT_FDCWD, path->adopted, &status) < 0)
		return -1;
	if (is_directory && !S_ISDIR(status.mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (with__registry_publish(&path->entry, &record) < 0)
		return -1;
	if (with__registry_confirm(&path->entry, &status.identity) == 0)
		return 0;
	with__registry_withdraw(&path->entry);
	return -1;
}

static struct tempfile_path *adopt(const char *path, const char *source)
{
	struct path *private;
	int saved = errno;

	if (!path || !can_be_owned(path)) {
		errno = EINVAL;
		return NULL;
	}
	private = calloc(1, sizeof(*private));
	if (!private)
		return NULL;
	private->adopted = with__absolute(path);
	private->public.path = private->adopted;
	/* A slash at the end says that it is one. */
	if (private->adopted &&
	    own(private, path[strlen(path) - 1] == '/', source) == 0) {
		errno = saved;
		return &private->public;
	}
	saved = errno;
	free(private->adopted);
	free(private);
	errno = saved;
	return NULL;
}

struct tempfile_path *tempfile_path_adopt(const char *path)
{
	WITH__NO_CANCEL;

	return adopt(path, NULL);
}

struct tempfile_path *tempfile__path_enter(const char *path, const char *source)
{
	WITH__NO_CANCEL;
	struct tempfile_path *handle = adopt(path, source);

	if (!handle)
		with__report("open", path ? path : "path", source);
	return handle;
}

/* What the user's function is to be called with, and what it returned. */
struct making {
	int (*make)(const char *path, void *data);
	void *data;
	bool exact_permissions;
	int result;
};

static int set_permissions(const char *path, mode_t permissions)
{
	int fd = with__sys.openat(AT_FDCWD, path,
				  O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	int result, error;

	if (fd < 0)
		return -1;
	result = with__chmod_fd(fd, permissions);
	error = errno;
	with__sys.close(fd);
	errno = error;
	return result;
}

static int call_maker(const struct with__candidate *candidate, void *data,
		      struct with__status *ret)
{
	struct making *making = data;
	int error;

	making->result = making->make(candidate->path, making->data);
	if (making->result < 0)
		return -1;
	if (with__status_at(AT_FDCWD, candidate->path, ret) == 0 &&
	    (!making->exact_permissions ||
	     set_permissions(candidate->path, candidate->permissions) == 0))
		return 0;
	error = errno;
	if (with__sys.unlinkat(AT_FDCWD, candidate->path, 0) < 0)
		with__sys.unlinkat(AT_FDCWD, candidate->path, AT_REMOVEDIR);
	errno = error;
	return -1;
}

/* options: room for them, where those that are given may be short. */
static int create(struct making *making,
		  const struct tempfile_make_options *given,
		  struct tempfile_make_options *options,
		  struct with__creation *creation, struct with__created *ret)
{
	creation->names = with__options_names(options);
	if (with__options_copy(options, sizeof(*options), given) < 0)
		return -1;
	if (!making->make) {
		errno = EINVAL;
		return -1;
	}
	creation->kind = WITH__ANY;
	creation->longest_path = options->socket_path ? WITH__SOCKET_PATH : 0;
	creation->make = call_maker;
	creation->data = making;
	making->exact_permissions = options->permissions != 0;
	return with__create(creation, ret);
}

int tempfile_make_opt(char **ret_path,
		      int (*make)(const char *path, void *data), void *data,
		      const struct tempfile_make_options *given)
{
	WITH__NO_CANCEL;
	struct tempfile_make_options options;
	struct making making = { .make = make, .data = data };
	struct with__creation creation = { .handle_size = 0 };
	struct with__created created;

	if (!ret_path) {
		errno = EINVAL;
		return -1;
	}
	if (create(&making, given, &options, &creation, &created) < 0)
		return -1;
	*ret_path = created.handle;
	return making.result;
}

struct tempfile_path *
tempfile_path_make_opt(int (*make)(const char *path, void *data), void *data,
		       const struct tempfile_make_options *given)
{
	WITH__NO_CANCEL;
	struct tempfile_make_options options;
	struct making making = { .make = make, .data = data };
	struct with__creation creation = {
		.registered = true,
		.handle_size = sizeof(struct path),
	};
	struct with__created created;
	struct path *path;

	if (create(&making, given, &options, &creation, &created) < 0) {
		with__options_failed(&options, "made path");
		return NULL;
	}
	path = created.handle;
	*path = (struct path) {
		.public = { .path = created.path },
		.entry = created.entry,
	};
	return &path->public;
}
