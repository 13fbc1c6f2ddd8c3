/* SPDX-License-Identifier: MIT */
/*
 * generation.h - which of the files that had an inode number is it?
 */
#ifndef BASE_GENERATION_H
#define BASE_GENERATION_H

#include <stdint.h>

/*
 * with__generation - a number that differs from file to file of one inode
 *
 * Of name in dirfd, links not followed; an empty name means dirfd itself.
 * device is what it is on. 0: the file system gives no inode number twice, or
 * it is not known. Async-signal-safe; keeps errno.
 */
uint64_t with__generation(int dirfd, const char *name, uint64_t device);

#endif /* BASE_GENERATION_H */
