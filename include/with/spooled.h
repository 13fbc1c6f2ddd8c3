/* SPDX-License-Identifier: MIT */
/*
 * with/spooled.h - a temporary file in memory until it grows: Python's
 * SpooledTemporaryFile
 *
 *	WITH_SPOOLED_TMP (spool, .max_size = 1 << 20) {
 *		fputs("hello", spool->file);
 *		rewind(spool->file);
 *		...
 *	} else {
 *		perror("spool");
 *	}
 *
 * Choose it for data that is small most of the time. It is in memory until it
 * would pass .max_size, then in a file without a name (with/anonymous.h); the
 * stream is the same before and after, and so is its position.
 *
 * What counts is where a write ends, not how long the content is: exactly
 * max_size bytes stay in memory, and seeking beyond does nothing by itself.
 * stdio's buffer comes first, so the limit is noticed when that is flushed.
 *
 * Nothing is lost when it cannot roll over (no space, no descriptor, the
 * directory is gone): the write that would have needed it fails, with the
 * stream's error indicator set, but what it wrote is kept, as is all before
 * it. Clear the error and go on: the next write tries again. The same holds
 * when the file runs full later. Memory holds max_size bytes and one write at
 * most.
 *
 * With glibc the stream is one of bytes for good, as is every one that has no
 * descriptor: fwide() says so, and fgetws() and its kin must not be called.
 *
 * A handle belongs to one thread at a time; different handles need no lock.
 * In a forked child it may only be closed: that frees memory and touches
 * nothing else.
 */
#ifndef WITH_SPOOLED_H
#define WITH_SPOOLED_H

#include <stdio.h>

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The member is for reading only. Private members follow. */
struct tempfile_spooled {
	FILE *file;	/* fileno() is -1: see tempfile_spooled_fileno() */
};

/*
 * max_size: bytes that stay in memory; 0: it never rolls over by size;
 *         negative: EINVAL.
 * dir is made absolute at once, but looked at only when the file rolls over, so
 * a bad one is noticed late.
 */
struct tempfile_spooled_open_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	TEMPFILE_OPTIONS_OF_STREAMS;
	long long max_size;
	int end_;
};

/*
 * tempfile_spooled_open - open a stream on memory
 *
 * Returns a handle to be closed with tempfile_spooled_close(). NULL with errno:
 * EINVAL, ENAMETOOLONG, ENOMEM, or ENOENT if dir is empty, or relative to a
 * current directory that is gone.
 */
struct tempfile_spooled *
tempfile_spooled_open_opt(const struct tempfile_spooled_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_spooled_close - close the stream, free the content and the handle
 *
 * spooled: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with errno if the last of what was written could not be
 * (EILSEQ, or what the file says); all is gone nevertheless.
 */
int tempfile_spooled_close(struct tempfile_spooled **spooled);

/*
 * tempfile_spooled_rolled - is it in a file?
 *
 * Flushes the stream first, so that the answer is about all that was written.
 * Returns 1 or 0; -1 with EINVAL if spooled is NULL.
 */
int tempfile_spooled_rolled(struct tempfile_spooled *spooled);

/*
 * tempfile_spooled_rollover - go over to a file now
 *
 * Returns 0, also if that was so already; -1 with errno (EINVAL, what flushing
 * says, or an errno of with/options.h), and then all is as before.
 */
int tempfile_spooled_rollover(struct tempfile_spooled *spooled);

/*
 * tempfile_spooled_fileno - the descriptor of the file, for which it rolls over
 *
 * It belongs to the handle, do not close it. Its offset is the position of the
 * stream at the time of the call; the stream itself does not use it. What is
 * written through it is seen by the stream where it has not read yet.
 *
 * Returns the descriptor, or -1 with errno as tempfile_spooled_rollover().
 */
int tempfile_spooled_fileno(struct tempfile_spooled *spooled);

/*
 * tempfile_spooled_truncate - cut the content, or fill it up with zero bytes
 *
 * length: in bytes of the file, also where text is decoded. If it exceeds
 *         max_size the content goes over to a file first.
 *
 * The position stays where it is; in a text it is moved to the cut if it was
 * behind it. Returns 0; -1 with errno (EINVAL, or as
 * tempfile_spooled_rollover()), and then the content is as before.
 */
int tempfile_spooled_truncate(struct tempfile_spooled *spooled,
			      long long length);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void tempfile__spooled_end(struct tempfile_spooled *spooled);

#ifdef __cplusplus
}
#define WITH_SPOOLED_TMP(...)	WITH__C_ONLY
#define SCOPED_SPOOLED_TMP(...) WITH__C_ONLY
#else
#define tempfile_spooled_open(...) \
	tempfile_spooled_open_opt( \
		WITH__OPTIONS(tempfile_spooled_open_options, __VA_ARGS__))

WITH__DEFINE_NOUN(tempfile_spooled, struct tempfile_spooled *,
		  tempfile__spooled_end)

/* The statement: a block, or the rest of the scope. */
#define WITH_SPOOLED_TMP(...) \
	WITH__SPOOLED_TMP(WITH__BLOCK, __VA_ARGS__, .scoped_ = 1)
#define SCOPED_SPOOLED_TMP(...) \
	WITH__SPOOLED_TMP(WITH__DECLARATION, __VA_ARGS__, .scoped_ = 1)
#define WITH__SPOOLED_TMP(form, variable, ...) \
	form(tempfile_spooled, struct tempfile_spooled *, variable, \
	     tempfile_spooled_open(__VA_ARGS__))
#endif
#endif /* WITH_SPOOLED_H */
