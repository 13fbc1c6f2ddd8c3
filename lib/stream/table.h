/* SPDX-License-Identifier: MIT */
/*
 * table.h - an encoding in tables; what its three parts share.
 *
 * table-state.c knows the sets that escape sequences select, table-read.c and
 * table-write.c the characters. What it is all about stands in table.c.
 */
#ifndef STREAM_TABLE_H
#define STREAM_TABLE_H

#include "stream/charset.h"
#include "stream/oracle.h"

enum {
	WITH__TABLE_STATES = 16,
	WITH__TABLE_PREFIX = 16,
	WITH__TABLE_PAGES = 0x110000 / 256,
	WITH__TABLE_PAYLOAD = 8,
	WITH__TABLE_UNSPELT = 49,
};

struct with__table_entry {
	unsigned char bytes[WITH__TABLE_PAYLOAD];
	unsigned char size; /* 0: iconv has not been asked */
	unsigned char state; /* in which the bytes mean it */
	unsigned char worth; /* bytes of UTF-8 that they decode to */
	unsigned char ready; /* its state + 1 if there is such a character */
	unsigned char unused[4]; /* a power of two is found faster */
};

#define WITH__TABLE_ABSENT 0xff /* a size: the encoding has no such character */

struct with__table_state {
	unsigned char prefix[WITH__TABLE_PREFIX];
	size_t prefix_size;
	uint32_t sample; /* written in this state; 0: none known */
	uint64_t signature; /* 0: not found out yet */
	uint32_t root;
};

/* The escape from one state to another, as it is written. */
struct with__table_escape {
	bool known;
	unsigned char size;
	unsigned char bytes[WITH__TABLE_PREFIX];
};

struct with__table {
	struct with__charset charset;
	struct with__oracle oracle;
	bool ascii; /* bytes below 0x80 are ASCII in state 0 */
	bool plain; /* in shift_jis 0x5c and 0x7e are ASCII */
	bool single; /* no byte met so far has been part of a longer thing */
	unsigned state_count;
	struct with__table_state states[WITH__TABLE_STATES];
	struct with__table_escape escapes[WITH__TABLE_STATES]
					 [WITH__TABLE_STATES];
	/*
	 * Single bytes of state 0 that are a character of up to three bytes of
	 * UTF-8: those bytes, in memory's order, and how many. All others have
	 * a size that more than 15 characters cannot have together.
	 */
	uint32_t spelt[256];
	unsigned char spelt_size[256];
	uint32_t *nodes; /* 256 cells each */
	size_t node_count;
	uint32_t spare_root; /* nodes for states to come, up to spare_end */
	uint32_t spare_end;
	uint32_t (*pairs)[2];
	size_t pair_count;
	struct with__table_entry *pages[WITH__TABLE_PAGES];
};

static inline struct with__table *table_of(struct with__charset *charset)
{
	return (struct with__table *)charset;
}

/* What iconv says in that state, as with__oracle_decode(). */
int with__table_ask(struct with__table *table, unsigned state,
		    const unsigned char *in, size_t size, uint32_t points[2]);

/*
 * Roots for all states there can be. A state that is met without memory for it
 * would be taken for malformed, or for one that the encoding cannot write.
 * -1 if there is no memory.
 */
int with__table_reserve_roots(struct with__table *table);

/* The state after a prefix, met before or new; -1 if there are too many. */
int with__table_intern(struct with__table *table, const unsigned char *prefix,
		       size_t prefix_size);

/* The state that an escape sequence leads to; -1 likewise. */
int with__table_shift(struct with__table *table, unsigned state,
		      const unsigned char *in, size_t size);

/* An empty node's index; 0, the root of state 0, if there is none to spare. */
uint32_t with__table_node(struct with__table *table);

/* What is written for a code point; NULL if there is no memory. */
const struct with__table_entry *with__table_entry(struct with__table *table,
						  uint32_t point);

/* Bytes below 0x80 are ASCII: nobody will ask for them. */
void with__table_learn_ascii(struct with__table *table);

/* What charset.h says about each. */
int with__table_decode(struct with__charset *charset, unsigned *state,
		       const unsigned char *in, size_t size, uint32_t ret[2],
		       int *count);
int with__table_encode(struct with__charset *charset, unsigned *state,
		       uint32_t point, unsigned char *out, size_t *worth);
struct with__run with__table_decode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room);
struct with__run with__table_encode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room);

#endif /* STREAM_TABLE_H */
