/* SPDX-License-Identifier: MIT */
/*
 * extsort-lines.c - read lines into the block of memory, sort them there
 *
 * The block, from its beginning: text; a gap; room for the sort, half as many
 * records as there are lines; the records, one a line. Text and records grow
 * towards each other:
 *
 *	|<- used ->|          |               |<- count records ->|
 *	|<---- filled ---->|  |<- count/2 ->  |                   |
 *
 * Text beyond used is not looked at yet, or the beginning of a line whose end
 * is still to be read; it moves to the front for the next run.
 */
#include <string.h>

#include "extsort.h"

/* The first 8 bytes as a number that compares as memcmp() does. */
uint64_t line_key(const char *text, size_t length)
{
	uint64_t key = 0;

	for (size_t i = 0; i < 8; i++)
		key = key << 8 | (i < length ? (unsigned char)text[i] : 0);
	return key;
}

static int compare(const char *block, const struct line *a,
		   const struct line *b)
{
	size_t common = a->length < b->length ? a->length : b->length;
	int order = 0;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (common > 8)
		order = memcmp(block + a->start + 8, block + b->start + 8,
			       common - 8);
	if (order)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}

static void insertion_sort(const char *block, struct line *line, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct line moving = line[i];
		size_t hole = i;

		while (hole && compare(block, &line[hole - 1], &moving) > 0) {
			line[hole] = line[hole - 1];
			hole--;
		}
		line[hole] = moving;
	}
}

/* Merge sort; spare has room for count / 2 records. */
static void sort(const char *block, struct line *line, size_t count,
		 struct line *spare)
{
	size_t half = count / 2, left = 0, right = half, out = 0;

	if (count <= 12) {
		insertion_sort(block, line, count);
		return;
	}
	sort(block, line, half, spare);
	sort(block, line + half, count - half, spare);
	if (compare(block, &line[half - 1], &line[half]) <= 0)
		return;
	memcpy(spare, line, half * sizeof(*line));
	while (left < half && right < count)
		line[out++] = compare(block, &spare[left], &line[right]) <= 0 ?
				      spare[left++] : line[right++];
	memcpy(line + out, spare + left, (half - left) * sizeof(*line));
}

void lines_sort(struct lines *lines)
{
	sort(lines->sorter->block, lines->first, lines->count,
	     lines->first - lines->count / 2);
}

/* How much text fits yet, with one more record and its share of the spare. */
static size_t gap(const struct lines *lines)
{
	size_t records = (lines->count + lines->count / 2 + 2) *
			 sizeof(struct line);
	size_t taken = lines->filled + records;

	if (taken >= lines->sorter->budget)
		return 0;
	return lines->sorter->budget - taken;
}

/* Makes records of the text that is there. 0: they have no room any more. */
static int split(struct lines *lines)
{
	char *block = lines->sorter->block;

	while (gap(lines)) {
		char *text = block + lines->used;
		char *end = memchr(text, '\n', lines->filled - lines->used);
		size_t length = (size_t)(end - text);

		if (!end)
			return 1;
		*--lines->first = (struct line){
			.key = line_key(text, length),
			.start = (uint32_t)lines->used,
			.length = (uint32_t)length,
		};
		lines->count++;
		lines->used += length + 1;
	}
	return 0;
}

/* Reads what fits, at most 64 KiB. */
static int read_some(struct lines *lines, size_t room)
{
	size_t size = room < 65536 ? room : 65536;
	ssize_t got = read(lines->input, lines->sorter->block + lines->filled,
			   size);

	if (got < 0)
		return fail("input");
	lines->filled += (size_t)got;
	lines->at_end = got == 0;
	progress("reading", (size_t)got);
	return 0;
}

/*
 * Fills the block. 0: the input is at its end. 1: there are lines to be
 * sorted. 2: the block is full with the beginning of one line.
 */
int lines_read(struct lines *lines)
{
	char *block = lines->sorter->block;

	lines->filled -= lines->used;
	memmove(block, block + lines->used, lines->filled);
	lines->used = lines->count = 0;
	lines->first = (struct line *)(void *)(block + lines->sorter->budget);

	/* A quarter, since what is read needs records too. */
	while (split(lines) && gap(lines) > 1024) {
		if (!lines->at_end && read_some(lines, gap(lines) / 4))
			return -1;
		if (!lines->at_end)
			continue;
		if (lines->used == lines->filled)
			break;
		block[lines->filled++] = '\n';	/* it had none */
	}
	if (lines->count)
		return 1;
	return lines->filled ? 2 : 0;
}

int lines_write(const struct lines *lines, FILE *out)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->first[i];
		const char *text = lines->sorter->block + line->start;

		if (fwrite(text, 1, line->length + 1, out) != line->length + 1)
			return fail("run");
	}
	return 0;
}

/* Passes one line through that is longer than the block: it is a run alone. */
int lines_copy_long(struct lines *lines, FILE *out)
{
	char *block = lines->sorter->block, *end = NULL;

	while (!end) {
		end = memchr(block, '\n', lines->filled);
		lines->used = end ? (size_t)(end - block) + 1 : lines->filled;
		if (fwrite(block, 1, lines->used, out) != lines->used)
			return fail("run");
		if (end)
			break;
		lines->used = lines->filled = 0;
		if (read_some(lines, lines->sorter->budget))
			return -1;
		if (lines->at_end)
			block[lines->filled++] = '\n';
	}
	return 0;
}
