/* SPDX-License-Identifier: MIT */
/* identity.c - device, inode, birth time and generation of a name. */
#include "config.h"

#include <errno.h>

#include "base/identity.h"
#include "base/status.h"
#include "base/syscalls.h"

int with__status_by_fstatat(int dirfd, const char *name,
			    struct with__status *ret)
{
	struct stat st;
	int saved = errno;
	int result = with__direct_negative(WITH__RETRY(with__sys.fstatat(
		dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)), saved);

	if (result < 0)
		return result;
	*ret = (struct with__status) {
		.identity = { .device = st.st_dev, .inode = st.st_ino },
		.mode = st.st_mode,
	};
	return 0;
}

/* Runs inside a signal handler. */
int with__brief_status_at(int dirfd, const char *name, struct with__status *ret)
{
	return with__direct_result(with__brief_status_direct(dirfd, name, ret));
}

/* Runs inside a signal handler. */
int with__status_at(int dirfd, const char *name, struct with__status *ret)
{
	return with__direct_result(with__status_direct(dirfd, name, ret));
}
