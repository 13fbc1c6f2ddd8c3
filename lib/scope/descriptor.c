/* SPDX-License-Identifier: MIT */
/*
 * descriptor.c - descriptors and directory streams that a scope owns
 *
 * The close of a scope must not be cut short by a cancellation: nobody would
 * close the descriptor afterwards. Those of base/direct.h cannot be.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>

#include <with/descriptor.h>

#include "base/cancel.h"
#include "base/direct.h"
#include "life/report.h"

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
	return with__direct_result(with__direct_openat(
		AT_FDCWD, path, flags | O_CLOEXEC, permissions));
}

/* 0, or an error's negative number; errno is left alone. */
static int close_fd(int fd)
{
	int result = with__direct_close(fd);

	return result == -EINTR ? 0 : result;
}

int with_fd_close(int *fd)
{
	int closing = fd ? *fd : -1;

	if (closing < 0)
		return 0;
	(void)with__leave(fd);
	*fd = -1;
	return with__direct_result(close_fd(closing));
}

void with__fd_end(int fd)
{
	int result = close_fd(fd);

	if (result < 0)
		with__report_error("close", "descriptor", -result, NULL);
}

/* glibc's functions for directory streams are no cancellation points. */
#ifdef __GLIBC__
#define NO_CANCEL_OF_STREAMS ((void)0)
#else
#define NO_CANCEL_OF_STREAMS WITH__NO_CANCEL
#endif

/* glibc and musl open it close-on-exec. */
DIR *with_dirstream_open(const char *path)
{
	NO_CANCEL_OF_STREAMS;

	if (!path) {
		errno = EINVAL;
		return NULL;
	}
	return opendir(path);
}

int with_dirstream_close(DIR **directory)
{
	NO_CANCEL_OF_STREAMS;
	DIR *closing = directory ? *directory : NULL;

	if (!closing)
		return 0;
	(void)with__leave(directory);
	*directory = NULL;
	return closedir(closing);
}

void with__dirstream_lost(int saved)
{
	with__report("close", "directory stream", NULL);
	errno = saved;
}

void with__dirstream_end(DIR *directory)
{
	NO_CANCEL_OF_STREAMS;
	int saved = errno;

	if (closedir(directory) < 0)
		with__dirstream_lost(saved);
}
