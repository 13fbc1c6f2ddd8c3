/* SPDX-License-Identifier: MIT */
/* avx512-read.c - to UTF-8; avx512.h says how. */
#include "config.h"

#include "stream/avx512.h"

#ifdef WITH__AVX512

INLINE size_t put_selected(vector bytes, uint64_t selected, unsigned char *out)
{
	store(_mm512_maskz_compress_epi8(selected, bytes), out);
	return (size_t)_mm_popcnt_u64(selected);
}

/* The first so many places; there may be all of them. */
INLINE uint64_t first(size_t count)
{
	return _bzhi_u64(~(uint64_t)0, (unsigned)count);
}

/* Code points below 0x800 in words; those that need two bytes are known. */
INLINE size_t spell_short(vector words, uint64_t two, size_t count,
			  unsigned char *out)
{
	vector lead = _mm512_srli_epi16(words, 6);
	vector rest = _mm512_slli_epi16(
		_mm512_and_si512(words, words_of(0x3f)), 8);
	vector both = _mm512_or_si512(_mm512_or_si512(lead, rest),
				      words_of(0x80c0));
	uint64_t its = 0x5555555555555555 |
		       _pdep_u64(two, 0xaaaaaaaaaaaaaaaa);

	return put_selected(
		_mm512_mask_mov_epi16(words, (__mmask32)two, both),
		its & first(2 * count), out);
}

/* Sixteen, each below 0x10000, as three bytes with a zero behind. */
INLINE size_t spell_any(vector points, uint64_t two, uint64_t three,
			size_t count, unsigned char *out)
{
	/* From which bit on each byte is, of two points side by side. */
	vector from = _mm512_set1_epi64(0x3020262c1000060c);
	vector spelt = _mm512_multishift_epi64_epi8(from, points);
	vector marks = _mm512_mask_mov_epi32(
		_mm512_set1_epi32(0x80c000), (__mmask16)three,
		_mm512_set1_epi32(0x8080e0));
	vector marked = _mm512_or_si512(marks,
		_mm512_and_si512(spelt, _mm512_set1_epi32(0x3f3f0f)));
	uint64_t its = 0x4444444444444444 |
		       _pdep_u64(two, 0x2222222222222222) |
		       _pdep_u64(three, 0x1111111111111111);

	return put_selected(
		_mm512_mask_mov_epi32(spelt, (__mmask16)two, marked),
		its & first(4 * count), out);
}

/*
 * Words, of which the first count are characters: up to 3 * HALF bytes, in
 * room for 2 * LANES.
 */
INLINE size_t spell(vector words, size_t count, unsigned char *out)
{
	uint64_t two = _mm512_cmpge_epu16_mask(words, words_of(0x80));
	uint64_t three = _mm512_cmpge_epu16_mask(words, words_of(0x800));
	size_t low = count < HALF / 2 ? count : HALF / 2;
	size_t made;

	if (!two) {
		_mm256_storeu_si256((__m256i *)out,
				    _mm512_cvtepi16_epi8(words));
		return count;
	}
	if (!three)
		return spell_short(words, two, count, out);
	made = spell_any(widen_words(words, 0), two & 0xffff, three & 0xffff,
			 low, out);
	return made + spell_any(widen_words(words, 1), two >> 16, three >> 16,
				count - low, out + made);
}

/* Sixteen units of four bytes; *beyond are those that are no word. */
INLINE __m256i narrow(const unsigned char *in, bool swapped, uint64_t *beyond)
{
	vector units = load(in);

	*beyond = _mm512_test_epi32_mask(
		units, _mm512_set1_epi32(swapped ? 0xffff : ~0xffff));
	return _mm512_cvtepi32_epi16(
		swapped ? _mm512_srli_epi32(units, 16) : units);
}

/* HALF units as words; returns how many there are before any other. */
INLINE size_t get_words(unsigned unit, bool swapped, const unsigned char *in,
			vector *ret)
{
	uint64_t low = 0;
	uint64_t high = 0;
	uint64_t others;
	vector words;

	if (unit == 2)
		words = load(in);
	else
		words = _mm512_inserti64x4(
			_mm512_castsi256_si512(narrow(in, swapped, &low)),
			narrow(in + LANES, swapped, &high), 1);
	if (swapped)
		words = swap_words(words);
	/* Surrogates. */
	others = _mm512_cmpeq_epi16_mask(
		_mm512_and_si512(words, words_of(0xf800)), words_of(0xd800));
	*ret = words;
	return (size_t)_tzcnt_u64(others | low | high << HALF / 2 |
				  (uint64_t)1 << HALF);
}

INLINE struct with__run decode_units(unsigned unit, bool swapped,
				     const unsigned char *in, size_t size,
				     unsigned char *out, size_t room)
{
	struct with__run run = { 0 };
	size_t count;
	vector words;

	while (size - run.used >= HALF * unit && room - run.made >= 2 * LANES) {
		count = get_words(unit, swapped, in + run.used, &words);
		run.made += spell(words, count, out + run.made);
		if (count < HALF) {
			run.used += count * unit;
			break;
		}
		run.used += HALF * unit;
	}
	return run;
}

WITH__AVX512_UNITS(with__avx512_decode16, decode_units, 2, false)
WITH__AVX512_UNITS(with__avx512_decode16_swapped, decode_units, 2, true)
WITH__AVX512_UNITS(with__avx512_decode32, decode_units, 4, false)
WITH__AVX512_UNITS(with__avx512_decode32_swapped, decode_units, 4, true)

/* Which bytes of pairs stay: the first, and the second where its bit is set. */
INLINE uint64_t with_seconds(uint64_t seconds)
{
	return 0x5555555555555555 | _pdep_u64(seconds, 0xaaaaaaaaaaaaaaaa);
}

/*
 * Latin-1 that is not all ASCII: two bytes for each, of which ASCII drops the
 * second. Pairs are made within lanes of 16 bytes, so that eights are brought
 * into the order first in which that leaves them as they were.
 */
INLINE size_t spell_latin(vector bytes, uint64_t high, unsigned char *out)
{
	vector mixed = _mm512_permutexvar_epi64(
		_mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0), bytes);
	/* Bit 6, as C2 and C3 have it: (x & 1) | C2. */
	vector leads = _mm512_ternarylogic_epi64(
		_mm512_srli_epi16(mixed, 6), bytes_of(1), bytes_of(0xc2), 0xea);
	vector one = _mm512_mask_mov_epi8(
		mixed, _mm512_movepi8_mask(mixed), leads);
	vector other = _mm512_and_si512(mixed, bytes_of(0xbf));
	size_t made = put_selected(_mm512_unpacklo_epi8(one, other),
				   with_seconds(high & 0xffffffff), out);

	return made + put_selected(_mm512_unpackhi_epi8(one, other),
				   with_seconds(high >> HALF), out + made);
}

/* Latin-1: up to 2 * LANES bytes of a block. */
WITH__AVX512 struct with__run
with__avx512_decode8(const unsigned char *in, size_t size, unsigned char *out,
		     size_t room)
{
	struct with__run run = { 0 };

	while (size - run.used >= LANES && room - run.made >= 2 * LANES) {
		vector bytes = load(in + run.used);
		uint64_t high = are_high(bytes);

		if (high) {
			run.made += spell_latin(bytes, high, out + run.made);
		} else {
			store(bytes, out + run.made);
			run.made += LANES;
		}
		run.used += LANES;
	}
	return run;
}

#endif /* WITH__AVX512 */
