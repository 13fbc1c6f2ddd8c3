/* SPDX-License-Identifier: MIT */
/*
 * file.h - streams that a guard or a handle owns
 */
#ifndef STREAM_FILE_H
#define STREAM_FILE_H

#include <stdio.h>

/* A forked child is not to flush it. -1 with ENOMEM. */
int with__file_note(FILE *file);

/*
 * Closes it: as usual, or in a forked child without writing anything. NULL is
 * success. -1 with errno, and it is closed all the same. Keeps errno if not.
 */
int with__file_finish(FILE *file);

/*
 * What goes with a noted stream: end() is called when that is closed, has to
 * free it, and says whether all went well. Begins a larger struct.
 */
struct with__companion {
	int (*end)(struct with__companion *companion);
};

#endif /* STREAM_FILE_H */
