/* SPDX-License-Identifier: MIT */
/* unrolled.h - for loops of a few steps that are to have none. */
#ifndef STREAM_UNROLLED_H
#define STREAM_UNROLLED_H

/* Before a loop of at most 16 steps. Clang does it by itself. */
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLLED _Pragma("GCC unroll 16")
#else
#define UNROLLED
#endif

#endif /* STREAM_UNROLLED_H */
