/* SPDX-License-Identifier: MIT */
/*
 * text.c - positions in a decoded text.
 *
 * offset is the program's position. Where that is among the bytes is known in
 * one of two ways, or not at all until somebody asks:
 *
 *	placed		place is its cursor: after writing, and at the start
 *	windowed	it lies in the window, a decoded piece of the text of
 *			which the cursors before and behind are known
 *
 * Otherwise it is found by decoding from the nearest checkpoint before it.
 * stdio reaches positions that nobody told it (glibc rounds them down to
 * pages), so any offset must do, also one within a character.
 *
 * Writing makes the window and the checkpoints behind its place void, because
 * the bytes there may now mean something else. What the program has written
 * of a character that is not complete waits in the tail, which is behind
 * place; it is resolved when the rest comes, when the position is left, or at
 * the end.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/text-place.h"

/* A cursor that helps to find others. */
static const struct with__cursor *hint_of(const struct with__text *text)
{
	return text->placed ? &text->place : NULL;
}

static int reach(struct with__text *text, off_t offset)
{
	return with__window_reach(&text->window, offset, hint_of(text));
}

static int reach_end(struct with__text *text)
{
	return with__window_reach_end(&text->window, hint_of(text));
}

/*
 * Bytes that escaped the encoding may have become characters together with
 * their neighbours; only reading them tells.
 */
static int recount(struct with__text *text)
{
	struct with__cursor at;

	if (!text->guessed)
		return 0;
	if (with__window_count(&text->window, text->place.raw, &at, text->out,
			       WITH__TEXT_OUT) < 0)
		return -1;
	text->place.offset = at.offset;
	text->offset = at.offset;
	text->guessed = false;
	return 0;
}

int with__text_at_end(struct with__text *text)
{
	off_t length = text->window.bytes->ops->length(text->window.bytes);

	return length < 0 ? -1 : text->place.raw >= length;
}

/* The cursor of the position, by decoding the window up to it once more. */
static int find_place(struct with__text *text)
{
	struct with__cursor at = text->window.begin;
	struct with__progress progress;

	while (at.offset < text->offset) {
		if (with__window_advance(&text->window, &at, text->out,
			    (size_t)(text->offset - at.offset), &progress) < 0)
			return -1;
		if (!progress.used) {
			errno = EINVAL;
			return -1;
		}
	}
	text->place = at;
	/* Between \r and \n is no place: both are the one end of line. */
	if (at.shift.after_cr) {
		if (with__window_advance(&text->window, &at, text->out, 1,
					 &progress) < 0)
			return -1;
		if (!progress.made)
			text->place = at;
	}
	return 0;
}

/*
 * The end of bytes that the descriptor is not open to read: nobody can ask for
 * its position either, so it may be counted from here.
 */
static int find_end_unread(struct with__text *text)
{
	const struct with__charset_ops *ops = text->window.codec.charset->ops;
	off_t length = text->window.bytes->ops->length(text->window.bytes);

	if (length < 0)
		return -1;
	text->place = with__window_start(&text->window);
	text->place.raw = length;
	/* Not another mark. */
	if (length && ops->begin)
		(void)ops->begin(text->window.codec.charset,
				 &text->place.shift.state, text->out);
	return 0;
}

int with__text_settle(struct with__text *text)
{
	int at_end;

	if (text->append) {
		at_end = text->placed ? with__text_at_end(text) : 0;
		if (at_end)
			return at_end < 0 ? -1 : 0;
		if (recount(text) < 0)
			return -1;
		if (reach_end(text) == 0)
			text->place = text->window.end;
		else if (errno != EBADF || find_end_unread(text) < 0)
			return -1;
	} else if (!text->placed) {
		if (reach(text, text->offset) < 0)
			return -1;
		if (text->offset == text->window.end.offset)
			text->place = text->window.end;
		else if (find_place(text) < 0)
			return -1;
	}
	text->offset = text->place.offset;
	text->placed = true;
	return 0;
}

