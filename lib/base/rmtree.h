/* SPDX-License-Identifier: MIT */
/*
 * rmtree.h - remove a directory and whatever is in it.
 *
 * One engine for scope end, exit, signal handlers and tempfile_rmtree(). It
 * takes no lock, no heap and at most eight descriptors, does not recurse,
 * and keeps its stack below 40 KiB whatever the tree is like.
 */
#ifndef BASE_RMTREE_H
#define BASE_RMTREE_H

#include <fcntl.h>
#include <stdbool.h>

struct with__identity;

struct with__rmtree {
	int at;			/* AT_FDCWD, or what the path is relative to */
	/* What the path must mean; NULL: whatever is there. */
	const struct with__identity *expected;
	/*
	 * A readable descriptor of the root that the caller holds, or -1. It
	 * is used when no other can be had, and never closed.
	 */
	int root_fd;
	bool missing_ok;	/* nothing there is success */
	bool keep_root;		/* remove what is in it only */
	/* The caller has found it to be what is expected, and tried rmdir(). */
	bool rmdir_failed;
	unsigned threads;	/* more than 1: not from a signal handler */
	/* Hears of every failure; nonzero: stop. */
	int (*on_error)(const char *path, int error, void *data);
	void *data;
};

/* A descriptor's zero is standard input, so options begin with this. */
#define WITH__RMTREE_INIT { .at = AT_FDCWD, .root_fd = -1 }

/*
 * with__rmtree - remove the directory path with all its contents
 *
 * options may be NULL: all defaults. Returns 0, or -1 with the errno of the
 * first failure after everything else has been removed: ESTALE when the path
 * is not what was expected (nothing is touched then), ENOTDIR for a link or
 * a file, EINVAL for "", "/", and a last component "." or "..".
 * Async-signal-safe with threads <= 1.
 */
int with__rmtree(const char *path, const struct with__rmtree *options);

/*
 * with__remove - the same for a name that may be of any kind
 *
 * A link is removed, not followed.
 */
int with__remove(const char *path, const struct with__rmtree *options);

#endif /* BASE_RMTREE_H */
