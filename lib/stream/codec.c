/* SPDX-License-Identifier: MIT */
/*
 * codec.c - the error handlers, and the loops around them.
 *
 * Both loops let the charset run over what is good and look at one character
 * by themselves where it stops. What cannot be delivered whole is not begun:
 * state and progress then stay as they were before it.
 *
 * A program's own text can be malformed too. It is then treated as Python
 * would, had it read these bytes with the same handler: read by the handler,
 * and what that gives is written by the handler.
 *
 * The handlers and the loops that call them are one thing, which is a little
 * longer than 400 lines.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stream/codec.h"
#include "stream/utf8.h"

enum {
	RANGE = 8,		/* bytes of one error, at most */
	POINTS = RANGE * 4,	/* code points that stand for them */
};

struct with__handler {
	const char *name;
	/*
	 * What stands for size malformed bytes: returns how many of them are
	 * done with, and *count code points; 0 if the error stands.
	 */
	size_t (*read)(const unsigned char *in, size_t size,
		       uint32_t points[POINTS], size_t *count);
	/*
	 * What stands for a character that the encoding does not have: ASCII
	 * in text, and its length; -1 if the error stands.
	 */
	int (*write)(uint32_t point, char text[POINTS]);
	bool escapes;		/* U+DC80 to U+DCFF are written as bytes */
};

static size_t read_strict(const unsigned char *in, size_t size,
			  uint32_t points[POINTS], size_t *count)
{
	(void)in;
	(void)size;
	(void)points;
	(void)count;
	return 0;
}

static size_t read_ignore(const unsigned char *in, size_t size,
			  uint32_t points[POINTS], size_t *count)
{
	(void)in;
	(void)points;
	*count = 0;
	return size;
}

static size_t read_replace(const unsigned char *in, size_t size,
			   uint32_t points[POINTS], size_t *count)
{
	(void)in;
	points[0] = 0xfffd;
	*count = 1;
	return size;
}

static size_t read_backslash(const unsigned char *in, size_t size,
			     uint32_t points[POINTS], size_t *count)
{
	static const char digits[] = "0123456789abcdef";

	*count = 0;
	for (size_t i = 0; i < size; i++) {
		points[(*count)++] = '\\';
		points[(*count)++] = 'x';
		points[(*count)++] = (unsigned char)digits[in[i] >> 4];
		points[(*count)++] = (unsigned char)digits[in[i] & 15];
	}
	return size;
}

static size_t read_escape(const unsigned char *in, size_t size,
			  uint32_t points[POINTS], size_t *count)
{
	/* ASCII is not hidden; from the first such byte reading goes on. */
	*count = 0;
	while (*count < size && *count < 4 && in[*count] >= 0x80) {
		points[*count] = 0xdc00u + in[*count];
		(*count)++;
	}
	return *count;
}

static int write_strict(uint32_t point, char text[POINTS])
{
	(void)point;
	(void)text;
	return -1;
}

static int write_ignore(uint32_t point, char text[POINTS])
{
	(void)point;
	(void)text;
	return 0;
}

static int write_replace(uint32_t point, char text[POINTS])
{
	(void)point;
	text[0] = '?';
	return 1;
}

static int write_backslash(uint32_t point, char text[POINTS])
{
	const char *format = point < 0x100 ? "\\x%02x" :
		point < 0x10000 ? "\\u%04x" : "\\U%08x";

	return snprintf(text, POINTS, format, (unsigned)point);
}

static int write_reference(uint32_t point, char text[POINTS])
{
	return snprintf(text, POINTS, "&#%u;", (unsigned)point);
}

static const struct with__handler handlers[] = {
	{ "strict", read_strict, write_strict, false },
	{ "ignore", read_ignore, write_ignore, false },
	{ "replace", read_replace, write_replace, false },
	{ "backslashreplace", read_backslash, write_backslash, false },
	{ "xmlcharrefreplace", read_strict, write_reference, false },
	{ "surrogateescape", read_escape, write_strict, true },
};

