/* SPDX-License-Identifier: MIT */
/*
 * descriptor.c - descriptors and directory streams that a scope owns
 *
 * The close of a scope must not be cut short by a cancellation: nobody would
 * close the descriptor afterwards. Those of base/syscalls.h cannot be.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>

#include <with/descriptor.h>

#include "base/cancel.h"
#include "base/syscalls.h"

static bool has_permissions(int flags)
{
#ifdef O_TMPFILE
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return true;
#endif
	return (flags & O_CREAT) != 0;
}

int with_fd_open(const char *path, int flags, ...)
{
	mode_t permissions = 0;
	va_list arguments;

	if (!path) {
		errno = EINVAL;
		return -1;
	}
	if (has_permissions(flags)) {
		va_start(arguments, flags);
		permissions = (mode_t)va_arg(arguments, unsigned);
		va_end(arguments);
	}
	return with__sys.openat(AT_FDCWD, path, flags | O_CLOEXEC, permissions);
}

static int close_fd(int fd)
{
	int saved = errno;

	if (with__sys.close(fd) == 0)
		return 0;
	if (errno != EINTR)
		return -1;
	errno = saved;
	return 0;
}

int with_fd_close(int *fd)
{
	int closing = *fd;

	if (closing < 0)
		return 0;
	(void)with__leave(fd);
	*fd = -1;
	return close_fd(closing);
}

void with__fd_end(int fd)
{
	int saved = errno;

	if (close_fd(fd) < 0)
		with__report("close", "descriptor", NULL);
	errno = saved;
}

/* glibc and musl open it close-on-exec. */
DIR *with_dirstream_open(const char *path)
{
	WITH__NO_CANCEL;

	if (!path) {
		errno = EINVAL;
		return NULL;
	}
	return opendir(path);
}

/* Neither library's closedir() is a cancellation point. */
int with_dirstream_close(DIR **directory)
{
	DIR *closing = *directory;

	if (!closing)
		return 0;
	(void)with__leave(directory);
	*directory = NULL;
	return closedir(closing);
}

void with__dirstream_end(DIR *directory)
{
	int saved = errno;

	if (closedir(directory) < 0)
		with__report("close", "directory stream", NULL);
	errno = saved;
}
