/* SPDX-License-Identifier: MIT */
/* mode.c - parse a mode string; nothing but the string is looked at. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "stream/mode.h"

static const char letters[] = "+btex";

/* The letters after the first, as a set of bits in the order above. */
static int parse_letters(const char *text, unsigned *ret)
{
	unsigned seen = 0;

	for (; *text; text++) {
		const char *letter = strchr(letters, *text);
		unsigned bit;

		if (!letter)
			return -1;
		bit = 1u << (letter - letters);
		if (seen & bit)
			return -1;
		seen |= bit;
	}
	*ret = seen;
	return 0;
}

static bool has(unsigned seen, char letter)
{
	return seen >> (strchr(letters, letter) - letters) & 1;
}

static const char *canonical(char first, bool append, bool update)
{
	if (append)
		return update ? "a+" : "a";
	if (first == 'r')
		return update ? "r+" : "r";
	return update ? "w+" : "w";
}

int with__mode_parse(const char *mode, bool append, struct with__mode *ret)
{
	static const struct with__mode usual = {
		.readable = true,
		.writable = true,
		.canonical = "w+",
	};
	unsigned seen;
	char first;

	if (!mode && !append) {
		*ret = usual;
		return 0;
	}
	if (!mode)
		mode = "w+";
	first = mode[0];
	if ((first != 'r' && first != 'w' && first != 'a') ||
	    parse_letters(mode + 1, &seen) < 0 ||
	    (has(seen, 'b') && has(seen, 't')) ||
	    (has(seen, 'x') && first != 'w')) {
		errno = EINVAL;
		return -1;
	}
	append = first == 'a' ||
		(append && (first == 'w' || has(seen, '+')));
	*ret = (struct with__mode) {
		.readable = first == 'r' || has(seen, '+'),
		.writable = first != 'r' || has(seen, '+'),
		.append = append,
		.bytes = has(seen, 'b'),
		.text = has(seen, 't'),
		.exclusive = has(seen, 'x'),
		.canonical = canonical(first, append, has(seen, '+')),
	};
	return 0;
}
