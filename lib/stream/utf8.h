/* SPDX-License-Identifier: MIT */
/* utf8.h - UTF-8, the form in which programs see text. */
#ifndef STREAM_UTF8_H
#define STREAM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t with__utf8_length(uint32_t point)
{
	return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/* Surrogates are written like any other; out has 4 bytes. */
static inline size_t with__utf8_put(uint32_t point, unsigned char *out)
{
	if (point < 0x80) {
		out[0] = (unsigned char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (unsigned char)(0xc0 | point >> 6);
		out[1] = (unsigned char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (unsigned char)(0xe0 | point >> 12);
		out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | point >> 18);
	out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (point & 0x3f));
	return 4;
}

/*
 * with__utf8_get - one character from the start of in, size > 0
 *
 * Returns its length with *ret set; 0 if in ends within it; -n if the first n
 * bytes, the longest beginning of a character there is, are malformed. The
 * forms that surrogates would have are malformed unless asked for.
 */
static inline int with__utf8_get(const unsigned char *in, size_t size,
				 bool surrogates, uint32_t *ret)
{
	unsigned first = in[0];
	unsigned low = 0x80;
	unsigned high = 0xbf;
	uint32_t point;
	int length;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4)
		return -1;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	point = first & (0x7fu >> length);
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed && !surrogates)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	for (int i = 1; i < length; i++) {
		if ((size_t)i == size)
			return 0;
		if (in[i] < low || in[i] > high)
			return -i;
		point = point << 6 | (in[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret = point;
	return length;
}

/* Copy bytes below 0x80 as far as they go; returns how many. */
static inline size_t with__ascii_copy(const unsigned char *in, size_t size,
				      unsigned char *out)
{
	const uint64_t mask = 0x8080808080808080u;
	size_t done = 0;

	while (size - done >= 8) {
		uint64_t words[4];

		memcpy(words, in + done, 8);
		if (words[0] & mask)
			break;
		memcpy(out + done, words, 8);
		done += 8;
		while (size - done >= 32) {
			memcpy(words, in + done, 32);
			if ((words[0] | words[1] | words[2] | words[3]) & mask)
				break;
			memcpy(out + done, words, 32);
			done += 32;
		}
	}
	while (done < size && in[done] < 0x80) {
		out[done] = in[done];
		done++;
	}
	return done;
}

#endif /* STREAM_UTF8_H */
