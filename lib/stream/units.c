/* SPDX-License-Identifier: MIT */
/*
 * units.c - Latin-1, UTF-16 and UTF-32 in bulk.
 *
 * The loops are written once for all: unit and swapped are constants wherever
 * they are inlined, so that the compiler makes one for each.
 *
 * Reading makes the bytes of eight units side by side, each in a word of its
 * own with its length beside it, and stores the words over each other's ends.
 * Nothing depends on what the units are, so a text that changes between short
 * and long characters costs no more than another.
 */
#include "config.h"

#include "stream/units.h"
#include "stream/unrolled.h"
#include "stream/utf8.h"

/* Without SSE vectors are passed differently: but here only to ourselves. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { LANES = 8, FEW = 4, ROOM = 4 * LANES };

typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
typedef uint32_t words __attribute__((vector_size(16)));
typedef uint32_t wide __attribute__((vector_size(32)));
typedef int32_t signed_words __attribute__((vector_size(16)));
typedef unsigned char bytes __attribute__((vector_size(LANES)));

static inline uint32_t get(const unsigned char *in, unsigned unit,
			   bool swapped)
{
	uint32_t value;
	uint16_t half;

	if (unit == 1)
		return *in;
	if (unit == 2) {
		memcpy(&half, in, 2);
		return swapped ? __builtin_bswap16(half) : half;
	}
	memcpy(&value, in, 4);
	return swapped ? __builtin_bswap32(value) : value;
}

static inline void put(uint32_t value, unsigned char *out, unsigned unit,
		       bool swapped)
{
	uint16_t half = (uint16_t)value;

	if (unit == 1) {
		*out = (unsigned char)value;
		return;
	}
	if (unit == 2) {
		if (swapped)
			half = __builtin_bswap16(half);
		memcpy(out, &half, 2);
		return;
	}
	if (swapped)
		value = __builtin_bswap32(value);
	memcpy(out, &value, 4);
}

/* The bytes of four characters below 0x10000, the first one lowest. */
static inline words spell(words points, words *ret_size)
{
	words two = (points >> 6) | ((points & 0x3f) << 8) | 0x80c0;
	words three = (points >> 12) | ((points << 2) & 0x3f00) |
		      ((points & 0x3f) << 16) | 0x8080e0;
	words beyond_one = (words)((signed_words)points > 0x7f);
	words beyond_two = (words)((signed_words)points > 0x7ff);

	*ret_size = 1 - beyond_one - beyond_two;
	return (points & ~beyond_one) | (two & beyond_one & ~beyond_two) |
	       (three & beyond_two);
}

/* Any characters but surrogates. */
static inline size_t store_any(halves units, unsigned char *out)
{
	words pairs = (words)units;
	words spelt[2], sizes[2];
	uint32_t text[LANES], size[LANES];
	size_t made = 0;

	spelt[0] = spell(pairs & 0xffff, &sizes[0]);
	spelt[1] = spell(pairs >> 16, &sizes[1]);
	memcpy(text, spelt, sizeof(text));
	memcpy(size, sizes, sizeof(size));
	UNROLLED
	for (size_t i = 0; i < LANES; i++) {
		size_t lane = i / 2 + i % 2 * (LANES / 2);

		memcpy(out + made, &text[lane], 4);
		made += size[lane];
	}
	return made;
}

/* Characters below 0x800. */
static inline size_t store_short(halves units, unsigned char *out)
{
	halves beyond_one = (halves)(units > 0x7f);
	halves two = (units >> 6) | ((units & 0x3f) << 8) | 0x80c0;
	halves spelt = (units & ~beyond_one) | (two & beyond_one);
	halves sizes = 1 - beyond_one;
	uint16_t text[LANES], size[LANES];
	size_t made = 0;

	memcpy(text, &spelt, sizeof(text));
	memcpy(size, &sizes, sizeof(size));
	UNROLLED
	for (size_t i = 0; i < LANES; i++) {
		memcpy(out + made, &text[i], 2);
		made += size[i];
	}
	return made;
}

