/* SPDX-License-Identifier: MIT */
/*
 * table-state.c - the states of an encoding, by what they do.
 *
 * The probes of a signature are one byte, two bytes, and a byte behind SS2, so
 * that sets of each of these kinds are told apart.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/table.h"

enum { PROBES = 3 * 96 };

int with__table_ask(struct with__table *table, unsigned state,
		    const unsigned char *in, size_t size, uint32_t points[2])
{
	const struct with__table_state *from = &table->states[state];

	/*
	 * Shift_JIS of the standard has a yen sign and an overline here, and
	 * glibc follows it; all else that is called so, Python included, has
	 * ASCII, and so has what glibc itself writes.
	 */
	if (table->plain && size == 1 && (*in == 0x5c || *in == 0x7e)) {
		points[0] = *in;
		return 1;
	}
	return with__oracle_decode(&table->oracle, from->prefix,
				   from->prefix_size, in, size, points);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001b3u;
}

/* How a set of probes decodes after a prefix: one byte, two, and after SS2. */
static uint64_t signature(struct with__table *table,
			  const unsigned char *prefix, size_t prefix_size)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (unsigned i = 0; i < PROBES; i++) {
		unsigned char low = (unsigned char)(0x20 + i % 96);
		unsigned char probe[3] = { low, 0x21, 0 };
		size_t size = i / 96 + 1;
		uint32_t points[2] = { 0, 0 };
		int count;

		if (size == 3) {
			probe[0] = 0x1b;
			probe[1] = 0x4e;
			probe[2] = low;
		}
		count = with__oracle_decode(&table->oracle, prefix, prefix_size,
					    probe, size, points);
		hash = mix(hash, (uint64_t)(count + 1));
		if (count > 0)
			hash = mix(hash, points[0]);
	}
	return hash;
}

int with__table_reserve_roots(struct with__table *table)
{
	table->spare_root = (uint32_t)table->node_count;
	table->spare_end = table->spare_root;
	while (table->spare_end < WITH__TABLE_STATES) {
		if (!with__table_node(table))
			return -1;
		table->spare_end++;
	}
	return 0;
}

static uint32_t new_root(struct with__table *table)
{
	return table->spare_root < table->spare_end ?
	       table->spare_root++ : with__table_node(table);
}

int with__table_intern(struct with__table *table, const unsigned char *prefix,
		       size_t prefix_size)
{
	struct with__table_state *state = &table->states[table->state_count];
	uint64_t hash;
	uint32_t root;

	for (unsigned i = 0; i < table->state_count; i++) {
		if (table->states[i].prefix_size == prefix_size &&
		    !memcmp(table->states[i].prefix, prefix, prefix_size))
			return (int)i;
	}
	hash = table->state_count ? signature(table, prefix, prefix_size) : 0;
	for (unsigned i = 0; i < table->state_count; i++) {
		struct with__table_state *known = &table->states[i];

		if (!known->signature)
			known->signature = signature(table, known->prefix,
						     known->prefix_size);
		if (known->signature == hash)
			return (int)i;
	}
	if (table->state_count == WITH__TABLE_STATES ||
	    prefix_size > WITH__TABLE_PREFIX)
		return -1;
	root = new_root(table);
	/* 0 is right for the first state, if it is a node at all. */
	if (!root && (table->state_count || !table->nodes))
		return -1;
	*state = (struct with__table_state){
		.prefix_size = prefix_size,
		.signature = hash,
		.root = root,
	};
	if (prefix_size)
		memcpy(state->prefix, prefix, prefix_size);
	return (int)table->state_count++;
}

/* An escape sequence: where it leads from a state. */
int with__table_shift(struct with__table *table, unsigned state,
		      const unsigned char *in, size_t size)
{
	const struct with__table_state *from = &table->states[state];
	unsigned char prefix[WITH__TABLE_PREFIX + 8];
	uint32_t points[2];

	memcpy(prefix, from->prefix, from->prefix_size);
	memcpy(prefix + from->prefix_size, in, size);
	/* Most sets do not depend on what was selected before. */
	if (with__oracle_decode(&table->oracle, NULL, 0, in, size, points) ==
		    0 &&
	    signature(table, in, size) ==
		    signature(table, prefix, from->prefix_size + size))
		return with__table_intern(table, in, size);
	return with__table_intern(table, prefix, from->prefix_size + size);
}
