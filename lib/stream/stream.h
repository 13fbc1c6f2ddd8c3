/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a FILE over a descriptor, as its options want it.
 *
 * Bytes that pass untouched go through an ordinary fdopen() stream, so that
 * fileno() works; with a text option the stream is one of our own making,
 * whose bytes are decoded and encoded on the way.
 *
 * Every stream opened here is closed with with__stream_close().
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <stdbool.h>
#include <stdio.h>

#include "stream/bytes.h"
#include "stream/mode.h"

/* All zero is the default: "w+", stdio's own buffer, bytes untouched. */
struct with__stream {
	const char *mode;	/* as mode.h has it; NULL: "w+" */
	bool append;		/* writing goes to the end, whatever the mode */
	long long buffering;	/* TEMPFILE_…BUFFERED, bytes, 0: stdio's own */
	const char *encoding;	/* these three: NULL if not given */
	const char *errors;
	const char *newline;
};

/*
 * with__stream_check - can there be a stream like this?
 *
 * To be asked before a file is made for it. Returns 0 with the parsed mode in
 * *ret (unless ret is NULL), or -1 with EINVAL: a bad mode, size, encoding,
 * handler or newline, or bytes ("b") wanted together with a text option.
 */
int with__stream_check(const struct with__stream *how,
		       struct with__mode *ret);

/*
 * with__stream_open - a stream over fd
 *
 * fd must be open for what the mode wants, and O_APPEND where it appends; for
 * a text option it must be open for reading, too, if positions are wanted.
 * Returns the stream, which then owns fd; or NULL with errno set (EINVAL as
 * above, ENOMEM), and fd is still the caller's.
 */
FILE *with__stream_open(int fd, const struct with__stream *how);

/* The same after with__stream_check(), which gave the mode. */
FILE *with__stream_open_checked(int fd, const struct with__stream *how,
				const struct with__mode *mode);

/*
 * with__stream_over - a stream over a source of bytes
 *
 * It is one of our own making even where bytes pass untouched. Returns NULL
 * with errno as above, and the source is still the caller's.
 */
FILE *with__stream_over(struct with__bytes *bytes,
			const struct with__stream *how);

/*
 * with__stream_close - close file and free what belongs to it
 *
 * Returns 0, or EOF with errno set to what a write or the close said; EILSEQ
 * where the program left a character unfinished. The stream is gone in either
 * case. errno is left alone on success.
 */
int with__stream_close(FILE *file);

/*
 * with__stream_discard - forget unflushed output and what was read ahead
 *
 * For a stream that is another process's: after this neither its close nor
 * the flush at exit writes anything or moves an offset that processes share,
 * and the stream can only be closed. Never fails; errno is left alone.
 */
void with__stream_discard(FILE *file);

/*
 * with__stream_descriptor - the descriptor behind a stream of either kind
 *
 * Where fileno() has nothing to give because the text is decoded on the way.
 * Returns -1 with EBADF if there is none.
 */
int with__stream_descriptor(FILE *file);

/*
 * with__stream_place - flush, and say where in the bytes the position is
 *
 * Returns -1 with errno of the flush, or EINVAL within a character.
 */
long long with__stream_place(FILE *file);

/*
 * with__stream_truncate - flush, and cut the bytes or fill with zeros
 *
 * length counts bytes of the file, as Python's truncate() does, also where
 * they are decoded. The position stays, but in a text it is moved to the cut
 * if it was behind it. Returns 0, or -1 with errno.
 */
int with__stream_truncate(FILE *file, long long length);

#endif /* STREAM_STREAM_H */
