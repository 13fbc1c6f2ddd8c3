/* SPDX-License-Identifier: MIT */
/* window.c - decode, remember where one has been, and go back there. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "stream/window.h"

enum {
	SCARCE = 64, /* so many bytes may be part of a character */
	CHECKPOINTS = 4096,
};

struct with__cursor with__window_start(const struct with__window *window)
{
	return (struct with__cursor){ .shift = with__codec_start(
					      &window->codec) };
}

/* Drop every other one: twice the spacing, half the memory. */
static void thin_out(struct with__window *window)
{
	for (size_t i = 0; i < CHECKPOINTS / 2; i++)
		window->checkpoints[i] = window->checkpoints[2 * i + 1];
	window->checkpoint_count = CHECKPOINTS / 2;
	window->spacing *= 2;
}

/* Remember a cursor. Without memory there is one less, and seeks are slower. */
static void add_checkpoint(struct with__window *window,
			   const struct with__cursor *at)
{
	size_t count = window->checkpoint_count;
	off_t last = count ? window->checkpoints[count - 1].offset : 0;

	if (at->offset < last + window->spacing)
		return;
	if (count == CHECKPOINTS) {
		thin_out(window);
		count = window->checkpoint_count;
	}
	if (count == window->checkpoint_room) {
		size_t room = count ? 2 * count : 16;
		struct with__cursor *more =
			realloc(window->checkpoints, room * sizeof(*more));

		if (!more)
			return;
		window->checkpoints = more;
		window->checkpoint_room = room;
	}
	window->checkpoints[count] = *at;
	window->checkpoint_count = count + 1;
}

static void drop_checkpoints(struct with__window *window, off_t offset,
			     off_t raw)
{
	while (window->checkpoint_count) {
		const struct with__cursor *last =
			&window->checkpoints[window->checkpoint_count - 1];

		if (last->offset <= offset && last->raw <= raw)
			break;
		window->checkpoint_count--;
	}
}

