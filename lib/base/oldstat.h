/* SPDX-License-Identifier: MIT */
/*
 * oldstat.h - fstatat() as 32-bit kernels had it before statx().
 *
 * The kernel's struct stat64 cannot be told to a file that includes
 * <sys/stat.h>, so what the library asks for comes in this one.
 */
#ifndef BASE_OLDSTAT_H
#define BASE_OLDSTAT_H

#include <stdint.h>

struct with__old_status {
	uint64_t device;
	uint64_t inode;
	int64_t size;
	unsigned mode, links, uid, gid;
};

#if defined(__i386__) || defined(__arm__)
/* -1 and errno; async-signal-safe. */
int with__old_fstatat(int dirfd, const char *name, int flags,
		      struct with__old_status *ret);
#endif

#endif /* BASE_OLDSTAT_H */
