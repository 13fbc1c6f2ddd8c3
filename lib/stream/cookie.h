/* SPDX-License-Identifier: MIT */
/*
 * cookie.h - a FILE of our own making over a source of bytes.
 *
 * fopencookie() makes it, or funopen() on the BSDs.
 */
#ifndef STREAM_COOKIE_H
#define STREAM_COOKIE_H

#include <stdbool.h>
#include <stdio.h>

#include "stream/bytes.h"
#include "stream/known.h"
#include "stream/text.h"

struct with__cookie {
	struct with__known known;	/* known.file is the stream */
	struct with__bytes *bytes;
	struct with__text *text;	/* NULL: bytes pass untouched */
	off_t position;			/* where there is no text */
	bool append;
	bool discarded;
	char *buffer;			/* stdio's, if it is from us */
	bool sized;			/* by the user, and not of BUFSIZ */
};

/*
 * with__cookie_open - the FILE of a cookie
 *
 * cookie is allocated by malloc() and has all but known filled in; it and all
 * it points to is the FILE's from then on, and freed when that is closed.
 * Returns NULL with errno set, and nothing has changed hands.
 */
FILE *with__cookie_open(struct with__cookie *cookie, const char *mode);

/*
 * with__cookie_buffer - memory for stdio's buffer; 0: of the usual size
 *
 * Returns 0, or -1 with ENOMEM. The buffer is the cookie's.
 */
int with__cookie_buffer(struct with__cookie *cookie, size_t size);
void with__cookie_free_buffer(struct with__cookie *cookie);

/* The cookie of a stream; NULL if it is not one of these. */
struct with__cookie *with__cookie_of(FILE *file);

#endif /* STREAM_COOKIE_H */
