/* SPDX-License-Identifier: MIT */
/*
 * known.h - what this floor must remember about a FILE that it opened.
 *
 * A FILE has no room for a pointer of ours, but closing one must free the
 * buffer it was given, and what a stream is made of must be found again when
 * all that the caller holds is the FILE. Streams that need neither (untouched
 * bytes with the buffer of the C library) are not in the table.
 *
 * Any thread may call these. A fork is safe at any time.
 */
#ifndef STREAM_KNOWN_H
#define STREAM_KNOWN_H

#include <stdatomic.h>
#include <stdio.h>

/* The first member of whatever is remembered. */
struct with__known {
	struct with__known *next;
	FILE *file;
	int kind;	/* of what follows: WITH__KNOWN_… */
};

enum { WITH__KNOWN_BUFFER, WITH__KNOWN_COOKIE };

/*
 * with__known_put - remember entry for entry->file; cannot fail
 *
 * Returns what was remembered for an older file of the same address, which
 * must have been closed behind our back, for the caller to free; or NULL.
 */
struct with__known *with__known_put(struct with__known *entry);

/* Private to the next. */
extern _Atomic size_t with__known_count __attribute__((visibility("hidden")));
struct with__known *with__known_search(FILE *file);

/* The entry of file; NULL if there is none. */
static inline struct with__known *with__known_get(FILE *file)
{
	return with__known_count ? with__known_search(file) : NULL;
}

/* The same, and it is forgotten. */
struct with__known *with__known_take(FILE *file);

#endif /* STREAM_KNOWN_H */