int with__codec_open(struct with__codec *codec, const char *encoding,
		     const char *errors, const char *newline)
{
	*codec = (struct with__codec) { .handler = NULL };
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		if (!strcmp(errors ? errors : "strict", handlers[i].name))
			codec->handler = &handlers[i];
	}
	if (!codec->handler) {
		errno = EINVAL;
		return -1;
	}
	if (with__newline_parse(newline, &codec->newline) < 0)
		return -1;
	codec->charset = with__charset_open(encoding ? encoding : "utf-8");
	return codec->charset ? 0 : -1;
}

void with__codec_close(struct with__codec *codec)
{
	codec->charset->ops->close(codec->charset);
}

struct with__shift with__codec_start(const struct with__codec *codec)
{
	return (struct with__shift) { .state = codec->charset->initial };
}

/* Deliver these code points whole; false if there is no room. */
static bool put_points(const uint32_t *points, size_t count,
		       struct with__progress *progress, unsigned char *out,
		       size_t room)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += with__utf8_length(points[i]);
	if (length > room - progress->made)
		return false;
	for (size_t i = 0; i < count; i++)
		progress->made += with__utf8_put(points[i],
						 out + progress->made);
	return true;
}

/* One character with care. Returns false where decoding must stop. */
static bool decode_one(const struct with__codec *codec, unsigned *state,
		       const unsigned char *in, size_t size, bool last,
		       struct with__progress *progress, unsigned char *out,
		       size_t room)
{
	uint32_t points[POINTS];
	unsigned next = *state;
	size_t left = size - progress->used;
	size_t count = 0;
	size_t used;
	int few = 0;
	int length;

	in += progress->used;
	length = codec->charset->ops->decode(codec->charset, &next, in, left,
					     points, &few);
	if (length == 0 && !last)
		return false;
	if (length > 0) {
		used = (size_t)length;
		count = (size_t)few;
	} else {
		/* Incomplete at the end: all that is left is one error. */
		size_t range = length < 0 ? (size_t)-length : left;

		if (range > RANGE)
			range = RANGE;
		used = length == WITH__CHARSET_UNMARKED ? 0 :
			codec->handler->read(in, range, points, &count);
		if (!used) {
			progress->error = EILSEQ;
			return false;
		}
	}
	if (!put_points(points, count, progress, out, room))
		return false;
	progress->used += used;
	*state = next;
	return true;
}

struct with__progress with__codec_decode(const struct with__codec *codec,
					 struct with__shift *shift,
					 const unsigned char *in, size_t size,
					 bool last, unsigned char *out,
					 size_t room)
{
	const struct with__charset_ops *ops = codec->charset->ops;
	struct with__progress progress = { 0 };

	for (;;) {
		struct with__run run = ops->decode_run(
			codec->charset, &shift->state, in + progress.used,
			size - progress.used, out + progress.made,
			room - progress.made);

		progress.used += run.used;
		progress.made += run.made;
		if (progress.used == size ||
		    !decode_one(codec, &shift->state, in, size, last,
				&progress, out, room))
			break;
	}
	if (codec->newline.universal)
		progress.made = with__newline_translate(
			(char *)out, progress.made, &shift->after_cr);
	progress.worth = progress.made;
	return progress;
}

/* Where one character, or what stands for it, is put together. */
struct piece {
	unsigned char bytes[POINTS * WITH__CHARSET_LONGEST];
	size_t size;
	size_t worth;
	bool raw;
};

static int piece_add(const struct with__codec *codec, unsigned *state,
		     uint32_t point, struct piece *piece)
{
	size_t worth = 0;
	int length = codec->charset->ops->encode(codec->charset, state, point,
						 piece->bytes + piece->size,
						 &worth);

	if (length < 0)
		return -1;
	piece->size += (size_t)length;
	piece->worth += worth;
	return 0;
}

