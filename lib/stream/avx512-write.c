/* SPDX-License-Identifier: MIT */
/* avx512-write.c - from UTF-8, and UTF-8 itself; avx512.h says how. */
#include "config.h"

#include "stream/avx512.h"

#ifdef WITH__AVX512

/* Where characters of several bytes begin: all, and the longer ones. */
struct begins {
	uint64_t all;
	uint64_t three;
	uint64_t four;
};

struct block {
	vector bytes;
	vector one_before;
	uint64_t high;
	uint64_t continues;
	uint64_t third;		/* the last of three */
	uint64_t ends;
	uint64_t faults;
};

INLINE uint64_t are(vector bytes, int byte)
{
	return _mm512_cmpeq_epi8_mask(bytes, bytes_of(byte));
}

INLINE uint64_t are_from(vector bytes, int byte)
{
	return _mm512_cmpge_epu8_mask(bytes, bytes_of(byte));
}

/* 0x80 to 0xBF: with a sign there is nothing lower. */
INLINE uint64_t are_behind(vector bytes)
{
	return _mm512_cmplt_epi8_mask(bytes, bytes_of(0xc0));
}

INLINE uint64_t before_first(uint64_t faults)
{
	return (faults & -faults) - 1;
}

INLINE size_t up_to_last(uint64_t ends)
{
	return (size_t)(LANES - _lzcnt_u64(ends));
}

INLINE size_t count(uint64_t mask)
{
	return (size_t)_mm_popcnt_u64(mask);
}

/* The places so many behind these, of which some were in the block before. */
INLINE uint64_t behind(uint64_t now, uint64_t before, int places)
{
	return now << places | before >> (LANES - places);
}

/* What stands so many before each; at the very beginning nothing does. */
INLINE vector load_before(const unsigned char *in, int places, bool first)
{
	if (first)
		return _mm512_maskz_loadu_epi8(~(uint64_t)0 << places,
					       in - places);
	return load(in - places);
}

/* Bytes behind low that are not up to limit, behind high that are. */
INLINE uint64_t too_far(const struct block *block, int low, int high,
			int limit)
{
	uint64_t above = are_from(block->bytes, limit);

	return (are(block->one_before, low) & ~above) |
	       (are(block->one_before, high) & above);
}

/* Characters of four bytes are bad unless asked for. *begins: in and out. */
INLINE struct block look(const unsigned char *in, bool first,
			 struct begins *begins, bool with_four)
{
	const struct begins before = *begins;
	struct block block;
	uint64_t two, expected;

	block.bytes = load(in);
	block.one_before = load_before(in, 1, first);
	block.high = are_high(block.bytes);
	block.continues = are_behind(block.bytes);
	begins->all = block.high & ~block.continues;
	begins->three = are_from(block.bytes, 0xe0);
	begins->four = are_from(block.bytes, 0xf0);
	block.third = behind(begins->three, before.three, 2);
	expected = behind(begins->all, before.all, 1) | block.third;
	two = behind(begins->all & ~begins->three,
		     before.all & ~before.three, 1);
	block.faults = begins->all & ~are_from(block.bytes, 0xc2);
	if (begins->three | before.three)
		block.faults |= too_far(&block, 0xe0, 0xed, 0xa0);
	if (with_four && begins->four | before.four) {
		uint64_t fourth = behind(begins->four, before.four, 3);

		block.third &= ~behind(begins->four, before.four, 2);
		block.third |= fourth;
		expected |= fourth;
		block.faults |= too_far(&block, 0xf0, 0xf4, 0x90) |
				are_from(block.bytes, 0xf5);
	} else {
		block.faults |= begins->four;
	}
	block.faults |= block.continues ^ expected;
	block.ends = (~block.high | two | block.third) &
		     before_first(block.faults);
	return block;
}

/* ---- UTF-8 itself ----------------------------------------------------- */

enum { WIDE = 4 * LANES };

INLINE bool wide_is_ascii(const unsigned char *in)
{
	vector low = _mm512_or_si512(load(in), load(in + LANES));
	vector high = _mm512_or_si512(load(in + 2 * LANES),
				      load(in + 3 * LANES));

	return !are_high(_mm512_or_si512(low, high));
}

INLINE void copy_wide(const unsigned char *in, unsigned char *out)
{
	for (size_t i = 0; i < WIDE; i += LANES)
		store(load(in + i), out + i);
}

WITH__AVX512 size_t with__avx512_utf8(const unsigned char *in, size_t size,
				      unsigned char *out)
{
	struct begins begins = { 0 };
	struct block block;
	size_t done = 0;
	size_t at = 0;

	while (size - at >= LANES) {
		if (!begins.all && size - at >= WIDE &&
		    wide_is_ascii(in + at)) {
			if (out)
				copy_wide(in + at, out + at);
			at += WIDE;
			done = at;
			continue;
		}
		block = look(in + at, at == 0, &begins, true);
		if (out)
			store(block.bytes, out + at);
		if (block.ends)
			done = at + up_to_last(block.ends);
		if (block.faults)
			break;
		at += LANES;
	}
	return done;
}

/* ---- to units of two and four bytes ----------------------------------- */

