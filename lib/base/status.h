/* SPDX-License-Identifier: MIT */
/*
 * status.h - with__status_at() on the spot
 *
 * For the two places that every temporary thing passes, where what direct.h
 * tells counts: the making and the removal. Everybody else calls
 * with__status_at() itself.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <errno.h>
#include <linux/stat.h>
#include <sys/sysmacros.h>

#include "base/direct.h"
#include "base/generation.h"
#include "base/identity.h"

#define WITH__MOUNT_ROOT 0x2000		/* STATX_ATTR_MOUNT_ROOT, Linux 5.8 */

/* Private to the next: Linux before 4.11, or a filter without statx(). */
int with__status_by_fstatat(int dirfd, const char *name,
			    struct with__status *ret);

/*
 * with__status_direct, with__brief_status_direct - the same; an error is
 * returned as its negative number
 *
 * errno stays as it is.
 */
static inline __attribute__((always_inline)) int
with__brief_status_direct(int dirfd, const char *name, struct with__status *ret)
{
	struct statx stx;
	int result = WITH__DIRECT_RETRY(with__direct_statx(
		dirfd, name,
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
		(*name ? 0 : AT_EMPTY_PATH),	/* for which it looks twice */
		STATX_TYPE | STATX_MODE | STATX_INO | STATX_BTIME, &stx));

	if (__builtin_expect(result < 0, 0))
		return result == -ENOSYS || result == -EPERM ?
			with__status_by_fstatat(dirfd, name, ret) : result;
	ret->identity.device = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	ret->identity.inode = stx.stx_ino;
	ret->identity.birth_ns = 0;
	if (stx.stx_mask & STATX_BTIME)
		ret->identity.birth_ns =
			(uint64_t)stx.stx_btime.tv_sec * 1000000000u +
			stx.stx_btime.tv_nsec;
	ret->identity.generation = 0;
	ret->mode = stx.stx_mode;
	ret->is_mount = stx.stx_attributes & WITH__MOUNT_ROOT;
	ret->tells_mounts = stx.stx_attributes_mask & WITH__MOUNT_ROOT;
	return 0;
}

static inline __attribute__((always_inline)) int
with__status_direct(int dirfd, const char *name, struct with__status *ret)
{
	int result = with__brief_status_direct(dirfd, name, ret);

	/* What is mounted there is not of the file system that it stands in. */
	if (result == 0 && (!*name || !ret->is_mount))
		ret->identity.generation =
			with__generation(dirfd, name, ret->identity.device);
	return result;
}

#endif /* BASE_STATUS_H */
