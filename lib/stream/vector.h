/* SPDX-License-Identifier: MIT */
/*
 * vector.h - runs of plain text, 64 bytes at a time, where a processor can.
 *
 * Each of these begins a run of charset.h and goes as far as the text is plain
 * and whole blocks of it are left. Then it stops, and whoever called goes on a
 * character at a time, who need not have met a vector at all: none of these
 * knows an error, and the few characters at the end are never theirs.
 *
 * Plain is what is well formed, has at most three bytes in UTF-8, except where
 * UTF-8 is only looked at, and is in the encoding. What stands in out behind
 * what was made, up to room, may be overwritten.
 */
#ifndef STREAM_VECTOR_H
#define STREAM_VECTOR_H

#include "stream/charset.h"

typedef struct with__run with__vector_run(const unsigned char *in, size_t size,
					  unsigned char *out, size_t room);

/*
 * The encodings by the bytes of a unit: 1 is Latin-1, 2 UTF-16, 4 UTF-32; and
 * whether the bytes of it are swapped. Between two of them nothing is.
 */
struct with__vector {
	with__vector_run *decode[5][2];
	with__vector_run *encode[5][2];
	/* Well-formed UTF-8: how much of it; out may be NULL: not copied. */
	size_t (*utf8)(const unsigned char *in, size_t size,
		       unsigned char *out);
};

/* What this processor can do; NULL if nothing. */
const struct with__vector *with__vector(void);

/* For tests: do without, as on another processor. */
extern bool with__vector_off;

#endif /* STREAM_VECTOR_H */