/* One code point, by the handler if the encoding does not have it. */
static int piece_put(const struct with__codec *codec, unsigned *state,
		     uint32_t point, struct piece *piece)
{
	char text[POINTS];
	int length;

	if (piece_add(codec, state, point, piece) == 0)
		return 0;
	if (errno != EILSEQ)
		return -1;
	if (codec->handler->escapes && codec->charset->unit == 1 &&
	    point >= 0xdc80 && point <= 0xdcff) {
		piece->bytes[piece->size++] = (unsigned char)(point - 0xdc00);
		piece->worth += 3;
		piece->raw = true;
		return 0;
	}
	length = codec->handler->write(point, text);
	for (int i = 0; i < length; i++) {
		if (piece_add(codec, state, (unsigned char)text[i], piece) < 0)
			return -1;
	}
	errno = EILSEQ;
	return length < 0 ? -1 : 0;
}

/* The next character of the text; used is 0 if it is not complete. */
static int piece_next(const struct with__codec *codec, unsigned *state,
		      const unsigned char *in, size_t size, bool last,
		      struct piece *piece, size_t *used)
{
	uint32_t points[POINTS];
	size_t count = 1;
	int length = with__utf8_get(in, size, true, points);

	*used = 0;
	if (length == 0 && !last)
		return 0;
	if (length > 0) {
		*used = (size_t)length;
	} else {
		*used = codec->handler->read(
			in, length < 0 ? (size_t)-length : size, points,
			&count);
		errno = EILSEQ;
		if (!*used)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (piece_put(codec, state, points[i], piece) < 0)
			return -1;
	}
	return 0;
}

/* A \n where something else is to be written. */
static int piece_ending(const struct with__codec *codec, unsigned *state,
			struct piece *piece, size_t *used)
{
	*used = 1;
	for (const char *letter = codec->newline.ending; *letter; letter++) {
		if (piece_add(codec, state, (unsigned char)*letter, piece) < 0)
			return -1;
	}
	return 0;
}

/* One character with care. Returns false where encoding must stop. */
static bool encode_one(const struct with__codec *codec, unsigned *state,
		       const unsigned char *in, size_t size, bool last,
		       struct with__progress *progress, unsigned char *out,
		       size_t room)
{
	struct piece piece;
	unsigned next = *state;
	size_t used;
	int result;

	/* The bytes of it are not cleared, which would cost more than all else. */
	piece.size = 0;
	piece.worth = 0;
	piece.raw = false;
	in += progress->used;
	if (*in == '\n' && codec->newline.ending)
		result = piece_ending(codec, &next, &piece, &used);
	else
		result = piece_next(codec, &next, in, size - progress->used,
				    last, &piece, &used);
	if (result < 0)
		progress->error = errno;
	if (result < 0 || !used || piece.size > room - progress->made)
		return false;
	memcpy(out + progress->made, piece.bytes, piece.size);
	progress->used += used;
	progress->made += piece.size;
	progress->worth += piece.worth;
	progress->raw |= piece.raw;
	*state = next;
	return true;
}

/* How much may go by before a \n that is to be written differently. */
static size_t to_ending(const struct with__codec *codec,
			const unsigned char *in, size_t size)
{
	const unsigned char *ending = codec->newline.ending ?
		memchr(in, '\n', size) : NULL;

	return ending ? (size_t)(ending - in) : size;
}

struct with__progress with__codec_encode(const struct with__codec *codec,
					 struct with__shift *shift,
					 const unsigned char *in, size_t size,
					 bool last, unsigned char *out,
					 size_t room)
{
	const struct with__charset_ops *ops = codec->charset->ops;
	struct with__progress progress = { 0 };
	unsigned before = shift->state;

	if (ops->begin)
		progress.made = ops->begin(codec->charset, &shift->state, out);
	while (progress.used < size) {
		struct with__run run = ops->encode_run(
			codec->charset, &shift->state, in + progress.used,
			to_ending(codec, in + progress.used,
				  size - progress.used),
			out + progress.made, room - progress.made);

		progress.used += run.used;
		progress.made += run.made;
		progress.worth += run.worth;
		if (progress.used == size ||
		    !encode_one(codec, &shift->state, in, size, last,
				&progress, out, room))
			break;
	}
	/* Nothing, not even a mark, where the first character fails. */
	if (progress.error && !progress.used) {
		progress.made = 0;
		shift->state = before;
	}
	if (codec->newline.universal)
		progress.worth -= progress.used - with__newline_count(
			(const char *)in, progress.used, &shift->after_cr);
	return progress;
}
