/* SPDX-License-Identifier: MIT */
/*
 * codec.h - text in, bytes out, and back: an encoding with an error handler
 * and a rule for ends of lines.
 *
 * The handlers are Python's:
 *
 *	strict			the error is EILSEQ
 *	ignore			what is bad is left out
 *	replace			U+FFFD when reading, ? when writing
 *	backslashreplace	\xNN, \uNNNN, \UNNNNNNNN
 *	xmlcharrefreplace	&#N; (writing only)
 *	surrogateescape		a bad byte becomes U+DC80 to U+DCFF, in the
 *				three bytes that UTF-8 would have for it, and
 *				such a character becomes that byte again
 */
#ifndef STREAM_CODEC_H
#define STREAM_CODEC_H

#include "stream/charset.h"
#include "stream/newline.h"

struct with__handler;

struct with__codec {
	struct with__charset *charset;
	const struct with__handler *handler;
	struct with__newline newline;
};

/* What a place in the bytes means for what follows it. */
struct with__shift {
	unsigned state;		/* the charset's */
	bool after_cr;		/* newline.h */
};

/* How far a conversion came, and whether it stopped at an error. */
struct with__progress {
	size_t used;
	size_t made;
	size_t worth;		/* encode: what the output decodes to */
	int error;		/* 0; EILSEQ, ENOMEM, EINVAL: at used */
	bool raw;		/* encode: bytes outside the encoding were
				   written, so worth is a guess */
};

/*
 * with__codec_open - NULL for encoding, errors: "utf-8", "strict"
 *
 * Returns 0, or -1 with EINVAL, ENOMEM, EMFILE or ENFILE.
 */
int with__codec_open(struct with__codec *codec, const char *encoding,
		     const char *errors, const char *newline);
void with__codec_close(struct with__codec *codec);

/* At the start of a file. */
struct with__shift with__codec_start(const struct with__codec *codec);

/* With fewer bytes of room than this, encoding may not be able to go on. */
#define WITH__CODEC_ROOM 1024

/*
 * with__codec_decode - bytes to text
 *
 * Never makes more than room, nor part of a character. Unless it is last, an
 * incomplete end is left unused for the next time.
 */
struct with__progress with__codec_decode(const struct with__codec *codec,
					 struct with__shift *shift,
					 const unsigned char *in, size_t size,
					 bool last, unsigned char *out,
					 size_t room);

/* The same the other way; size > 0 and room >= WITH__CODEC_ROOM. */
struct with__progress with__codec_encode(const struct with__codec *codec,
					 struct with__shift *shift,
					 const unsigned char *in, size_t size,
					 bool last, unsigned char *out,
					 size_t room);

/*
 * with__codec_pass - the same without an output, where it would be the input
 *
 * Returns how far this holds; used is 0 if that is not worth a write of its
 * own, and nothing has changed then.
 */
struct with__progress with__codec_pass(const struct with__codec *codec,
				       struct with__shift *shift,
				       const unsigned char *in, size_t size);

#endif /* STREAM_CODEC_H */
