/* SPDX-License-Identifier: MIT */
/*
 * spool.h - a source of bytes that is memory first and a descriptor later.
 *
 * Whoever stands on it notices nothing but an error. Where the descriptor
 * comes from is the owner's affair: a hook is asked for one when a write would
 * pass the limit.
 *
 * Nothing that was taken is ever lost. When there is no descriptor to be had,
 * or it takes no more, the write that found out is kept in memory and reports
 * the error all the same; the next one tries again, and is refused if that
 * fails too. So memory never exceeds the limit and one write.
 */
#ifndef STREAM_SPOOL_H
#define STREAM_SPOOL_H

#include <stdbool.h>

#include "stream/bytes.h"

struct with__spool_how {
	long long max_size;	/* 0: never by size */
	/* A new, empty file, open for reading and writing; -1 with errno. */
	int (*open)(void *data);
	void *data;
};

/* Returns NULL with ENOMEM. */
struct with__bytes *with__spool_new(const struct with__spool_how *how);

bool with__spool_rolled(const struct with__bytes *bytes);

/*
 * with__spool_roll - go over to a descriptor now
 *
 * Returns 0, also if that has happened before; or -1 with errno of the hook or
 * of writing, and all is as before.
 */
int with__spool_roll(struct with__bytes *bytes);

/* What is still in memory need not be kept any more, nor what is written. */
void with__spool_drop(struct with__bytes *bytes);

#endif /* STREAM_SPOOL_H */
