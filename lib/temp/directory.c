/* SPDX-License-Identifier: MIT */
/*
 * directory.c - temporary directories
 *
 * A handle opens its directory only when somebody asks for the descriptor: so
 * a hundred thousand of them can live, and an empty one costs two system
 * calls less. Until then the identity pins what the path means.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <with/directory.h>

#include "base/syscalls.h"
#include "temp/create.h"
#include "temp/make.h"

/* A path that tempfile_dir_join() gave out. */
struct joined {
	struct joined *next;
	char path[];
};

struct directory {
	struct tempfile_dir public;	/* its path stands behind this struct */
	struct with__entry entry;	/* no slot: kept */
	struct with__identity identity;
	struct joined *joined;
	int fd;				/* -1: nobody has asked yet */
};

/* Room under a directory for the name of a socket. */
#define SOCKET_NAME_ROOM 30

static struct directory *private_of(struct tempfile_dir *dir)
{
	return (struct directory *)dir;
}

static int finish(struct directory *dir, bool report)
{
	int result = with__registry_remove(&dir->entry, dir->fd, report);
	int error = errno;
	struct joined *joined = dir->joined;

	if (dir->fd >= 0)
		with__sys.close(dir->fd);
	while (joined) {
		struct joined *next = joined->next;

		free(joined);
		joined = next;
	}
	free(dir);
	errno = error;
	return result;
}

int tempfile_dir_close(struct tempfile_dir **dir)
{
	struct tempfile_dir *closing = dir ? *dir : NULL;

	if (!closing)
		return 0;
	(void)with__leave(dir);
	*dir = NULL;
	return finish(private_of(closing), false);
}

void tempfile__dir_end(struct tempfile_dir *dir)
{
	int saved = errno;

	(void)finish(private_of(dir), true);
	errno = saved;
}

int tempfile_dir_keep(struct tempfile_dir *dir)
{
	if (!dir) {
		errno = EINVAL;
		return -1;
	}
	with__registry_release(&private_of(dir)->entry);
	return 0;
}

static int open_checked(const struct directory *dir)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct with__status status;
	int saved = errno;
	int fd = WITH__RETRY(with__sys.openat(AT_FDCWD, dir->public.path,
					      O_RDONLY | flags, 0));
	int error;

	/* Not readable: enough to create in it, by name. */
	if (fd < 0 && errno == EACCES)
		fd = WITH__RETRY(with__sys.openat(AT_FDCWD, dir->public.path,
						  O_PATH | flags, 0));
	if (fd < 0)
		return -1;
	if (with__status_at(fd, "", &status) == 0) {
		if (with__identity_equal(&status.identity, &dir->identity)) {
			errno = saved;
			return fd;
		}
		errno = ESTALE;
	}
	error = errno;
	with__sys.close(fd);
	errno = error;
	return -1;
}

int tempfile_dir_fd(struct tempfile_dir *dir)
{
	struct directory *private = private_of(dir);

	if (!dir) {
		errno = EINVAL;
		return -1;
	}
	/* By calls that are no cancellation points. */
	if (private->fd < 0)
		private->fd = open_checked(private);
	return private->fd;
}

static bool stays_inside(const char *path)
{
	if (!*path || *path == '/')
		return false;
	while (path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && strncmp(path, "..", 2) == 0)
			return false;
		path = path[length] ? path + length + 1 : NULL;
	}
	return true;
}

/* The directory, a slash, and the formatted rest. */
static struct joined *format_joined(const char *dir, const char *format,
				    va_list arguments)
{
	size_t start = strlen(dir) + 1;
	struct joined *joined;
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return NULL;
	if (start + (size_t)length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	joined = malloc(sizeof(*joined) + start + (size_t)length + 1);
	if (!joined)
		return NULL;
	sprintf(joined->path, "%s/", dir);
	vsnprintf(joined->path + start, (size_t)length + 1, format, arguments);
	return joined;
}

const char *tempfile_dir_join(struct tempfile_dir *dir, const char *format, ...)
{
	struct joined *joined;
	va_list arguments;

	if (!dir || !format) {
		errno = EINVAL;
		return NULL;
	}
	va_start(arguments, format);
	joined = format_joined(dir->path, format, arguments);
	va_end(arguments);
	if (!joined)
		return NULL;
	if (!stays_inside(joined->path + strlen(dir->path) + 1)) {
		free(joined);
		errno = EINVAL;
		return NULL;
	}
	joined->next = private_of(dir)->joined;
	private_of(dir)->joined = joined;
	return joined->path;
}

static struct tempfile_dir *
open_dir(const struct tempfile_dir_open_options *options)
{
	const struct with__creation creation = {
		.names = with__options_names(options),
		.default_permissions = 0700,
		.kind = WITH__DIRECTORY,
		.registered = true,
		.ignore_errors = options->ignore_cleanup_errors,
		.threads = options->threads,
		.longest_path = options->socket_path ?
				WITH__SOCKET_PATH - SOCKET_NAME_ROOM : 0,
		.handle_size = sizeof(struct directory),
		.make = with__make_directory,
	};
	struct with__created created;
	struct directory *dir;

	if (with__create(&creation, &created) < 0)
		return NULL;
	dir = created.handle;
	*dir = (struct directory) {
		.public = { .path = created.path },
		.entry = created.entry,
		.identity = created.status.identity,
		.fd = -1,
	};
	if (options->keep)
		with__registry_release(&dir->entry);
	return &dir->public;
}

struct tempfile_dir *
tempfile_dir_open_opt(const struct tempfile_dir_open_options *given)
{
	struct tempfile_dir_open_options copy;
	const struct tempfile_dir_open_options *options =
		with__options_known(&copy, sizeof(copy), given);
	struct tempfile_dir *dir;

	if (!options)
		return NULL;
	dir = open_dir(options);
	if (!dir)
		with__options_failed(options, "temporary directory");
	return dir;
}
