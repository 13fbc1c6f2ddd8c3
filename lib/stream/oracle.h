/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - iconv, asked about one character at a time.
 *
 * C libraries differ in what iconv does on bad input: glibc drops some
 * characters in silence, musl writes * for those that are not there, neither
 * lets its state be read or put back. Asked for one character, from a known
 * state, and checked, it can be trusted; table.h remembers its answers.
 */
#ifndef STREAM_ORACLE_H
#define STREAM_ORACLE_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/spelling.h"

#define WITH__ORACLE_ROOM 64

struct with__oracle {
	iconv_t decoder;
	iconv_t encoder;
	bool shifts;		/* some bytes yield nothing but a state */
	bool stubborn;		/* the decoder cannot be reset (musl) */
	char name[WITH__NAME_ROOM];
};

/* Returns 0, or -1 with EINVAL if iconv does not know the name. */
int with__oracle_open(struct with__oracle *oracle, const char *name);
void with__oracle_close(struct with__oracle *oracle);

/*
 * with__oracle_decode - what in means after prefix, which yields nothing
 *
 * Returns how many code points it is, up to 2, in ret; -1 with EINVAL if it
 * is the beginning of something, or with EILSEQ.
 */
int with__oracle_decode(struct with__oracle *oracle,
			const unsigned char *prefix, size_t prefix_size,
			const unsigned char *in, size_t size,
			uint32_t ret[2]);

/*
 * with__oracle_encode - the bytes of these code points, from the start
 *
 * What would be written at the end of a text, to leave an escaped set, is not
 * among them. Returns the size, or -1 with EILSEQ.
 */
int with__oracle_encode(struct with__oracle *oracle, const uint32_t *points,
			size_t count, unsigned char ret[WITH__ORACLE_ROOM]);

#endif /* STREAM_ORACLE_H */
