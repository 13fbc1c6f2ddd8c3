/* SPDX-License-Identifier: MIT */
/* oldstat.c - the one place that knows the kernel's struct stat64. */
#include "config.h"

#include <asm/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/oldstat.h"

#if defined(__i386__) || defined(__arm__)
/* Runs inside a signal handler. */
int with__old_fstatat(int dirfd, const char *name, int flags,
		      struct with__old_status *ret)
{
	struct stat64 st;

	if (syscall(SYS_fstatat64, dirfd, name, &st, flags) < 0)
		return -1;
	*ret = (struct with__old_status) {
		.device = st.st_dev, .inode = st.st_ino,
		.size = st.st_size, .mode = st.st_mode, .links = st.st_nlink,
		.uid = st.st_uid, .gid = st.st_gid,
	};
	return 0;
}
#endif
