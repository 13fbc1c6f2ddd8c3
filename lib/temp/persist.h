/* SPDX-License-Identifier: MIT */
/*
 * persist.h - the steps that all ways of persisting share
 */
#ifndef TEMP_PERSIST_H
#define TEMP_PERSIST_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Where a file is to end up. */
struct with__target {
	int dir;		/* descriptor of its directory */
	const char *name;	/* in it */
	char *path;		/* absolute; name is its last component */
	unsigned flags;
	bool has_other_names;	/* the file to come, besides the one we gave */
};

/*
 * Checks flags and target, and opens the directory. -1 with errno, and nothing
 * to close.
 */
int with__target_open(struct with__target *ret, const char *target,
		      unsigned flags);

/* Keeps errno. A path that was taken over must have been set to NULL. */
void with__target_close(struct with__target *target);

/* The path of its directory, to be freed; NULL with ENOMEM. */
char *with__target_directory(const struct with__target *target);

/*
 * Writes what stdio has buffered. -1 with errno, EIO where the stream says that
 * an earlier write, which may be lost, has failed.
 */
int with__target_flush(FILE *file);

/*
 * Looks at what fd is to be exchanged with, and gives it the permissions that
 * the flags ask for. ret_before receives what it had, for
 * with__target_restore(). -1 with errno.
 */
int with__target_prepare(struct with__target *target, int fd,
			 struct stat *ret_before);

/* The way back. Keeps errno. */
void with__target_restore(int fd, const struct stat *before);

/* Renames source in place to the target, as the flags say. -1 with errno. */
int with__target_rename(const struct with__target *target, int place,
			const char *source);

/* Links a file without a name to name in the directory of the target. */
int with__target_link(const struct with__target *target, int fd,
		      const char *name);

/* The directory, where the flags ask for it. */
int with__target_sync(const struct with__target *target);

#endif /* TEMP_PERSIST_H */
