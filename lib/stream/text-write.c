/* SPDX-License-Identifier: MIT */
/*
 * text-write.c - what a program writes, encoded at its place.
 *
 * Where that is, and what waits in the tail, stands in text.c.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "stream/text-place.h"

/*
 * Not half a character where there was nothing: take away what was stored,
 * unless it has not become the end, or is not any more.
 */
static void take_back(struct with__text *text, size_t stored, bool at_end)
{
	struct with__bytes *bytes = text->window.bytes;
	off_t raw = text->place.raw;
	int saved = errno;

	if (at_end && bytes->ops->length(bytes) == raw + (off_t)stored)
		(void)bytes->ops->truncate(bytes, raw);
	errno = saved;
}

/* Encode, write, and move place; *used says how far it came. */
static int put(struct with__text *text, const unsigned char *in, size_t size,
	       bool last, bool at_end, size_t *used)
{
	struct with__shift shift = text->place.shift;
	struct with__progress progress = with__codec_pass(
		&text->window.codec, &shift, in, size);
	const unsigned char *out = in;
	size_t stored;
	int error;

	*used = 0;
	if (!progress.used) {
		progress = with__codec_encode(&text->window.codec, &shift, in,
					      size, last, text->out,
					      WITH__TEXT_OUT);
		out = text->out;
	}
	stored = text->window.bytes->ops->write(
		text->window.bytes, out, progress.made, text->place.raw);
	if (stored < progress.made) {
		take_back(text, stored, at_end);
		return -1;
	}
	*used = progress.used;
	text->place.shift = shift;
	text->place.raw += (off_t)progress.made;
	if (at_end)
		text->end = text->place.raw;
	text->place.offset += (off_t)progress.worth;
	text->offset = text->place.offset;
	text->guessed |= progress.raw;
	error = progress.error;
	if (!error) {
		error = text->window.bytes->late_error;
		text->window.bytes->late_error = 0;
	}
	if (error)
		errno = error;
	return error ? -1 : 0;
}

/* The bytes from place on are about to change. */
static void begin_change(struct with__text *text)
{
	with__window_forget(&text->window, text->place.offset,
			    text->place.raw);
}

int with__text_finish(struct with__text *text)
{
	size_t size = text->tail_size;
	size_t used;
	int at_end;

	if (!size)
		return 0;
	text->tail_size = 0;
	at_end = with__text_at_end(text);
	if (at_end < 0)
		return -1;
	begin_change(text);
	return put(text, text->tail, size, true, at_end, &used);
}

/* Bytes that may complete the tail. Returns how many of them are used up. */
static int put_tail(struct with__text *text, const unsigned char *in,
		    size_t size, bool at_end, size_t *used)
{
	unsigned char joined[8];
	size_t tail = text->tail_size;
	size_t more = size < 3 ? size : 3;

	memcpy(joined, text->tail, tail);
	memcpy(joined + tail, in, more);
	text->tail_size = 0;
	if (put(text, joined, tail + more, false, at_end, used) < 0) {
		*used = *used > tail ? *used - tail : 0;
		return -1;
	}
	if (*used) {
		*used -= tail;
		return 0;
	}
	/* Still not complete, so there were not more than these. */
	memcpy(text->tail, joined, tail + more);
	text->tail_size = tail + more;
	*used = more;
	return 0;
}

static int put_block(struct with__text *text, const unsigned char *in,
		     size_t size, bool at_end, size_t *used)
{
	if (text->tail_size)
		return put_tail(text, in, size, at_end, used);
	if (put(text, in, size < WITH__TEXT_OUT ? size : WITH__TEXT_OUT, false,
		at_end, used) < 0)
		return -1;
	if (!*used) {
		memcpy(text->tail, in, size);
		text->tail_size = size;
		*used = size;
	}
	return 0;
}

/*
 * Behind a write of ours that became the end, the next is at the end as well,
 * or a stranger has put something there: take_back() sees that, and in a text
 * in which bytes change the meaning of others it is asked for each time.
 */
static int begins_at_end(struct with__text *text, bool stateful)
{
	return text->end == text->place.raw && !stateful ? 1 :
		with__text_at_end(text);
}

size_t with__text_write(struct with__text *text, const void *buffer,
			size_t size)
{
	struct with__charset *charset = text->window.codec.charset;
	bool stateful = charset->ops->stateful(charset);
	const unsigned char *in = buffer;
	size_t done = 0;
	int at_end;

	if (with__text_settle(text) < 0)
		return 0;
	at_end = begins_at_end(text, stateful);
	if (at_end < 0)
		return 0;
	if (!at_end && stateful) {
		errno = EINVAL;
		return 0;
	}
	begin_change(text);
	while (done < size) {
		size_t used;
		int result = put_block(text, in + done, size - done, at_end,
				       &used);

		done += used;
		if (result < 0) {
			/* All taken, but there is something to report. */
			return done < size ? done : size - 1;
		}
	}
	return done;
}
