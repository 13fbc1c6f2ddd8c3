/* SPDX-License-Identifier: MIT */
/*
 * unnamed.c - descriptors of files without a name
 *
 * Whether a directory can have them is asked of the file system, each time:
 * it depends on the directory, and the question is the creation itself.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/direct.h"
#include "base/where.h"
#include "temp/make.h"
#include "temp/place.h"
#include "temp/unnamed.h"

static bool cannot_be_unnamed(int error)
{
	/* EISDIR: Linux before 3.11, where O_TMPFILE is just O_DIRECTORY. */
	return error == EOPNOTSUPP || error == EISDIR || error == EINVAL;
}

static int open_unnamed(const struct with__place *place, int flags,
			mode_t permissions)
{
	bool relative = place->fd != AT_FDCWD;

	return WITH__DIRECT_RETRY(with__direct_openat(
		place->fd, relative ? "." : place->path,
		O_TMPFILE | O_RDWR | flags, permissions));
}

/* An error is returned as its negative number. */
static int open_unnamed_exactly(const struct with__place *place, int flags,
				mode_t permissions)
{
	struct stat status;
	int fd = open_unnamed(place, flags, permissions);
	int error;

	if (fd < 0)
		return fd;
	error = with__direct_fstat(fd, &status);
	if (error == 0 &&
	    with__file_permissions(fd, permissions, status.st_mode) < 0)
		error = -errno;
	if (error == 0)
		return fd;
	with__sys.close(fd);
	return error;
}

struct with__kept_name *with__kept_name_of(const struct with__created *created)
{
	struct with__kept_name *name = created->handle;

	*name = (struct with__kept_name) {
		.companion = { .end = with__kept_name_end },
		.entry = created->entry,
		.identity = created->status.identity,
		.place = created->place,
		.path = created->path,
	};
	return name;
}

int with__kept_name_end(struct with__companion *companion)
{
	struct with__kept_name *name = (struct with__kept_name *)companion;
	int result = with__registry_remove(&name->entry, -1, false);
	int error = errno;

	free(name);
	errno = error;
	return result;
}

/* With a name, which is removed at once unless the caller wants to have it. */
static int open_with_name(const struct with__names *names, int flags,
			  struct with__kept_name **ret_name)
{
	struct with__making_file making = { .flags = flags, .fd = -1 };
	const struct with__creation creation = {
		.names = names,
		.default_permissions = 0600,
		.kind = WITH__FILE,
		.registered = true,
		.handle_size = sizeof(struct with__kept_name),
		.make = with__make_file,
		.data = &making,
	};
	struct with__created created;
	struct with__kept_name *name;
	int result = with__create(&creation, &created);
	int error;

	if (result == 0) {
		name = with__kept_name_of(&created);
		if (ret_name)
			*ret_name = name;
		else
			result = with__kept_name_end(&name->companion);
	}
	if (result == 0)
		return making.fd;
	error = errno;
	if (making.fd >= 0)
		with__sys.close(making.fd);
	errno = error;
	return -1;
}

int with__unnamed_open(const struct with__names *names, int flags,
			 struct with__kept_name **ret_name)
{
	/* With O_TMPFILE: can never be linked. */
	int unnamed_flags = ret_name ? flags : flags | O_EXCL;
	mode_t permissions = names->permissions ? names->permissions : 0600;
	struct with__place place;
	int saved = errno;
	int fd = -1;

	if (ret_name)
		*ret_name = NULL;
	if (with__create_check(names) < 0)
		return -1;
	if (with__place_resolve(names, &place) == 0) {
		do {
			fd = with__direct_result(open_unnamed_exactly(
				&place, unnamed_flags, permissions));
		} while (fd < 0 && with__place_again(&place));
	}
	with__place_free(&place);
	if (fd < 0 && !cannot_be_unnamed(errno))
		return -1;
	errno = saved;
	return fd >= 0 ? fd : open_with_name(names, flags, ret_name);
}

/* The commonest at once; the rest finds another way, or says why it cannot. */
int with__unnamed_scratch(int flags)
{
	const struct with__names names = { .size = 0 };
	const char *path = with__where();
	int fd = -1;

	if (path)
		fd = with__direct_openat(AT_FDCWD, path,
					 O_TMPFILE | O_RDWR | O_EXCL | flags,
					 0600);
	if (fd >= 0 || !path)
		return fd;
	WITH__NO_CANCEL;

	return with__unnamed_open(&names, flags, NULL);
}
