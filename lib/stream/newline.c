/* SPDX-License-Identifier: MIT */
/* newline.c - ends of lines. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "stream/newline.h"

int with__newline_parse(const char *newline, struct with__newline *ret)
{
	*ret = (struct with__newline) { .universal = !newline };
	if (!newline || !*newline || !strcmp(newline, "\n"))
		return 0;
	if (strcmp(newline, "\r") && strcmp(newline, "\r\n")) {
		errno = EINVAL;
		return -1;
	}
	ret->ending = newline[1] ? "\r\n" : "\r";
	return 0;
}

/* Both functions below: where there is no target, only the size is found. */
static size_t walk(char *target, const char *text, size_t size,
		   bool *after_cr)
{
	const char *end = text + size;
	size_t made = 0;

	if (size && *after_cr && *text == '\n')
		text++;
	if (size)
		*after_cr = false;
	while (text < end) {
		const char *cr = memchr(text, '\r', (size_t)(end - text));
		size_t length = (size_t)((cr ? cr : end) - text);

		if (target && target + made != text)
			memmove(target + made, text, length);
		made += length;
		if (!cr)
			break;
		if (target)
			target[made] = '\n';
		made++;
		text = cr + 1;
		if (text == end)
			*after_cr = true;
		else if (*text == '\n')
			text++;
	}
	return made;
}

size_t with__newline_translate(char *text, size_t size, bool *after_cr)
{
	return walk(text, text, size, after_cr);
}

size_t with__newline_count(const char *text, size_t size, bool *after_cr)
{
	return walk(NULL, text, size, after_cr);
}
