/* SPDX-License-Identifier: MIT */
/*
 * chmod.c - permissions by descriptor, O_PATH descriptors included.
 *
 * No step resolves a name that others could exchange: the magic link in
 * /proc leads to the open file itself, and "." is looked up in it.
 */
#include "config.h"

#include <errno.h>

#include "base/chmod.h"
#include "base/syscalls.h"

/* snprintf() is not on the list of what a signal handler may call. */
static const char *proc_path(int fd, char *buffer, size_t size)
{
	static const char directory[] = "/proc/self/fd/";
	char *digit = buffer + size;

	*--digit = '\0';
	do {
		*--digit = (char)('0' + fd % 10);
		fd /= 10;
	} while (fd > 0);
	for (size_t i = sizeof(directory) - 1; i > 0; i--)
		*--digit = directory[i - 1];
	return digit;
}

/* Runs inside a signal handler. */
int with__chmod_fd(int fd, mode_t mode)
{
	char path[32];

	if (WITH__RETRY(with__sys.fchmod(fd, mode)) == 0)
		return 0;
	if (errno != EBADF)
		return -1;
	/* O_PATH. The rest can go when Linux before 6.6 is no concern. */
	if (WITH__RETRY(with__sys.fchmodat2(fd, "", mode, AT_EMPTY_PATH)) == 0)
		return 0;
	/* EPERM may be a filter's answer; the owner's check comes again. */
	if (errno != ENOSYS && errno != EPERM)
		return -1;
	if (WITH__RETRY(with__sys.fchmodat(AT_FDCWD,
					   proc_path(fd, path, sizeof(path)),
					   mode, 0)) == 0)
		return 0;
	if (errno != ENOENT && errno != EACCES)
		return -1;
	return WITH__RETRY(with__sys.fchmodat(fd, ".", mode, 0));
}
