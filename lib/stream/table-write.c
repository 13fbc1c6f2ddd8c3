/* SPDX-License-Identifier: MIT */
/*
 * table-write.c - bytes by their character.
 *
 * A page holds what is written for 256 code points: an entry without size has
 * not been asked for, WITH__TABLE_ABSENT is what the encoding does not have.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/table.h"
#include "stream/utf8.h"

/* Where the bytes of a character begin, behind the escape for its set. */
static int find_payload(struct with__table *table, uint32_t point,
			const unsigned char *once, int size)
{
	unsigned char twice[WITH__ORACLE_ROOM];
	uint32_t points[2] = { point, point };
	int twice_size = with__oracle_encode(&table->oracle, points, 2, twice);
	int payload = twice_size - size;

	/*
	 * Once is escape and payload, twice is escape, payload, payload. What
	 * is not like that, UTF-7 for one, packs characters into each other
	 * and has no bytes of its own for each.
	 */
	if (twice_size < 0 || payload <= 0 || payload > size ||
	    payload > WITH__TABLE_PAYLOAD ||
	    size - payload > WITH__TABLE_PREFIX ||
	    memcmp(once, twice, (size_t)size) ||
	    memcmp(once + size - payload, twice + size, (size_t)payload))
		return -1;
	return size - payload;
}

static void fill_entry(struct with__table *table, uint32_t point,
		       struct with__table_entry *entry)
{
	unsigned char bytes[WITH__ORACLE_ROOM];
	uint32_t back[2];
	int size = with__oracle_encode(&table->oracle, &point, 1, bytes);
	int start = size > 0 ? find_payload(table, point, bytes, size) : -1;
	int state = start < 0 ? -1 :
				with__table_intern(table, bytes, (size_t)start);
	int count;

	entry->size = WITH__TABLE_ABSENT;
	if (state < 0)
		return;
	count = with__table_ask(table, (unsigned)state, bytes + start,
				(size_t)(size - start), back);
	if (count <= 0)
		return;
	for (int i = 0; i < count; i++)
		entry->worth = (unsigned char)(entry->worth +
					       with__utf8_length(back[i]));
	entry->state = (unsigned char)state;
	entry->size = (unsigned char)(size - start);
	memcpy(entry->bytes, bytes + start, (size_t)(size - start));
	if (!table->states[state].sample)
		table->states[state].sample = point;
}

const struct with__table_entry *with__table_entry(struct with__table *table,
						  uint32_t point)
{
	struct with__table_entry **page = &table->pages[point / 256];
	struct with__table_entry *entry;

	if (!*page) {
		*page = calloc(256, sizeof(**page));
		if (!*page)
			return NULL;
	}
	entry = &(*page)[point % 256];
	if (!entry->size)
		fill_entry(table, point, entry);
	return entry;
}

/*
 * The escape between two states: what iconv puts between a character of one
 * and a character of the other. Returns its size, or -1 with EINVAL.
 */
static int write_shift(struct with__table *table, unsigned from, unsigned to,
		       unsigned char *out)
{
	unsigned char bytes[WITH__ORACLE_ROOM];
	uint32_t points[2] = { table->states[from].sample,
			       table->states[to].sample };
	int before;
	int after;

	if (from == 0 && !points[0]) {
		/* Nothing is ever written in the initial state. */
		memcpy(out, table->states[to].prefix,
		       table->states[to].prefix_size);
		return (int)table->states[to].prefix_size;
	}
	before = with__oracle_encode(&table->oracle, points, 1, bytes);
	after = with__oracle_encode(&table->oracle, points, 2, bytes);
	if (points[0] && before > 0 && after > before) {
		const struct with__table_entry *sample =
			with__table_entry(table, points[1]);
		int size = after - before - (sample ? sample->size : after);

		if (size >= 0 && size <= WITH__TABLE_PREFIX) {
			memcpy(out, bytes + before, (size_t)size);
			return size;
		}
	}
	errno = EINVAL;
	return -1;
}

int with__table_encode(struct with__charset *charset, unsigned *state,
		       uint32_t point, unsigned char *out, size_t *worth)
{
	struct with__table *table = table_of(charset);
	const struct with__table_entry *entry = with__table_entry(table, point);
	int size = 0;

	if (!entry) {
		errno = ENOMEM;
		return -1;
	}
	if (entry->size == WITH__TABLE_ABSENT) {
		errno = EILSEQ;
		return -1;
	}
	if (entry->state != *state) {
		size = write_shift(table, *state, entry->state, out);
		if (size < 0)
			return -1;
	}
	memcpy(out + size, entry->bytes, entry->size);
	*state = entry->state;
	*worth = entry->worth;
	return size + entry->size;
}

struct with__run with__table_encode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room)
{
	struct with__table *table = table_of(charset);
	struct with__run run = { 0 };

	while (run.used < size && room - run.made >= WITH__TABLE_PAYLOAD) {
		const struct with__table_entry *page;
		const struct with__table_entry *entry;
		uint32_t point = in[run.used];
		size_t copied;
		int length = 1;

		if (table->ascii && point < 0x80) {
			size_t most = size - run.used;

			if (most > room - run.made)
				most = room - run.made;
			copied = with__ascii_copy(in + run.used, most,
						  out + run.made);
			run.used += copied;
			run.made += copied;
			run.worth += copied;
			continue;
		}
		length = with__utf8_get(in + run.used, size - run.used, false,
					&point);
		if (length <= 0)
			break;
		page = table->pages[point / 256];
		if (!page)
			break;
		entry = &page[point % 256];
		if (!entry->size || entry->size == WITH__TABLE_ABSENT ||
		    entry->state != *state)
			break;
		memcpy(out + run.made, entry->bytes, WITH__TABLE_PAYLOAD);
		run.made += entry->size;
		run.worth += entry->worth;
		run.used += (size_t)length;
	}
	return run;
}
