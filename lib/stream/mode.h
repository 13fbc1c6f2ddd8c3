/* SPDX-License-Identifier: MIT */
/*
 * mode.h - what an fopen-like mode means for a file that is new.
 *
 * A mode is one of r, w and a, followed by any of these, each at most once
 * and in any order:
 *
 *	+	read and write
 *	b	bytes; says nothing, but excludes t
 *	t	text: UTF-8 and universal newlines, unless options say otherwise
 *	e	close-on-exec; says nothing, since that is the default
 *	x	with w only: the file must be new, which it always is
 */
#ifndef STREAM_MODE_H
#define STREAM_MODE_H

#include <stdbool.h>

struct with__mode {
	bool readable;
	bool writable;
	bool append;
	bool bytes;		/* b was given */
	bool text;		/* t was given */
	bool exclusive;
	const char *canonical;	/* for fdopen(): a static string */
};

/*
 * with__mode_parse - read a mode; NULL means "w+"
 *
 * append is the option of that name: writing goes to the end although the
 * mode does not begin with a. It has no meaning for a mode that cannot write.
 *
 * Returns 0, or -1 with EINVAL and *ret untouched.
 */
int with__mode_parse(const char *mode, bool append, struct with__mode *ret);

#endif /* STREAM_MODE_H */
