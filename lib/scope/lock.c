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

#include "base/syscalls.h"
#include "temp/options.h"

/* Nonblocking: a FIFO without a writer would keep open() waiting. */
static int open_for_locking(const char *path, bool create)
{
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	flags |= create ? O_RDWR | O_CREAT : O_RDONLY;
	return with__sys.openat(AT_FDCWD, path, flags, 0666);
}

int with_flock_open_opt(const char *path,
			const struct with_flock_open_options *given)
{
	struct with_flock_open_options options;
	int fd, error;

	if (with__options_copy(&options, sizeof(options), given) < 0)
		return -1;
	if (!path) {
		errno = EINVAL;
		return -1;
	}
	fd = open_for_locking(path, options.create);
	if (fd < 0)
		return -1;
	if (flock(fd, (options.shared ? LOCK_SH : LOCK_EX) |
		      (options.nonblocking ? LOCK_NB : 0)) == 0)
		return fd;
	error = errno;
	with__sys.close(fd);
	errno = error;
	return -1;
}

int with_flock_close(int *fd)
{
	return with_fd_close(fd);
}

void with__flock_end(int fd)
{
	with__fd_end(fd);
}