/* Characters of three bytes each. */
static inline size_t store_long(halves units, unsigned char *out)
{
	halves first = (units >> 12) | ((units << 2) & 0x3f00) | 0x80e0;
	halves last = (units & 0x3f) | 0x80;
	uint16_t begin[LANES], end[LANES];

	memcpy(begin, &first, sizeof(begin));
	memcpy(end, &last, sizeof(end));
	UNROLLED
	for (size_t i = 0; i < LANES; i++) {
		memcpy(out + 3 * i, &begin[i], 2);
		out[3 * i + 2] = (unsigned char)end[i];
	}
	return 3 * LANES;
}

static inline bool any(halves value)
{
	uint64_t parts[2];

	memcpy(parts, &value, sizeof(parts));
	return parts[0] | parts[1];
}

/* LANES units, from which no surrogate is; 0: look at each. */
static inline size_t store(halves units, unsigned char *out)
{
	if (!any(units & 0xff80)) {
		bytes ascii = __builtin_convertvector(units, bytes);

		memcpy(out, &ascii, LANES);
		return LANES;
	}
	if (!any(units & 0xf800))
		return store_short(units, out);
	if (any((halves)((units & 0xf800) == 0xd800)))
		return 0;
	if (!any((halves)(units < 0x800)))
		return store_long(units, out);
	return store_any(units, out);
}

static inline size_t decode_bytes(const unsigned char *in, unsigned char *out)
{
	bytes units;

	memcpy(&units, in, sizeof(units));
	return store(__builtin_convertvector(units, halves), out);
}

static inline size_t decode_halves(bool swapped, const unsigned char *in,
				   unsigned char *out)
{
	halves units;

	memcpy(&units, in, sizeof(units));
	if (swapped)
		units = (units << 8) | (units >> 8);
	return store(units, out);
}

static inline size_t decode_words(bool swapped, const unsigned char *in,
				  unsigned char *out)
{
	words parts[2], high;
	wide all;

	memcpy(&all, in, sizeof(all));
	if (swapped)
		all = (all << 24) | ((all & 0xff00) << 8) |
		      ((all >> 8) & 0xff00) | (all >> 24);
	memcpy(parts, &all, sizeof(all));
	high = (parts[0] | parts[1]) & 0xffff0000;
	if (any((halves)high))
		return 0;
	return store(__builtin_convertvector(all, halves), out);
}

/* The words of spell() are for a machine that stores the lowest byte first. */
static ALWAYS_INLINE size_t decode_some(unsigned unit, bool swapped,
				 const unsigned char *in, unsigned char *out)
{
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return 0;
	return unit == 1 ? decode_bytes(in, out) :
	       unit == 2 ? decode_halves(swapped, in, out) :
			   decode_words(swapped, in, out);
}

/*
 * Where a run stands. Not in a struct with__run: what is stored through *to
 * could change that, as far as the compiler knows.
 */
#define FROM const unsigned char **from, const unsigned char *end
#define TO unsigned char **to

/* One character; false if it is unusual. */
static ALWAYS_INLINE bool decode_one(unsigned unit, bool swapped, FROM, TO)
{
	uint32_t point = get(*from, unit, swapped);
	uint32_t low;

	if (unit == 2 && point - 0xd800 < 0x400) {
		if (end - *from < 4)
			return false;
		low = get(*from + 2, 2, swapped) - 0xdc00;
		if (low >= 0x400)
			return false;
		point = 0x10000 + ((point - 0xd800) << 10 | low);
		*from += 2;
	} else if (point > 0x10ffff || point - 0xd800 < 0x800) {
		return false;
	}
	*to += with__utf8_put(point, *to);
	*from += unit;
	return true;
}

static ALWAYS_INLINE struct with__run
decode_units(unsigned unit, bool swapped, const unsigned char *in, size_t size,
	     unsigned char *out, size_t room)
{
	const unsigned char *from = in;
	const unsigned char *end = in + size;
	unsigned char *to = out;
	unsigned char *limit = out + room;

	while (end - from >= (ptrdiff_t)unit && limit - to >= 4) {
		if (end - from >= (ptrdiff_t)(LANES * unit) &&
		    limit - to >= ROOM) {
			size_t count = decode_some(unit, swapped, from, to);

			if (count) {
				from += LANES * unit;
				to += count;
				continue;
			}
		}
		if (!decode_one(unit, swapped, &from, end, &to))
			break;
	}
	return (struct with__run){ (size_t)(from - in), (size_t)(to - out), 0 };
}

