/* SPDX-License-Identifier: MIT */
/*
 * generation.c - the generation of an inode, out of the handle of a file
 *
 * ext4 gives the inode number of a removed directory to the next one at once,
 * and birth times move on by the timer's tick only: of 1,000 directories that
 * were removed and made anew 988 had the number and the birth time of the
 * first (Linux 6.18). What differs is the generation. The kernel tells it as a
 * part of the handle that name_to_handle_at() makes for file servers; it asks
 * for no privilege, and opens nothing.
 *
 * Only file systems are asked that give numbers again and whose generation is
 * a part of the inode. tmpfs and btrfs count on; the handles of FUSE and of
 * network file systems need not outlive the kernel's cache.
 *
 * What kind of file system a device has is asked once and kept in a small
 * table, in which the last to come has the place. An entry is one word: no
 * lock, and a handler may come at any time.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/generation.h"
#include "base/syscalls.h"

#define FOR_COMPARISON 0x200	/* AT_HANDLE_FID, Linux 6.5: overlay needs it */

static const uint32_t reusing[] = {	/* linux/magic.h, and f2fs, xfs */
	0xEF53, 0x58465342, 0xF2F52010, 0x794C7630,
};

_Atomic uint64_t with__generation_devices[WITH__GENERATION_DEVICES];

static bool is_reusing(const struct statfs *status)
{
	for (unsigned i = 0; i < sizeof(reusing) / sizeof(*reusing); i++)
		if ((uint32_t)status->f_type == reusing[i])
			return true;
	return false;
}

/* Of the directory that path stands in: path may be a link to elsewhere. */
static int statfs_parent(const char *path, struct statfs *ret)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	char parent[PATH_MAX];

	if (!slash)
		return with__sys.statfs(".", ret);
	if (length == 0)
		return with__sys.statfs("/", ret);
	if (length >= sizeof(parent))
		return -1;
	memcpy(parent, path, length);
	parent[length] = '\0';
	return with__sys.statfs(parent, ret);
}

static bool ask(int dirfd, const char *name, uint64_t device)
{
	struct statfs status;
	uint64_t word = device << 2 | WITH__GENERATION_KNOWN;

	if ((dirfd == AT_FDCWD ? statfs_parent(name, &status) :
				 with__sys.fstatfs(dirfd, &status)) < 0)
		return false;
	if (is_reusing(&status))
		word |= WITH__GENERATION_REUSES;
	atomic_store_explicit(with__generation_of_device(device), word,
			      memory_order_relaxed);
	return word & WITH__GENERATION_REUSES;
}

static bool reuses_numbers(int dirfd, const char *name, uint64_t device)
{
	uint64_t word = atomic_load_explicit(with__generation_of_device(device),
					     memory_order_relaxed);

	if ((word & WITH__GENERATION_KNOWN) && word >> 2 == device)
		return word & WITH__GENERATION_REUSES;
	return ask(dirfd, name, device);
}

/* FNV-1a: nobody chooses handles in order to have two of one sum. */
static uint64_t sum(const struct with__handle *handle)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < handle->size && i < sizeof(handle->bytes); i++)
		sum = (sum ^ handle->bytes[i]) * UINT64_C(0x100000001b3);
	return sum ? sum : 1;
}

/* Runs inside a signal handler. */
uint64_t with__generation_asked(int dirfd, const char *name, uint64_t device)
{
	struct with__handle handle = { .size = sizeof(handle.bytes) };
	int saved = errno;
	uint64_t result = 0;

	if (reuses_numbers(dirfd, name, device) &&
	    (with__sys.name_to_handle_at(dirfd, name, &handle,
					 AT_EMPTY_PATH) == 0 ||
	     (errno == EOPNOTSUPP &&
	      with__sys.name_to_handle_at(dirfd, name, &handle,
					  AT_EMPTY_PATH | FOR_COMPARISON) == 0)))
		result = sum(&handle);
	errno = saved;
	return result;
}
