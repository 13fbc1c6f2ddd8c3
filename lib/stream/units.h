/* SPDX-License-Identifier: MIT */
/*
 * units.h - runs of UTF-16 and UTF-32, to UTF-8 and back.
 *
 * As charset.h has runs: they may stop anywhere before anything unusual. Units
 * are in the byte order of this machine, or, if swapped, in the other.
 */
#ifndef STREAM_UNITS_H
#define STREAM_UNITS_H

#include "stream/charset.h"

struct with__run with__units_decode16(bool swapped, const unsigned char *in,
				      size_t size, unsigned char *out,
				      size_t room);
struct with__run with__units_decode32(bool swapped, const unsigned char *in,
				      size_t size, unsigned char *out,
				      size_t room);
struct with__run with__units_encode16(bool swapped, const unsigned char *in,
				      size_t size, unsigned char *out,
				      size_t room);
struct with__run with__units_encode32(bool swapped, const unsigned char *in,
				      size_t size, unsigned char *out,
				      size_t room);

#endif /* STREAM_UNITS_H */
