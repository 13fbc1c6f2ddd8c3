/* SPDX-License-Identifier: MIT */
/*
 * charset.h - between code points and the bytes of an encoding, a character
 * at a time or a run of good ones at once.
 *
 * A state is what the bytes before mean for those that follow: whether the
 * byte order mark has been seen, which set an escape sequence has selected.
 * It is a small number, so it can be kept with a position and gone back to.
 *
 * Errors are told, never treated: codec.h does that.
 */
#ifndef STREAM_CHARSET_H
#define STREAM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WITH__CHARSET_LONGEST 24	/* bytes of a character, escape included */

struct with__charset {
	const struct with__charset_ops *ops;
	unsigned initial;	/* the state at the start of a file */
	unsigned unit;		/* bytes: 1, 2 for UTF-16, 4 for UTF-32 */
	bool plain;		/* \n is the byte, and the byte always \n */
};

/* What decode and encode return instead of a length. */
#define WITH__CHARSET_UNMARKED (-100)	/* the byte order mark is missing */

/* How far a run came. */
struct with__run {
	size_t used;	/* of the input */
	size_t made;	/* of the output */
	size_t worth;	/* encode: bytes of text that the output decodes to */
};

struct with__charset_ops {
	/*
	 * One character, or an escape sequence, from the start of in. Returns
	 * how many bytes it takes, with *count code points (0 to 2); 0 if more
	 * bytes are needed; -n if the first n bytes are malformed, with *state
	 * as it is behind them; or WITH__CHARSET_UNMARKED.
	 */
	int (*decode)(struct with__charset *charset, unsigned *state,
		      const unsigned char *in, size_t size, uint32_t ret[2],
		      int *count);
	/*
	 * What stands before the first character of a file, if it is still to
	 * come: returns its size. NULL where there is nothing.
	 */
	size_t (*begin)(struct with__charset *charset, unsigned *state,
			unsigned char *out);
	/*
	 * One code point into out, which has WITH__CHARSET_LONGEST bytes.
	 * Returns how many it took, with the bytes of UTF-8 that they decode
	 * to in *worth; -1 if the encoding has no such character (EILSEQ) or
	 * cannot go there from this state (EINVAL).
	 */
	int (*encode)(struct with__charset *charset, unsigned *state,
		      uint32_t point, unsigned char *out, size_t *worth);
	/*
	 * As many good characters as in and out allow, from bytes to UTF-8 and
	 * from UTF-8 to bytes. May stop anywhere before anything unusual.
	 */
	struct with__run (*decode_run)(struct with__charset *charset,
				       unsigned *state,
				       const unsigned char *in, size_t size,
				       unsigned char *out, size_t room);
	struct with__run (*encode_run)(struct with__charset *charset,
				       unsigned *state,
				       const unsigned char *in, size_t size,
				       unsigned char *out, size_t room);
	/*
	 * How many bytes at the start of a text are written as they stand,
	 * and whole characters; may be any fewer. NULL where none are.
	 */
	size_t (*same)(const struct with__charset *charset, unsigned state,
		       const unsigned char *in, size_t size);
	/* Does what a byte means depend on escapes somewhere before it? */
	bool (*stateful)(const struct with__charset *charset);
	void (*close)(struct with__charset *charset);
};

/*
 * with__charset_open - the encoding of this name
 *
 * Names are Python's or iconv's, in any case, with - _ or space between the
 * words. Returns NULL with EINVAL if there is none, or ENOMEM, EMFILE, ENFILE.
 */
struct with__charset *with__charset_open(const char *name);

/* The two kinds behind it. */
struct with__charset *with__unicode_open(const char *name);
struct with__charset *with__table_open(const char *name);

#endif /* STREAM_CHARSET_H */
