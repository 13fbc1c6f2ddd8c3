/* SPDX-License-Identifier: MIT */
/*
 * table-read.c - characters by their bytes.
 *
 * From the root of the state the bytes lead through nodes of 256 cells, the
 * kinds of which stand below. Nodes are never given back; when there are too
 * many, which takes a text of very many four-byte characters, iconv is asked
 * again for each character that would need one more.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/table.h"
#include "stream/utf8.h"

enum {
	DEPTH = 8, /* bytes of a character */
	NODES = 4096, /* 4 MiB */
};

/* The kind of a cell is in its upper bits, the rest is an index or a point. */
#define KIND(cell) ((cell)&0xf0000000u)
#define VALUE(cell) ((cell)&0x0fffffffu)
#define EMPTY 0u
#define CHARACTER 0x10000000u
#define PAIR 0x20000000u
#define NODE 0x30000000u
#define SHIFT 0x40000000u
#define MALFORMED 0x50000000u

uint32_t with__table_node(struct with__table *table)
{
	size_t count = table->node_count;

	if (count == NODES)
		return 0;
	if ((count & (count - 1)) == 0) {
		/* A power of two: full. */
		size_t room = count ? 2 * count : 1;
		uint32_t *nodes =
			realloc(table->nodes, room * 256 * sizeof(*nodes));

		if (!nodes)
			return 0;
		table->nodes = nodes;
	}
	memset(table->nodes + count * 256, 0, 256 * sizeof(*table->nodes));
	table->node_count++;
	return (uint32_t)count;
}

static uint32_t pair_cell(struct with__table *table, const uint32_t points[2])
{
	uint32_t(*pairs)[2] =
		realloc(table->pairs, (table->pair_count + 1) * sizeof(*pairs));

	if (!pairs)
		return EMPTY;
	table->pairs = pairs;
	pairs[table->pair_count][0] = points[0];
	pairs[table->pair_count][1] = points[1];
	return PAIR | (uint32_t)table->pair_count++;
}

/*
 * The cell for these bytes. EMPTY stands for the beginning of something where
 * there is no node to spare.
 */
static uint32_t make_cell(struct with__table *table, unsigned state,
			  const unsigned char *in, size_t size)
{
	uint32_t points[2];
	uint32_t node;
	int state_after;
	int count = with__table_ask(table, state, in, size, points);

	if (count == 1)
		return points[0] < 0x110000 ? CHARACTER | points[0] : MALFORMED;
	if (count == 2)
		return pair_cell(table, points);
	if (count == 0) {
		state_after = with__table_shift(table, state, in, size);
		return state_after < 0 ? MALFORMED :
					 SHIFT | (uint32_t)state_after;
	}
	if (errno != EINVAL)
		return MALFORMED;
	node = size < DEPTH ? with__table_node(table) : 0;
	return node ? NODE | node : EMPTY;
}

/* The same as below, when all nodes are taken: each character is asked for. */
static int decode_asking(struct with__table *table, unsigned state,
			 const unsigned char *in, size_t size, size_t known,
			 uint32_t ret[2], int *count)
{
	for (size_t length = known; length <= size && length <= DEPTH;
	     length++) {
		*count = with__table_ask(table, state, in, length, ret);
		if (*count > 0)
			return (int)length;
		if (*count == 0 || errno != EINVAL)
			return -1;
	}
	return size < DEPTH ? 0 : -1;
}

int with__table_decode(struct with__charset *charset, unsigned *state,
		       const unsigned char *in, size_t size, uint32_t ret[2],
		       int *count)
{
	struct with__table *table = table_of(charset);
	uint32_t node = table->states[*state].root;

	*count = 0;
	for (size_t i = 0; i < size && i < DEPTH; i++) {
		size_t place = (size_t)node * 256 + in[i];
		uint32_t cell = table->nodes[place];

		if (KIND(cell) == EMPTY) {
			cell = make_cell(table, *state, in, i + 1);
			table->nodes[place] = cell;
		}
		switch (KIND(cell)) {
		case CHARACTER:
			*count = 1;
			ret[0] = VALUE(cell);
			return (int)(i + 1);
		case PAIR:
			*count = 2;
			ret[0] = table->pairs[VALUE(cell)][0];
			ret[1] = table->pairs[VALUE(cell)][1];
			return (int)(i + 1);
		case SHIFT:
			*state = VALUE(cell);
			return (int)(i + 1);
		case NODE:
			node = VALUE(cell);
			break;
		case EMPTY:
			return decode_asking(table, *state, in, size, i + 1,
					     ret, count);
		default:
			return -1;
		}
	}
	return 0;
}

struct with__run with__table_decode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room)
{
	struct with__table *table = table_of(charset);
	struct with__run run = { 0 };

	while (run.used < size && room - run.made >= 4) {
		const uint32_t *node;
		size_t length = 0;
		uint32_t cell;

		if (table->ascii && in[run.used] < 0x80) {
			size_t most = size - run.used;

			if (most > room - run.made)
				most = room - run.made;
			length = with__ascii_copy(in + run.used, most,
						  out + run.made);
			run.used += length;
			run.made += length;
			continue;
		}
		node = table->nodes + (size_t)table->states[*state].root * 256;
		cell = node[in[run.used + length++]];
		while (KIND(cell) == NODE && run.used + length < size)
			cell = table->nodes[(size_t)VALUE(cell) * 256 +
					    in[run.used + length++]];
		if (KIND(cell) == SHIFT)
			*state = VALUE(cell);
		else if (KIND(cell) == CHARACTER)
			run.made += with__utf8_put(VALUE(cell), out + run.made);
		else
			break;
		run.used += length;
	}
	return run;
}
