/* SPDX-License-Identifier: MIT */
/*
 * identity.h - what a name means now, so that one can ask later whether it
 * still means the same.
 *
 * Linux gives the inode number of a removed file to the next one at once, so
 * device and inode alone take a stranger's new file for ours. The birth time,
 * where the file system keeps one, tells them apart if they are not of one
 * tick of the clock; the generation does then.
 */
#ifndef BASE_IDENTITY_H
#define BASE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct with__identity {
	uint64_t device;
	uint64_t inode;		/* 0: not known */
	uint64_t birth_ns;	/* since 1970; 0: the file system keeps none */
	uint64_t generation;	/* 0: not known, or not needed */
};

struct with__status {
	struct with__identity identity;
	mode_t mode;		/* type and permissions */
	bool is_mount;		/* of a mount */
	bool tells_mounts;	/* the former is known; since Linux 5.8 */
};

/*
 * with__status_at - identity and mode of name in dirfd, links not followed
 *
 * An empty name means dirfd itself. Async-signal-safe. One statx(), or
 * fstatat() where a kernel or a filter refuses it; and a second call where
 * numbers are given again (base/generation.h). The brief form does without the
 * generation.
 */
int with__status_at(int dirfd, const char *name, struct with__status *ret);
int with__brief_status_at(int dirfd, const char *name, struct with__status *ret);

static inline bool with__identity_equal(const struct with__identity *a,
					const struct with__identity *b)
{
	if (a->inode != b->inode || a->device != b->device)
		return false;
	/* One side may come from where less is known, or a filter is new. */
	if (a->generation && b->generation && a->generation != b->generation)
		return false;
	return !a->birth_ns || !b->birth_ns || a->birth_ns == b->birth_ns;
}

#endif /* BASE_IDENTITY_H */
