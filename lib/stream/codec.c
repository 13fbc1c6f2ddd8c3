/* SPDX-License-Identifier: MIT */
/*
 * codec.c - the loops between text and bytes, around the error handlers.
 *
 * Both loops let the charset run over what is good and look at one character
 * by themselves where it stops. What cannot be delivered whole is not begun:
 * state and progress then stay as they were before it.
 *
 * A program's own text can be malformed too. It is then treated as Python
 * would, had it read these bytes with the same handler: read by the handler,
 * and what that gives is written by the handler.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "stream/codec.h"
#include "stream/handler.h"
#include "stream/utf8.h"

enum { LINES = 2048 };	/* bytes in which ends of lines are put at once */

int with__codec_open(struct with__codec *codec, const char *encoding,
		     const char *errors, const char *newline)
{
	codec->handler = with__handler_find(errors ? errors : "strict");
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
	uint32_t points[WITH__HANDLER_POINTS];
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

		if (range > WITH__HANDLER_RANGE)
			range = WITH__HANDLER_RANGE;
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
	unsigned char bytes[WITH__HANDLER_POINTS * WITH__CHARSET_LONGEST];
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
	char text[WITH__HANDLER_POINTS];
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
	uint32_t points[WITH__HANDLER_POINTS];
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
static bool encode_ending(const struct with__codec *codec, unsigned *state,
			  struct with__progress *progress, unsigned char *out,
			  size_t room)
{
	unsigned next = *state;
	size_t made = progress->made;
	size_t worth = 0;

	for (const char *letter = codec->newline.ending; *letter; letter++) {
		size_t more = 0;
		int length;

		if (room - made < WITH__CHARSET_LONGEST)
			return false;
		length = codec->charset->ops->encode(
			codec->charset, &next, (unsigned char)*letter,
			out + made, &more);
		if (length < 0) {
			progress->error = errno;
			return false;
		}
		made += (size_t)length;
		worth += more;
	}
	progress->used++;
	progress->made = made;
	progress->worth += worth;
	*state = next;
	return true;
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

	in += progress->used;
	if (*in == '\n' && codec->newline.ending)
		return encode_ending(codec, state, progress, out, room);
	/* The bytes of it are not cleared, which would cost more than all else. */
	piece.size = 0;
	piece.worth = 0;
	piece.raw = false;
	result = piece_next(codec, &next, in, size - progress->used, last,
			    &piece, &used);
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

/* Copy bytes with something else for each \n; returns how many there are. */
static size_t copy_lines(const char *ending, const unsigned char *in,
			 size_t size, unsigned char *out)
{
	const unsigned char *end = in + size;
	unsigned char *to = out;

	for (;;) {
		const unsigned char *line = memchr(in, '\n', (size_t)(end - in));
		size_t length = (size_t)((line ? line : end) - in);

		memcpy(to, in, length);
		to += length;
		if (!line)
			return (size_t)(to - out);
		for (const char *letter = ending; *letter; letter++)
			*to++ = (unsigned char)*letter;
		in = line + 1;
	}
}

/*
 * A run that goes on behind ends of lines that are to be written differently:
 * some of it, as it would be otherwise, and then with them. Where it cannot,
 * it goes to the next \n.
 */
static struct with__run encode_run(const struct with__codec *codec,
					 unsigned *state,
					 const unsigned char *in, size_t size,
					 unsigned char *out, size_t room)
{
	const struct with__charset_ops *ops = codec->charset->ops;
	unsigned char lines[LINES];
	struct with__run run;

	if (!codec->newline.ending)
		return ops->encode_run(codec->charset, state, in, size, out,
				       room);
	if (!codec->charset->plain || room < 2 * LINES) {
		const unsigned char *line = memchr(in, '\n', size);

		return ops->encode_run(codec->charset, state, in,
				       line ? (size_t)(line - in) : size,
				       out, room);
	}
	run = ops->encode_run(codec->charset, state, in,
			      size < LINES ? size : LINES, lines, LINES);
	room = copy_lines(codec->newline.ending, lines, run.made, out);
	run.worth += room - run.made;
	run.made = room;
	return run;
}

/* What is read of \r\n is one character. */
static void discount_endings(const struct with__codec *codec,
			     struct with__shift *shift,
			     const unsigned char *in,
			     struct with__progress *progress)
{
	if (codec->newline.universal)
		progress->worth -= with__newline_pairs(
			(const char *)in, progress->used, &shift->after_cr);
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
		struct with__run run = encode_run(
			codec, &shift->state, in + progress.used,
			size - progress.used, out + progress.made,
			room - progress.made);

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
	discount_endings(codec, shift, in, &progress);
	return progress;
}

struct with__progress with__codec_pass(const struct with__codec *codec,
				       struct with__shift *shift,
				       const unsigned char *in, size_t size)
{
	const struct with__charset_ops *ops = codec->charset->ops;
	struct with__progress progress = { 0 };
	size_t same;

	if (!ops->same || codec->newline.ending)
		return progress;
	same = ops->same(codec->charset, shift->state, in, size);
	if (same < size / 2)
		return progress;
	progress.used = progress.made = progress.worth = same;
	discount_endings(codec, shift, in, &progress);
	return progress;
}
