/* SPDX-License-Identifier: MIT */
/*
 * units.h - runs of UTF-16 and UTF-32, to UTF-8 and back, and of Latin-1,
 * which is Unicode in units of one byte.
 *
 * As charset.h has runs: they may stop anywhere before anything unusual. Units
 * are of 1, 2 or 4 bytes, in the byte order of this machine, or, if swapped,
 * in the other.
 */
#ifndef STREAM_UNITS_H
#define STREAM_UNITS_H

#include "stream/charset.h"

/* By what is fastest here; vector.c chooses. */
struct with__run with__units_decode(unsigned unit, bool swapped,
				    const unsigned char *in, size_t size,
				    unsigned char *out, size_t room);
struct with__run with__units_encode(unsigned unit, bool swapped,
				    const unsigned char *in, size_t size,
				    unsigned char *out, size_t room);

/* By what every processor can do. */
struct with__run with__units_decode_scalar(unsigned unit, bool swapped,
					   const unsigned char *in,
					   size_t size, unsigned char *out,
					   size_t room);
struct with__run with__units_encode_scalar(unsigned unit, bool swapped,
					   const unsigned char *in,
					   size_t size, unsigned char *out,
					   size_t room);

#endif /* STREAM_UNITS_H */
