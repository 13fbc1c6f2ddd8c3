/* SPDX-License-Identifier: MIT */
/*
 * handler.h - the error handlers: what stands for what is bad.
 *
 * codec.h says what each of them does; where an error begins and ends, and
 * what becomes of what they answer, is the codec's affair.
 */
#ifndef STREAM_HANDLER_H
#define STREAM_HANDLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WITH__HANDLER_RANGE = 8,	/* bytes of one error, at most */
	/* Code points, or bytes of ASCII, that stand for them. */
	WITH__HANDLER_POINTS = WITH__HANDLER_RANGE * 4,
};

struct with__handler {
	const char *name;
	/*
	 * What stands for size malformed bytes: returns how many of them are
	 * done with, and *count code points; 0 if the error stands.
	 */
	size_t (*read)(const unsigned char *in, size_t size,
		       uint32_t points[WITH__HANDLER_POINTS], size_t *count);
	/*
	 * What stands for a character that the encoding does not have: ASCII
	 * in text, and its length; -1 if the error stands.
	 */
	int (*write)(uint32_t point, char text[WITH__HANDLER_POINTS]);
	bool escapes;		/* U+DC80 to U+DCFF are written as bytes */
};

/* NULL if there is none of this name. */
const struct with__handler *with__handler_find(const char *name);

#endif /* STREAM_HANDLER_H */
