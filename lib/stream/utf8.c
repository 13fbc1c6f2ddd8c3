/* SPDX-License-Identifier: MIT */
/*
 * utf8.c - UTF-8 with care, and in bulk.
 *
 * In bulk it is looked at sixteen bytes at a time, where vector.h has nothing
 * better. Each byte is compared with
 * the three before it: they say whether it must continue a character, and the
 * one before within which limits. The vectors are the compiler's own, which
 * knows how to do without where a machine has none.
 */
#include "config.h"

#include "stream/utf8.h"
#include "stream/vector.h"

/* Without SSE vectors are passed differently: but here only to ourselves. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef unsigned char vector __attribute__((vector_size(16)));
typedef signed char signed_vector __attribute__((vector_size(16)));

enum { LANES = sizeof(vector), BEFORE = 3, WIDE = 4 * LANES };

int with__utf8_examine(const unsigned char *in, size_t size, bool surrogates,
		       uint32_t *ret)
{
	unsigned first = in[0];
	unsigned low = 0x80;
	unsigned high = 0xbf;
	uint32_t point;
	int length;

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

static inline vector load(const unsigned char *in)
{
	vector value;

	memcpy(&value, in, LANES);
	return value;
}

static inline void store(vector value, unsigned char *out)
{
	memcpy(out, &value, LANES);
}

static inline bool any(vector value)
{
	uint64_t halves[2];

	memcpy(halves, &value, LANES);
	return halves[0] | halves[1];
}

/* Not zero where something is wrong; in has BEFORE bytes before it. */
static inline vector faults(const unsigned char *in)
{
	vector byte = load(in);
	vector one = load(in - 1);
	vector two = load(in - 2);
	vector three = load(in - 3);
	vector continues = (vector)((signed_vector)byte < -0x40);
	vector must = (vector)((one >= 0xc0) | (two >= 0xe0) | (three >= 0xf0));
	vector wrong = continues ^ must;

	/* Such a byte is nowhere. */
	wrong |= (vector)((byte & 0xfe) == 0xc0) | (vector)(byte > 0xf4);
	/* Too long a form, a surrogate, behind the last character. */
	wrong |= (vector)(one == 0xe0) & (vector)(byte < 0xa0);
	wrong |= (vector)(one == 0xed) & (vector)(byte >= 0xa0);
	wrong |= (vector)(one == 0xf0) & (vector)(byte < 0x90);
	wrong |= (vector)(one == 0xf4) & (vector)(byte >= 0x90);
	return wrong;
}

/* How many bytes at the end are of a character that is not whole. */
static inline size_t unfinished(const unsigned char *end)
{
	if (end[-1] >= 0xc0)
		return 1;
	if (end[-2] >= 0xe0)
		return 2;
	return end[-3] >= 0xf0 ? 3 : 0;
}

/* Returns how many are good and whole, or 0: look at each. */
static inline size_t copy_some(const unsigned char *in, unsigned char *out)
{
	vector bytes = load(in);

	store(bytes, out);
	if (!any(bytes & 0x80))
		return LANES;
	return any(faults(in)) ? 0 : LANES - unfinished(in + LANES);
}

static inline size_t copy_many(const unsigned char *in, unsigned char *out)
{
	vector all = load(in) | load(in + LANES) | load(in + 2 * LANES) |
		     load(in + 3 * LANES);
	vector wrong;

	for (size_t i = 0; i < WIDE; i += LANES)
		store(load(in + i), out + i);
	if (!any(all & 0x80))
		return WIDE;
	wrong = faults(in) | faults(in + LANES) | faults(in + 2 * LANES) |
		faults(in + 3 * LANES);
	return any(wrong) ? 0 : WIDE - unfinished(in + WIDE);
}

/* The first, with nothing readable before them. */
static inline size_t copy_first(const unsigned char *in, unsigned char *out)
{
	unsigned char padded[BEFORE + LANES] = { 0 };

	memcpy(padded + BEFORE, in, LANES);
	return copy_some(padded + BEFORE, out);
}

/* The last, fewer than a vector of them: some are looked at again. */
static inline size_t copy_last(const unsigned char *in, size_t size,
			       size_t done, unsigned char *out)
{
	size_t at = size - LANES;
	size_t count = copy_some(in + at, out + at);

	return at + count > done ? at + count - done : 0;
}

static size_t copy_one(const unsigned char *in, size_t size,
		       unsigned char *out)
{
	uint32_t point;
	int length = with__utf8_get(in, size, false, &point);

	if (length <= 0)
		return 0;
	for (int i = 0; i < length; i++)
		out[i] = in[i];
	return (size_t)length;
}

/* A vector of them or more; 0: look at each. */
static inline size_t copy_fast(const unsigned char *in, size_t size,
			       size_t done, unsigned char *out)
{
	size_t left = size - done;

	if (done < BEFORE)
		return left < LANES ? 0 : copy_first(in + done, out + done);
	if (left >= WIDE)
		return copy_many(in + done, out + done);
	if (left >= LANES)
		return copy_some(in + done, out + done);
	return size < LANES + BEFORE ? 0 : copy_last(in, size, done, out);
}

size_t with__utf8_copy(const unsigned char *in, size_t size,
		       unsigned char *out)
{
	const struct with__vector *fast = with__vector();
	size_t done = fast ? fast->utf8(in, size, out) :
			     with__ascii_copy(in, size, out);

	/* Wherever this stands, the bytes before are of whole characters. */
	while (done < size) {
		size_t count = copy_fast(in, size, done, out);
		size_t until = size - done < WIDE ? size : done + WIDE;

		if (count) {
			done += count;
			continue;
		}
		while (done < until) {
			count = copy_one(in + done, size - done, out + done);
			if (!count)
				return done;
			done += count;
		}
	}
	return done;
}

size_t with__utf8_span(const unsigned char *in, size_t size)
{
	const struct with__vector *fast = with__vector();
	size_t done = fast ? fast->utf8(in, size, NULL) :
			     with__ascii_span(in, size);

	while (done < size) {
		uint32_t point;
		int length = with__utf8_get(in + done, size - done, false,
					    &point);

		if (length <= 0 || (!fast && point >= 0x80))
			break;
		done += (size_t)length;
	}
	return done;
}
