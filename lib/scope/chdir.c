/* SPDX-License-Identifier: MIT */
/*
 * chdir.c - the current directory, for a scope
 *
 * The way back is a descriptor, O_PATH: that needs no right to read the
 * directory, and pins it under whatever name it has by then.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <with/process.h>

#include "base/syscalls.h"

#ifndef O_PATH
#define O_PATH O_RDONLY		/* not Linux */
#endif

static int change(const char *path, int fd)
{
	int back = with__sys.openat(AT_FDCWD, ".",
				    O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int error;

	if (back < 0)
		return -1;
	if ((path ? chdir(path) : fchdir(fd)) == 0)
		return back;
	error = errno;
	with__sys.close(back);
	errno = error;
	return -1;
}

int with_chdir_open(const char *path)
{
	if (!path) {
		errno = EINVAL;
		return -1;
	}
	return change(path, -1);
}

int with_fchdir_open(int fd)
{
	return change(NULL, fd);
}

static int go_back(int back)
{
	int saved = errno;
	int result = fchdir(back);

	if (result < 0)
		saved = errno;
	with__sys.close(back);
	errno = saved;
	return result;
}

int with_chdir_close(int *back)
{
	int closing = *back;

	if (closing < 0)
		return 0;
	(void)with__leave(back);
	*back = -1;
	return go_back(closing);
}

void with__chdir_end(int back)
{
	int saved = errno;

	if (go_back(back) < 0)
		with__report("close", "current directory", NULL);
	errno = saved;
}