/*
 * FEW characters of three bytes each, and a byte behind them; false if they
 * are anything else.
 */
static ALWAYS_INLINE bool encode_long(unsigned unit, bool swapped,
			       const unsigned char *in, unsigned char *out)
{
	bool wrong = false;

	UNROLLED
	for (size_t i = 0; i < FEW; i++) {
		uint32_t point;

		wrong |= !with__utf8_three(in + 3 * i, &point);
		wrong |= point < 0x800 || point - 0xd800 < 0x800;
		put(point, out + i * unit, unit, swapped);
	}
	return !wrong;
}

/* Eight bytes as units; returns how many of them are ASCII, and so right. */
static ALWAYS_INLINE size_t encode_ascii(unsigned unit, bool swapped,
				  const unsigned char *in, unsigned char *out)
{
	uint64_t word;
	bytes text;
	halves units;

	memcpy(&word, in, LANES);
	if (unit == 1) {
		memcpy(out, &word, LANES);
		return with__ascii_count(word);
	}
	if (unit == 4) {
		UNROLLED
		for (size_t i = 0; i < LANES; i++)
			put(in[i], out + 4 * i, 4, swapped);
		return with__ascii_count(word);
	}
	memcpy(&text, in, LANES);
	units = __builtin_convertvector(text, halves);
	if (swapped)
		units <<= 8;
	memcpy(out, &units, sizeof(units));
	return with__ascii_count(word);
}

/* One character; false if it is unusual. */
static ALWAYS_INLINE bool encode_one(unsigned unit, bool swapped, FROM, TO)
{
	uint32_t point;
	int length = with__utf8_get(*from, (size_t)(end - *from), false,
				    &point);

	if (length <= 0 || (unit == 1 && point > 0xff))
		return false;
	if (unit == 2 && point >= 0x10000) {
		put(0xd7c0 + (point >> 10), *to, 2, swapped);
		*to += 2;
		point = 0xdc00 | (point & 0x3ff);
	}
	put(point, *to, unit, swapped);
	*to += unit;
	*from += length;
	return true;
}

/* Several, if they are of the common kinds; false if not. */
static ALWAYS_INLINE bool encode_some(unsigned unit, bool swapped,
				      const unsigned char **from,
				      unsigned char **to)
{
	if (**from < 0x80) {
		size_t count = encode_ascii(unit, swapped, *from, *to);

		*from += count;
		*to += count * unit;
		return true;
	}
	if (unit == 1 || **from < 0xe0 || !encode_long(unit, swapped, *from, *to))
		return false;
	*from += 3 * FEW;
	*to += FEW * unit;
	return true;
}

static ALWAYS_INLINE struct with__run
encode_units(unsigned unit, bool swapped, const unsigned char *in, size_t size,
	     unsigned char *out, size_t room)
{
	const unsigned char *from = in;
	const unsigned char *end = in + size;
	unsigned char *to = out;
	unsigned char *limit = out + room;

	while (from < end && limit - to >= 4) {
		if (end - from > 3 * FEW && limit - to >= ROOM &&
		    encode_some(unit, swapped, &from, &to))
			continue;
		if (!encode_one(unit, swapped, &from, end, &to))
			break;
	}
	return (struct with__run){ (size_t)(from - in), (size_t)(to - out),
				   (size_t)(from - in) };
}

#define SCALAR(NAME, LOOP)						\
struct with__run NAME(unsigned unit, bool swapped,			\
		      const unsigned char *in, size_t size,		\
		      unsigned char *out, size_t room)			\
{									\
	if (unit == 1)							\
		return LOOP(1, false, in, size, out, room);		\
	if (unit == 2 && swapped)					\
		return LOOP(2, true, in, size, out, room);		\
	if (unit == 2)							\
		return LOOP(2, false, in, size, out, room);		\
	if (swapped)							\
		return LOOP(4, true, in, size, out, room);		\
	return LOOP(4, false, in, size, out, room);			\
}

SCALAR(with__units_decode_scalar, decode_units)
SCALAR(with__units_encode_scalar, encode_units)
