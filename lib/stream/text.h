/* SPDX-License-Identifier: MIT */
/*
 * text.h - a text with a position, over a source of bytes.
 *
 * Positions are offsets in the decoded text, what the program would read from
 * the beginning, so they may lie within a character too; reading goes on from
 * there, writing is refused.
 */
#ifndef STREAM_TEXT_H
#define STREAM_TEXT_H

#include <stdbool.h>

#include "stream/bytes.h"

struct with__text;

struct with__text_how {
	const char *encoding;	/* as with__codec_open() has these three */
	const char *errors;
	const char *newline;
	bool append;		/* every write goes to the end */
};

/* The source stays the caller's. Returns NULL with errno of the codec. */
struct with__text *with__text_open(struct with__bytes *bytes,
				   const struct with__text_how *how);

/*
 * with__text_close - report what is incomplete, and free
 *
 * Returns 0, or -1 with EILSEQ if the program left a character unfinished, or
 * with what a write said. Does not write if the text has been abandoned.
 */
int with__text_close(struct with__text *text);

/* Bytes read, fewer before an error; 0 at the end; -1 with errno. */
ssize_t with__text_read(struct with__text *text, void *buffer, size_t size);

/*
 * with__text_write - encode and write
 *
 * Returns how many bytes of text were taken; if fewer than size, errno says
 * why: EILSEQ at the place of a character that cannot be written; EINVAL where
 * the position is within a character, or not at the end of a text in which
 * bytes mean something else after other bytes; or what the source says.
 */
size_t with__text_write(struct with__text *text, const void *buffer,
			size_t size);

/*
 * with__text_seek - as lseek()
 *
 * Returns the new position, or -1 with errno: EINVAL beyond the end of the
 * text or before its beginning, EILSEQ if something malformed lies between.
 */
off_t with__text_seek(struct with__text *text, off_t offset, int whence);

/*
 * with__text_truncate - cut the bytes, or fill with zeros
 *
 * A position behind the cut is moved to it. Returns 0, or -1 with errno.
 */
int with__text_truncate(struct with__text *text, off_t length);

/* Where in the source the position is; -1 with errno. */
off_t with__text_place(struct with__text *text);

/* Forget what is pending; nothing is written by close. */
void with__text_abandon(struct with__text *text);

#endif /* STREAM_TEXT_H */
