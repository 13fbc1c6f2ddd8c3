/* SPDX-License-Identifier: MIT */
/*
 * lock.c - a lock on a file that a scope holds
 *
 * A lock of flock() belongs to the open file description, which a forked
 * child shares. An unlock in the child would end the parent's lock; closing
 * does so only when the last copy of the descriptor goes. So each guard opens
 * the file for itself, and only closes.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>

#include <with/descriptor.h>
#include <with/lock.h>

#include "base/direct.h"
#include "temp/options.h"

/* Nonblocking: a FIFO without a writer would keep open() waiting. */
static int open_for_locking(const char *path, bool create)
{
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	flags |= create ? O_RDWR | O_CREAT : O_RDONLY;
	return with__direct_openat(AT_FDCWD, path, flags, 0666);
}

static int lock(int fd, int operation)
{
	return (int)with__direct(SYS_flock, fd, operation, 0, 0);
}

int with_flock_open_opt(const char *path,
			const struct with_flock_open_options *given)
{
	struct with_flock_open_options copy;
	const struct with_flock_open_options *options =
		with__options_known(&copy, sizeof(copy), given);
	int fd, result;

	if (!options)
		return -1;
	if (!path) {
		errno = EINVAL;
		return -1;
	}
	fd = open_for_locking(path, options->create);
	if (fd < 0)
		return with__direct_result(fd);
	result = lock(fd, (options->shared ? LOCK_SH : LOCK_EX) |
			  (options->nonblocking ? LOCK_NB : 0));
	if (result == 0)
		return fd;
	with__direct_close(fd);
	return with__direct_result(result);
}

int with_flock_close(int *fd)
{
	return with_fd_close(fd);
}

void with__flock_end(int fd)
{
	with__fd_end(fd);
}