/* HALF units, of words that have the bytes of their unit in order already. */
INLINE void put_words(vector words, unsigned unit, bool swapped,
		      unsigned char *out)
{
	if (swapped)
		words = swap_words(words);
	for (int half = 0; unit == 4 && half < 2; half++) {
		vector wide = widen_words(words, half);

		store(swapped ? _mm512_slli_epi32(wide, 16) : wide,
		      out + half * LANES);
	}
	if (unit == 2)
		store(words, out);
}

INLINE size_t put_ascii(vector bytes, unsigned unit, bool swapped,
			unsigned char *out)
{
	put_words(widen_bytes(bytes, 0), unit, swapped, out);
	put_words(widen_bytes(bytes, 1), unit, swapped, out + HALF * unit);
	return LANES * unit;
}

/* Six bits each of the characters, or seven of one alone, side by side. */
struct points {
	vector last;
	vector second;
	vector third;
};

/* What 0x3f leaves of a mark is shifted out of a word. */
INLINE struct points find_points(const struct block *block,
				 const unsigned char *in, bool first)
{
	vector six = bytes_of(0x3f);
	vector last = _mm512_and_si512(block->bytes, six);
	vector second = _mm512_and_si512(block->one_before, six);
	vector third = _mm512_and_si512(load_before(in, 2, first), six);

	last = _mm512_mask_mov_epi8(block->bytes, block->high, last);
	second = _mm512_maskz_mov_epi8(block->continues, second);
	third = _mm512_maskz_mov_epi8(block->third, third);
	return (struct points) {
		.last = _mm512_maskz_compress_epi8(block->ends, last),
		.second = _mm512_maskz_compress_epi8(block->ends, second),
		.third = _mm512_maskz_compress_epi8(block->ends, third),
	};
}

INLINE vector join(const struct points *points, int half)
{
	vector last = widen_bytes(points->last, half);
	vector second = widen_bytes(points->second, half);
	vector third = widen_bytes(points->third, half);

	return _mm512_or_si512(last,
		_mm512_or_si512(_mm512_slli_epi16(second, 6),
				_mm512_slli_epi16(third, 12)));
}

INLINE size_t put_points(const struct points *points, size_t count,
			 unsigned unit, bool swapped, unsigned char *out)
{
	put_words(join(points, 0), unit, swapped, out);
	if (count > HALF)
		put_words(join(points, 1), unit, swapped, out + HALF * unit);
	return count * unit;
}

INLINE struct with__run encode_units(unsigned unit, bool swapped,
				     const unsigned char *in, size_t size,
				     unsigned char *out, size_t room)
{
	struct with__run run = { 0 };
	struct begins begins = { 0 };
	struct points points;
	struct block block;
	size_t at = 0;

	while (size - at >= LANES && room - run.made >= LANES * unit) {
		if (!begins.all && !are_high(load(in + at))) {
			run.made += put_ascii(load(in + at), unit, swapped,
					      out + run.made);
			at += LANES;
			run.used = at;
			continue;
		}
		block = look(in + at, at == 0, &begins, false);
		points = find_points(&block, in + at, at == 0);
		run.made += put_points(&points, count(block.ends), unit,
				       swapped, out + run.made);
		if (block.ends)
			run.used = at + up_to_last(block.ends);
		if (block.faults)
			break;
		at += LANES;
	}
	run.worth = run.used;
	return run;
}

WITH__AVX512_UNITS(with__avx512_encode16, encode_units, 2, false)
WITH__AVX512_UNITS(with__avx512_encode16_swapped, encode_units, 2, true)
WITH__AVX512_UNITS(with__avx512_encode32, encode_units, 4, false)
WITH__AVX512_UNITS(with__avx512_encode32_swapped, encode_units, 4, true)

/* ---- to Latin-1 ------------------------------------------------------- */

INLINE uint64_t are_c2_or_c3(vector bytes)
{
	return are(_mm512_and_si512(bytes, bytes_of(0xfe)), 0xc2);
}

/*
 * Behind C2 a byte is what it is, behind C3 it is 0x40 more. A block with
 * anything else in it is not begun.
 */
WITH__AVX512 struct with__run
with__avx512_encode8(const unsigned char *in, size_t size, unsigned char *out,
		     size_t room)
{
	struct with__run run = { 0 };
	uint64_t begins = 0;
	size_t at = 0;

	while (size - at >= LANES && room - run.made >= LANES) {
		vector bytes = load(in + at);
		vector before = load_before(in + at, 1, at == 0);
		uint64_t continues = are_behind(bytes);
		uint64_t next = are_c2_or_c3(bytes);

		if ((continues ^ are_c2_or_c3(before)) |
		    (are_high(bytes) ^ (continues | next)))
			break;
		bytes = _mm512_mask_add_epi8(bytes, are(before, 0xc3), bytes,
					     bytes_of(0x40));
		store(_mm512_maskz_compress_epi8(~next, bytes), out + run.made);
		run.made += LANES - count(next);
		at += LANES;
		begins = next;
	}
	/* What begins in the last byte of all is not whole. */
	run.used = at - (begins >> (LANES - 1));
	run.worth = run.used;
	return run;
}

#endif /* WITH__AVX512 */