ssize_t with__text_read(struct with__text *text, void *buffer, size_t size)
{
	struct with__window *window = &text->window;
	size_t index;
	size_t left;

	if (with__text_finish(text) < 0 || recount(text) < 0 ||
	    reach(text, text->offset) < 0)
		return -1;
	if (text->offset < window->end.offset) {
		index = (size_t)(text->offset - window->begin.offset);
		left = window->size - index < size ? window->size - index : size;
		memcpy(buffer, window->text + index, left);
	} else if (size >= WITH__WINDOW_PASSED) {
		/* So much that it need not stand here first. */
		if (with__window_pass(window, buffer, size, &left) < 0)
			return -1;
	} else {
		if (with__window_next(window) < 0)
			return -1;
		left = window->size < size ? window->size : size;
		memcpy(buffer, window->text, left);
	}
	if (!left && window->error) {
		errno = window->error;
		return -1;
	}
	text->offset += (off_t)left;
	if (left)
		text->placed = false;
	return (ssize_t)left;
}

/*
 * Is this the question where the position is? glibc asks for the end in order
 * to know it where a stream appends, which leaves no tail either.
 */
static bool is_question(struct with__text *text, off_t offset, int whence)
{
	return !offset && (whence == SEEK_CUR ||
			   (whence == SEEK_END && text->tail_size &&
			    with__text_at_end(text) > 0));
}

/* The position of the end. */
static off_t find_end(struct with__text *text)
{
	int at_end = text->placed ? with__text_at_end(text) : 0;

	if (at_end < 0)
		return -1;
	if (at_end)
		return text->place.offset;
	return reach_end(text) < 0 ? -1 : text->window.end.offset;
}

off_t with__text_seek(struct with__text *text, off_t offset, int whence)
{
	off_t base = 0;

	if (recount(text) < 0)
		return -1;
	if (is_question(text, offset, whence))
		return text->offset + (off_t)text->tail_size;
	if (whence == SEEK_CUR)
		base = text->offset + (off_t)text->tail_size;
	if (with__text_finish(text) < 0 || recount(text) < 0)
		return -1;
	if (whence == SEEK_END)
		base = find_end(text);
	if (base < 0)
		return -1;
	if (offset < -base || offset > INT64_MAX - base) {
		errno = EINVAL;
		return -1;
	}
	offset += base;
	if (offset == text->offset)
		return offset;
	if (reach(text, offset) < 0)
		return -1;
	text->offset = offset;
	text->placed = false;
	return offset;
}

/*
 * A position behind the cut is taken back to it: a program that wrote there
 * would make a hole of bytes that the encoding may not have.
 */
int with__text_truncate(struct with__text *text, off_t length)
{
	if (with__text_finish(text) < 0 || recount(text) < 0 ||
	    with__text_settle(text) < 0 ||
	    text->window.bytes->ops->truncate(text->window.bytes, length) < 0)
		return -1;
	with__window_forget(&text->window, INT64_MAX, length);
	text->end = -1;
	if (text->place.raw <= length)
		return 0;
	text->placed = false;
	if (reach_end(text) < 0)
		return -1;
	text->place = text->window.end;
	text->offset = text->window.end.offset;
	text->placed = true;
	return 0;
}

off_t with__text_place(struct with__text *text)
{
	if (with__text_finish(text) < 0 || with__text_settle(text) < 0)
		return -1;
	return text->place.raw;
}

void with__text_abandon(struct with__text *text)
{
	text->tail_size = 0;
}

struct with__text *with__text_open(struct with__bytes *bytes,
				   const struct with__text_how *how)
{
	struct with__text *text = malloc(sizeof(*text));

	if (!text)
		return NULL;
	/* Not the buffers, which would be touched for nothing. */
	memset(text, 0, offsetof(struct with__text, window.text));
	if (with__codec_open(&text->window.codec, how->encoding, how->errors,
			     how->newline) < 0) {
		int saved = errno;

		free(text);
		errno = saved;
		return NULL;
	}
	text->window.bytes = bytes;
	text->append = how->append;
	text->end = -1;
	text->window.spacing = WITH__WINDOW / 2;
	text->placed = true;
	text->place = with__window_start(&text->window);
	return text;
}

int with__text_close(struct with__text *text)
{
	int result = with__text_finish(text);
	int saved = errno;

	with__codec_close(&text->window.codec);
	free(text->window.checkpoints);
	free(text);
	errno = saved;
	return result;
}
