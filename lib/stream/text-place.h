/* SPDX-License-Identifier: MIT */
/*
 * text-place.h - a text and its place; what reading and writing share.
 *
 * text.c says what the members mean together.
 */
#ifndef STREAM_TEXT_PLACE_H
#define STREAM_TEXT_PLACE_H

#include "stream/text.h"
#include "stream/window.h"

/* Bytes encoded at once, of so many of text. */
enum { WITH__TEXT_OUT = 65536 };

struct with__text {
	bool append;
	off_t offset;
	bool placed;
	struct with__cursor place;
	bool guessed;		/* place.offset, after bytes that escaped */
	off_t end;		/* of the bytes, when last written; -1: unknown */
	unsigned char tail[4];
	size_t tail_size;
	struct with__window window;
	unsigned char out[WITH__TEXT_OUT];
};

/* Is place where the bytes end, or behind? -1 with errno if nobody can tell. */
int with__text_at_end(struct with__text *text);

/* What was left unfinished is finished by the handler, or is an error. */
int with__text_finish(struct with__text *text);

/* Know where the next write goes. */
int with__text_settle(struct with__text *text);

#endif /* STREAM_TEXT_PLACE_H */
