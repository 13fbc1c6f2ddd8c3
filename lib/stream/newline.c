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

size_t with__newline_translate(char *text, size_t size, bool *after_cr)
{
	const char *end = text + size;
	const char *from = text;
	size_t made = 0;

	if (size && *after_cr && *from == '\n')
		from++;
	if (size)
		*after_cr = false;
	while (from < end) {
		const char *cr = memchr(from, '\r', (size_t)(end - from));
		size_t length = (size_t)((cr ? cr : end) - from);

		if (text + made != from)
			memmove(text + made, from, length);
		made += length;
		if (!cr)
			break;
		text[made++] = '\n';
		from = cr + 1;
		if (from == end)
			*after_cr = true;
		else if (*from == '\n')
			from++;
	}
	return made;
}

typedef unsigned char vector __attribute__((vector_size(16)));

/* More than so many might be too many for a lane. */
enum { LANES = sizeof(vector), MOST = 255 };

/* How many \r of the first so many vectors have a \n behind them. */
static size_t count_pairs(const char *text, size_t vectors)
{
	vector sums = { 0 };
	vector first, second;
	size_t total = 0;

	for (size_t i = 0; i < vectors; i++) {
		memcpy(&first, text + i * LANES, LANES);
		memcpy(&second, text + i * LANES + 1, LANES);
		sums -= (vector)(first == '\r') & (vector)(second == '\n');
	}
	for (size_t i = 0; i < LANES; i++)
		total += sums[i];
	return total;
}

size_t with__newline_pairs(const char *text, size_t size, bool *after_cr)
{
	size_t pairs = size && *after_cr && *text == '\n';
	const char *first = size ? memchr(text, '\r', size) : NULL;
	size_t at = first ? (size_t)(first - text) : size;

	if (size)
		*after_cr = text[size - 1] == '\r';
	/* One more byte than its vectors is looked at. */
	while (size - at > LANES) {
		size_t vectors = (size - at - 1) / LANES;

		if (vectors > MOST)
			vectors = MOST;
		pairs += count_pairs(text + at, vectors);
		at += vectors * LANES;
	}
	for (; at + 1 < size; at++)
		pairs += text[at] == '\r' && text[at + 1] == '\n';
	return pairs;
}