/* The last cursor known that is not behind offset. */
static struct with__cursor nearest(const struct with__window *window,
				   off_t offset,
				   const struct with__cursor *hint)
{
	struct with__cursor best = with__window_start(window);
	size_t low = 0;
	size_t high = window->checkpoint_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (window->checkpoints[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low)
		best = window->checkpoints[low - 1];
	if (window->valid && window->end.offset <= offset &&
	    window->end.offset >= best.offset)
		best = window->end;
	if (hint && hint->offset <= offset && hint->offset >= best.offset)
		best = *hint;
	return best;
}

/*
 * Have bytes from there on in raw[], unless the source ends.
 * Returns them, with their number in *size.
 */
static const unsigned char *load(struct with__window *window, off_t raw,
				 size_t *size)
{
	off_t end = window->raw_at + (off_t)window->raw_size;
	ssize_t count;

	if (raw < window->raw_at || raw > end || end - raw < SCARCE) {
		window->raw_size = 0;
		count = window->bytes->ops->read(window->bytes, window->raw,
						 WITH__WINDOW_RAW, raw);
		if (count < 0)
			return NULL;
		window->raw_at = raw;
		window->raw_size = (size_t)count;
		window->raw_last = count < WITH__WINDOW_RAW;
		end = raw + count;
	}
	*size = (size_t)(end - raw);
	return window->raw + (raw - window->raw_at);
}

/* The same as the next, of so many bytes at most. */
static int advance_by(struct with__window *window, struct with__cursor *at,
		      size_t most, unsigned char *out, size_t room,
		      struct with__progress *progress)
{
	size_t left;
	const unsigned char *in = load(window, at->raw, &left);
	size_t size;

	if (!in)
		return -1;
	size = left < most ? left : most;
	*progress = with__codec_decode(&window->codec, &at->shift, in, size,
				       window->raw_last && size == left, out,
				       room);
	at->raw += (off_t)progress->used;
	at->offset += (off_t)progress->made;
	return 0;
}

/* Decode up to room bytes of text and move the cursor behind them. */
int with__window_advance(struct with__window *window, struct with__cursor *at,
			 unsigned char *out, size_t room,
			 struct with__progress *progress)
{
	return advance_by(window, at, SIZE_MAX, out, room, progress);
}

/* Decode what follows a window that begins and ends there. */
static int decode_on(struct with__window *window, size_t most,
		     unsigned char *out, size_t room, size_t *made)
{
	struct with__progress progress;

	add_checkpoint(window, &window->end);
	do {
		if (advance_by(window, &window->end, most, out, room,
			       &progress) < 0)
			return -1;
	} while (!progress.made && progress.used && !progress.error);
	*made = progress.made;
	window->error = progress.error;
	return 0;
}

static void open_at(struct with__window *window, struct with__cursor from)
{
	window->valid = true;
	window->begin = from;
	window->end = from;
	window->size = 0;
	window->error = 0;
}

/* Make a window that begins there; it is empty only at the end or an error. */
static int fill(struct with__window *window, struct with__cursor from)
{
	open_at(window, from);
	return decode_on(window, WITH__WINDOW_RAW / 2, window->text,
			 WITH__WINDOW, &window->size);
}

static bool in_window(const struct with__window *window, off_t offset)
{
	return window->valid && offset >= window->begin.offset &&
	       offset <= window->end.offset;
}

/* The next window, or the error that ended the last. */
int with__window_next(struct with__window *window)
{
	if (window->error) {
		errno = window->error;
		return -1;
	}
	return fill(window, window->end);
}

/*
 * As many bytes as make a little less text than there is room for, if they are
 * like the last: where the room ends, characters go one by one.
 */
static size_t fitting(const struct with__window *window, size_t room)
{
	if (room > WITH__WINDOW)
		room = WITH__WINDOW;
	if (!window->made)
		return room / 2;
	return (room - room / 16) * window->used / window->made;
}

int with__window_pass(struct with__window *window, unsigned char *out,
		      size_t room, size_t *made)
{
	size_t most = fitting(window, room);

	*made = 0;
	if (window->error) {
		errno = window->error;
		return -1;
	}
	open_at(window, window->end);
	if (decode_on(window, most, out, room, made) < 0)
		return -1;
	window->used = (size_t)(window->end.raw - window->begin.raw);
	window->made = *made;
	window->begin = window->end;
	return 0;
}

/* Have the window contain offset; EINVAL if the text ends before it. */
int with__window_reach(struct with__window *window, off_t offset,
		       const struct with__cursor *hint)
{
	if (in_window(window, offset))
		return 0;
	if (fill(window, nearest(window, offset, hint)) < 0)
		return -1;
	while (offset > window->end.offset) {
		if (with__window_next(window) < 0)
			return -1;
		if (window->size || window->error)
			continue;
		errno = EINVAL;
		return -1;
	}
	return 0;
}

/* Have the window end where the text does. */
int with__window_reach_end(struct with__window *window,
			   const struct with__cursor *hint)
{
	off_t last = window->checkpoint_count ?
			     window->checkpoints[window->checkpoint_count - 1]
				     .offset :
			     0;

	if (window->valid && window->end.offset >= last)
		last = window->end.offset;
	if (hint && hint->offset >= last)
		last = hint->offset;
	if (with__window_reach(window, last, hint) < 0)
		return -1;
	do {
		if (with__window_next(window) < 0)
			return -1;
	} while (window->size || window->error);
	return 0;
}

int with__window_count(struct with__window *window, off_t raw,
		       struct with__cursor *ret, unsigned char *scratch,
		       size_t room)
{
	struct with__cursor at = with__window_start(window);
	struct with__progress progress;

	if (window->checkpoint_count)
		at = window->checkpoints[window->checkpoint_count - 1];
	while (at.raw < raw) {
		size_t size;
		const unsigned char *in = load(window, at.raw, &size);

		if (!in)
			return -1;
		if (raw - at.raw < (off_t)size)
			size = (size_t)(raw - at.raw);
		progress = with__codec_decode(&window->codec, &at.shift, in,
					      size, false, scratch, room);
		if (!progress.used)
			break;
		at.raw += (off_t)progress.used;
		at.offset += (off_t)progress.made;
	}
	*ret = at;
	return 0;
}

void with__window_forget(struct with__window *window, off_t offset, off_t raw)
{
	window->valid = false;
	window->raw_size = 0;
	drop_checkpoints(window, offset, raw);
}
