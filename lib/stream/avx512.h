/* SPDX-License-Identifier: MIT */
/*
 * avx512.h - text in registers of 64 bytes.
 *
 * A mask is a word with a bit for each byte, the first byte's lowest. Masks
 * say what the bytes are; what they should be follows from the beginnings of
 * characters; and a byte is bad where the two differ:
 *
 *	bytes		61  C3  A9  62  E3  81  82	"a", e acute, "b", kana a
 *	high		.   1   1   .   1   1   1	not below 0x80
 *	continues	.   .   1   .   .   1   1	0x80 to 0xBF
 *	expected	.   .   1   .   .   1   1	behind beginnings
 *	ends		1   .   1   1   .   .   1	a character is whole
 *
 * From UTF-8: the bytes, those one before each, and those two before, without
 * their marks; of all three compress, the instruction that moves the bytes a
 * mask selects side by side, leaves those where characters end. Shifted, they
 * are the code points. To UTF-8: spread each code point over the bytes of the
 * longest form, and compress those that are of its own.
 *
 * A bad byte takes the ends behind it away, and that is all: what was used is
 * as far as the last end. Blocks lie side by side, and what begins in one may
 * end in the next: were each to begin where the last character ended, it
 * would have to wait for the one before, which took three times as long.
 *
 * Blocks are loaded and stored whole, so both sides need room for them; the
 * functions say how much. Functions of several steps are inlined: unit and
 * swapped are constants in them.
 */
#ifndef STREAM_AVX512_H
#define STREAM_AVX512_H

#include "stream/vector.h"

#if defined(__x86_64__) && (__GNUC__ >= 8 || __clang_major__ >= 7)
#define WITH__AVX512						\
	__attribute__((target("avx512f,avx512bw,avx512vl,"	\
			      "avx512vbmi,avx512vbmi2,"		\
			      "bmi,bmi2,lzcnt,popcnt")))

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline)) WITH__AVX512

typedef __m512i vector;

enum { LANES = sizeof(vector), HALF = LANES / 2 };

INLINE vector load(const unsigned char *in)
{
	return _mm512_loadu_si512(in);
}

INLINE void store(vector value, unsigned char *out)
{
	_mm512_storeu_si512(out, value);
}

INLINE vector bytes_of(int byte)
{
	return _mm512_set1_epi8((char)byte);
}

INLINE vector words_of(int word)
{
	return _mm512_set1_epi16((short)word);
}

INLINE uint64_t are_high(vector bytes)
{
	return _mm512_movepi8_mask(bytes);
}

/* One of two halves of a vector. */
INLINE __m256i half_of(vector value, int half)
{
	return half ? _mm512_extracti64x4_epi64(value, 1) :
		      _mm512_castsi512_si256(value);
}

/* The same, in lanes of twice the size. */
INLINE vector widen_bytes(vector bytes, int half)
{
	return _mm512_cvtepu8_epi16(half_of(bytes, half));
}

INLINE vector widen_words(vector words, int half)
{
	return _mm512_cvtepu16_epi32(half_of(words, half));
}

INLINE vector swap_words(vector words)
{
	return _mm512_shldi_epi16(words, words, 8);
}

/* The places of vector.h; those of both directions. */
with__vector_run with__avx512_decode8, with__avx512_encode8;
with__vector_run with__avx512_decode16, with__avx512_encode16;
with__vector_run with__avx512_decode16_swapped, with__avx512_encode16_swapped;
with__vector_run with__avx512_decode32, with__avx512_encode32;
with__vector_run with__avx512_decode32_swapped, with__avx512_encode32_swapped;
size_t with__avx512_utf8(const unsigned char *in, size_t size,
			 unsigned char *out);

#define WITH__AVX512_UNITS(NAME, LOOP, UNIT, SWAPPED)			\
WITH__AVX512 struct with__run NAME(const unsigned char *in, size_t size, \
				   unsigned char *out, size_t room)	\
{									\
	return LOOP(UNIT, SWAPPED, in, size, out, room);		\
}

#endif /* x86-64 */

#endif /* STREAM_AVX512_H */
