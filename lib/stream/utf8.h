/* SPDX-License-Identifier: MIT */
/* utf8.h - UTF-8, the form in which programs see text. */
#ifndef STREAM_UTF8_H
#define STREAM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "stream/unrolled.h"

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

/* with__utf8_get() for what is not simply a good character. */
int with__utf8_examine(const unsigned char *in, size_t size, bool surrogates,
		       uint32_t *ret);

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
	uint32_t first = in[0];
	uint32_t second, third, point;
	int length;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	/* What follows the first byte is below 0x40 when its mark is gone. */
	if (first >= 0xe0 && first < 0xf0 && size >= 3) {
		second = in[1] ^ 0x80u;
		third = in[2] ^ 0x80u;
		point = (first & 0xf) << 12 | second << 6 | third;
		if ((second | third) < 0x40 && point >= 0x800 &&
		    point - 0xd800 >= 0x800) {
			*ret = point;
			return 3;
		}
	} else if (first >= 0xc2 && first < 0xe0 && size >= 2) {
		second = in[1] ^ 0x80u;
		if (second < 0x40) {
			*ret = (first & 0x1f) << 6 | second;
			return 2;
		}
	}
	/* A variable of its own, so that *ret need not be in memory. */
	length = with__utf8_examine(in, size, surrogates, &point);
	if (length > 0)
		*ret = point;
	return length;
}

/*
 * A character of three bytes, of which a fourth follows, or some code point
 * that is none of these: below 0x800, or a surrogate. False if the bytes are
 * not even of this form.
 */
static inline bool with__utf8_three(const unsigned char *in, uint32_t *ret)
{
	uint32_t text;

	memcpy(&text, in, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	text = __builtin_bswap32(text);
#endif
	*ret = (text & 0xf) << 12 | (text >> 2 & 0xfc0) |
	       (text >> 16 & 0x3f);
	return (text & 0xc0c0f0) == 0x8080e0;
}

/* How many bytes below 0x80 there are, at most eight, in a word of them. */
static inline size_t with__ascii_count(uint64_t word)
{
	word &= 0x8080808080808080u;
	if (!word)
		return 8;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (size_t)__builtin_clzll(word) / 8;
#else
	return (size_t)__builtin_ctzll(word) / 8;
#endif
}

/* Are all of them below 0x80? size: a multiple of eight. */
static inline bool with__ascii_all(const unsigned char *in, size_t size)
{
	uint64_t all = 0;

	UNROLLED
	for (size_t i = 0; i < size; i += 8) {
		uint64_t word;

		memcpy(&word, in + i, 8);
		all |= word;
	}
	return with__ascii_count(all) == 8;
}

/*
 * Copy bytes below 0x80 as far as they go; returns how many. What stands
 * behind them in out, up to size, is overwritten.
 */
static inline size_t with__ascii_copy(const unsigned char *in, size_t size,
				      unsigned char *out)
{
	size_t done = 0;
	size_t count;
	uint64_t words[4];

	while (size - done >= 8) {
		while (size - done >= 32) {
			memcpy(words, in + done, 32);
			if ((words[0] | words[1] | words[2] | words[3]) &
			    0x8080808080808080u)
				break;
			memcpy(out + done, words, 32);
			done += 32;
		}
		if (size - done < 8)
			break;
		memcpy(words, in + done, 8);
		memcpy(out + done, words, 8);
		count = with__ascii_count(words[0]);
		done += count;
		if (count < 8)
			return done;
	}
	while (done < size && in[done] < 0x80) {
		out[done] = in[done];
		done++;
	}
	return done;
}

/* How many bytes there are before any that is not below 0x80. */
static inline size_t with__ascii_span(const unsigned char *in, size_t size)
{
	size_t done = 0;

	while (size - done >= 64 && with__ascii_all(in + done, 64))
		done += 64;
	while (done < size && in[done] < 0x80)
		done++;
	return done;
}

/* Copy well-formed characters as far as they go whole; returns the size. */
size_t with__utf8_copy(const unsigned char *in, size_t size,
		       unsigned char *out);

/*
 * How far they go, without copying; 0 where that would not be found out much
 * faster than they are copied.
 */
size_t with__utf8_span(const unsigned char *in, size_t size);

#endif /* STREAM_UTF8_H */
