/* SPDX-License-Identifier: MIT */
/*
 * window.h - a decoded piece of a text, moved to wherever one wants to read.
 *
 * A cursor is a place both in the text and in the bytes. Each window leaves a
 * checkpoint, which is a cursor, where it begins, so a text that has been read
 * once is entered anywhere at the cost of decoding a window.
 *
 * Functions return 0, or -1 with errno: of the source, EILSEQ where something
 * malformed is in the way, EINVAL behind the end of the text.
 */
#ifndef STREAM_WINDOW_H
#define STREAM_WINDOW_H

#include "stream/bytes.h"
#include "stream/codec.h"

enum {
	WITH__WINDOW = 32768,		/* bytes of decoded text */
	WITH__WINDOW_RAW = 16384,	/* bytes read at once */
	WITH__WINDOW_PASSED = 4096,	/* of text, that can be elsewhere */
};

struct with__cursor {
	off_t offset;			/* in the text */
	off_t raw;			/* in the bytes */
	struct with__shift shift;
};

struct with__window {
	struct with__codec codec;
	struct with__bytes *bytes;
	bool valid;
	struct with__cursor begin;
	struct with__cursor end;
	int error;		/* what stopped it, to be met at its end */
	size_t used, made;	/* bytes and text of the last piece passed */
	size_t size;		/* of text[] */
	off_t raw_at;		/* where in the bytes raw[] is from */
	size_t raw_size;
	bool raw_last;		/* there was nothing behind it */
	size_t checkpoint_count;
	size_t checkpoint_room;
	off_t spacing;		/* of checkpoints, at least */
	struct with__cursor *checkpoints;
	unsigned char text[WITH__WINDOW];
	unsigned char raw[WITH__WINDOW_RAW];
};

/* The first place of all. */
struct with__cursor with__window_start(const struct with__window *window);

/* Have the window contain offset. A hint is a cursor that is known besides. */
int with__window_reach(struct with__window *window, off_t offset,
		       const struct with__cursor *hint);

/* Have it end where the text does. */
int with__window_reach_end(struct with__window *window,
			   const struct with__cursor *hint);

/* The window behind this one; it is empty only at the end of the text. */
int with__window_next(struct with__window *window);

/*
 * with__window_pass - the same, but into out, which has at least
 * WITH__WINDOW_PASSED bytes of room: the window is then empty, and ends behind
 * what is in *made
 */
int with__window_pass(struct with__window *window, unsigned char *out,
		      size_t room, size_t *made);

/* Decode up to room bytes of text at a cursor, and move it behind them. */
int with__window_advance(struct with__window *window, struct with__cursor *at,
			 unsigned char *out, size_t room,
			 struct with__progress *progress);

/*
 * with__window_count - move a cursor to raw, a place in the bytes, from the
 * last checkpoint, counting the text on the way
 */
int with__window_count(struct with__window *window, off_t raw,
		       struct with__cursor *ret, unsigned char *scratch,
		       size_t room);

/* What is known of the bytes from there on is not true any more. */
void with__window_forget(struct with__window *window, off_t offset, off_t raw);

#endif /* STREAM_WINDOW_H */
