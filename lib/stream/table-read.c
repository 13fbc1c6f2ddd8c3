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
#include "stream/unrolled.h"
#include "stream/utf8.h"

enum {
	DEPTH = 8, /* bytes of a character */
	NODES = 4096, /* 4 MiB */
	BLOCK = 16, /* bytes spelt at once */
	BLOCK_ROOM = BLOCK * WITH__TABLE_UNSPELT + 4,
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

/*
 * A character of up to three bytes of UTF-8 is those bytes, the first lowest,
 * and their number above; no other kind has the highest bit.
 */
#define SPELT 0x80000000u
#define SPELT_SIZE(cell) ((cell) >> 28 & 7)

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

static uint32_t character_cell(uint32_t point)
{
	unsigned char text[4];
	size_t size;
	uint32_t cell;

	if (point >= 0x10000)
		return point < 0x110000 ? CHARACTER | point : MALFORMED;
	size = with__utf8_put(point, text);
	cell = SPELT | (uint32_t)size << 28;
	for (size_t i = 0; i < size; i++)
		cell |= (uint32_t)text[i] << 8 * i;
	return cell;
}

/* Four bytes, of which those that count come first. */
static inline void store_spelt(uint32_t cell, unsigned char *out)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	cell = __builtin_bswap32(cell);
#endif
	memcpy(out, &cell, 4);
}

static uint32_t spelt_point(uint32_t cell)
{
	unsigned char text[4];
	uint32_t point = 0;

	store_spelt(cell, text);
	/* What iconv takes for a character may be a surrogate. */
	(void)with__utf8_get(text, SPELT_SIZE(cell), true, &point);
	return point;
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
		return character_cell(points[0]);
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

/* A cell of the initial state: remember what it says about a single byte. */
static void learn(struct with__table *table, unsigned char byte, uint32_t cell)
{
	if (KIND(cell) == NODE || KIND(cell) == SHIFT)
		table->single = false;
	if (!(cell & SPELT))
		return;
	store_spelt(cell, (unsigned char *)&table->spelt[byte]);
	table->spelt_size[byte] = (unsigned char)SPELT_SIZE(cell);
}

void with__table_learn_ascii(struct with__table *table)
{
	for (unsigned byte = 0; byte < 0x80; byte++)
		learn(table, (unsigned char)byte, character_cell(byte));
}

/* The same as below, when all nodes are taken: each character is asked for. */
static int decode_asking(struct with__table *table, unsigned *state,
			 const unsigned char *in, size_t size, size_t known,
			 uint32_t ret[2], int *count)
{
	int after;

	for (size_t length = known; length <= size && length <= DEPTH;
	     length++) {
		*count = with__table_ask(table, *state, in, length, ret);
		if (*count > 0)
			return (int)length;
		if (*count == 0) {
			after = with__table_shift(table, *state, in, length);
			if (after < 0)
				return -1;
			*state = (unsigned)after;
			return (int)length;
		}
		if (errno != EINVAL) {
			*count = 0;
			return -1;
		}
	}
	*count = 0;
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
			if (*state == 0 && i == 0)
				learn(table, in[0], cell);
		}
		if (cell & SPELT) {
			*count = 1;
			ret[0] = spelt_point(cell);
			return (int)(i + 1);
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
			return decode_asking(table, state, in, size, i + 1,
					     ret, count);
		default:
			return -1;
		}
	}
	return 0;
}

/*
 * BLOCK single bytes, with BLOCK_ROOM for them. Returns what they make, or 0
 * if one of them is nothing that is known to be a character.
 */
static size_t spell_block(const struct with__table *table,
			  const unsigned char *in, unsigned char *out)
{
	size_t made = 0;

	UNROLLED
	for (size_t i = 0; i < BLOCK; i++) {
		memcpy(out + made, &table->spelt[in[i]], 4);
		made += table->spelt_size[in[i]];
	}
	return made < WITH__TABLE_UNSPELT ? made : 0;
}

/*
 * Encodings of one byte a character, as far as the characters are known.
 * Returns how far it came in in, and moves *to.
 */
static size_t decode_single(const struct with__table *table,
			    const unsigned char *in, size_t size,
			    unsigned char **to, const unsigned char *limit)
{
	size_t used = 0;

	while (size - used >= BLOCK && limit - *to >= BLOCK_ROOM) {
		if (table->ascii && with__ascii_all(in + used, BLOCK)) {
			memcpy(*to, in + used, BLOCK);
			*to += BLOCK;
		} else {
			size_t made = spell_block(table, in + used, *to);

			if (!made)
				break;
			*to += made;
		}
		used += BLOCK;
	}
	return used;
}

/* The cell of one character at most, behind which *from is moved. */
static inline uint32_t follow(const uint32_t *nodes, uint32_t root,
			      const unsigned char **from,
			      const unsigned char *end)
{
	uint32_t cell = nodes[(size_t)root * 256 + *(*from)++];

	while (KIND(cell) == NODE && *from < end)
		cell = nodes[(size_t)VALUE(cell) * 256 + *(*from)++];
	return cell;
}

struct with__run with__table_decode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room)
{
	struct with__table *table = table_of(charset);
	const unsigned char *from = in;
	const unsigned char *end = in + size;
	unsigned char *to = out;
	unsigned char *limit = out + room;
	const uint32_t *nodes = table->nodes;
	const bool ascii = table->ascii;
	uint32_t root = table->states[*state].root;

	if (table->single && *state == 0)
		from += decode_single(table, in, size, &to, limit);
	while (from < end && limit - to >= 4) {
		const unsigned char *next = from;
		uint32_t cell;

		if (ascii && *from < 0x80) {
			size_t most = (size_t)(end - from < limit - to ?
					       end - from : limit - to);

			most = with__ascii_copy(from, most, to);
			from += most;
			to += most;
			continue;
		}
		cell = follow(nodes, root, &next, end);
		if (cell & SPELT) {
			store_spelt(cell, to);
			to += SPELT_SIZE(cell);
		} else if (KIND(cell) == CHARACTER) {
			to += with__utf8_put(VALUE(cell), to);
		} else if (KIND(cell) == SHIFT) {
			*state = VALUE(cell);
			root = table->states[*state].root;
		} else {
			break;
		}
		from = next;
	}
	return (struct with__run){ (size_t)(from - in), (size_t)(to - out), 0 };
}
