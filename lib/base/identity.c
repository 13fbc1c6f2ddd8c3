/* SPDX-License-Identifier: MIT */
/* identity.c - device, inode, birth time and generation of a name. */
#include "config.h"

#include <errno.h>
#include <linux/stat.h>
#include <sys/sysmacros.h>

#include "base/generation.h"
#include "base/identity.h"
#include "base/syscalls.h"

#define MOUNT_ROOT 0x2000	/* STATX_ATTR_MOUNT_ROOT, Linux 5.8 */

static int status_by_fstatat(int dirfd, const char *name,
			     struct with__status *ret)
{
	struct stat st;

	if (WITH__RETRY(with__sys.fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW |
					  AT_EMPTY_PATH)) < 0)
		return -1;
	*ret = (struct with__status) {
		.identity = { .device = st.st_dev, .inode = st.st_ino },
		.mode = st.st_mode,
	};
	return 0;
}

static int status_by_statx(int dirfd, const char *name,
			   struct with__status *ret)
{
	struct statx stx;

	if (WITH__RETRY(with__sys.statx(dirfd, name, AT_SYMLINK_NOFOLLOW |
					AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
					STATX_TYPE | STATX_MODE | STATX_INO |
					STATX_BTIME, &stx)) < 0)
		return -1;
	*ret = (struct with__status) {
		.identity = {
			.device = makedev(stx.stx_dev_major, stx.stx_dev_minor),
			.inode = stx.stx_ino,
		},
		.mode = stx.stx_mode,
	};
	if (stx.stx_mask & STATX_BTIME)
		ret->identity.birth_ns =
			(uint64_t)stx.stx_btime.tv_sec * 1000000000u +
			stx.stx_btime.tv_nsec;
	ret->is_mount = stx.stx_attributes & MOUNT_ROOT;
	return 0;
}

/* Runs inside a signal handler. */
int with__brief_status_at(int dirfd, const char *name, struct with__status *ret)
{
	int result = status_by_statx(dirfd, name, ret);

	/* Linux before 4.11, or a filter that does not know it. */
	if (result < 0 && (errno == ENOSYS || errno == EPERM))
		result = status_by_fstatat(dirfd, name, ret);
	return result;
}

/* Runs inside a signal handler. */
int with__status_at(int dirfd, const char *name, struct with__status *ret)
{
	if (with__brief_status_at(dirfd, name, ret) < 0)
		return -1;
	/* What is mounted there is not of the file system that it stands in. */
	if (!*name || !ret->is_mount)
		ret->identity.generation =
			with__generation(dirfd, name, ret->identity.device);
	return 0;
}

/* Runs inside a signal handler. */
bool with__identity_equal(const struct with__identity *a,
			  const struct with__identity *b)
{
	if (a->inode != b->inode || a->device != b->device)
		return false;
	/* One side may come from where less is known, or a filter is new. */
	if (a->generation && b->generation && a->generation != b->generation)
		return false;
	return !a->birth_ns || !b->birth_ns || a->birth_ns == b->birth_ns;
}
