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

#include "base/direct.h"
#include "life/report.h"

static int change(const char *path, int fd)
{
	int back = with__direct_openat(AT_FDCWD, ".",
				       O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	long result;

	if (back < 0)
		return with__direct_result(back);
	result = path ? with__direct(SYS_chdir, (long)path, 0, 0, 0) :
		with__direct(SYS_fchdir, fd, 0, 0, 0);
	if (result == 0)
		return back;
	with__direct_close(back);
	return with__direct_result(result);
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

/* 0, or an error's negative number; errno is left alone. */
static int go_back(int back)
{
	int result = (int)with__direct(SYS_fchdir, back, 0, 0, 0);

	with__direct_close(back);
	return result;
}

int with_chdir_close(int *back)
{
	int closing = back ? *back : -1;

	if (closing < 0)
		return 0;
	(void)with__leave(back);
	*back = -1;
	return with__direct_result(go_back(closing));
}

void with__chdir_end(int back)
{
	int result = go_back(back);

	if (result < 0)
		with__report_error("close", "current directory", -result, NULL);
}
