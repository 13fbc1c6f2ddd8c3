/* SPDX-License-Identifier: MIT */
/*
 * spelling.h - what encodings are called.
 *
 * Python and iconv name the same things, in different spellings: Python's
 * iso8859_5 is iconv's ISO-8859-5.
 */
#ifndef STREAM_SPELLING_H
#define STREAM_SPELLING_H

#include <stddef.h>

#define WITH__NAME_ROOM 32

/*
 * with__name_squeeze - lower-case letters and digits of a name
 *
 * "ISO-8859-1" and "iso8859_1" both become "iso88591". Returns 0, or -1 with
 * EINVAL for what cannot be the name of an encoding: nothing, too long, or
 * with characters that would mean something else to iconv ("//TRANSLIT").
 */
int with__name_squeeze(const char *name, char ret[WITH__NAME_ROOM]);

/*
 * with__name_for_iconv - the turn-th spelling worth trying with iconv_open()
 *
 * Returns 0, or -1 when there are no more.
 */
int with__name_for_iconv(const char *name, unsigned turn,
			 char ret[WITH__NAME_ROOM]);

#endif /* STREAM_SPELLING_H */
