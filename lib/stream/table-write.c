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
	entry->ready = (unsigned char)(state + 1);
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
 * Ask for the escape between two states: what iconv puts between a character
 * of one and a character of the other. Returns its size, or -1 with EINVAL.
 */
static int find_escape(struct with__table *table, unsigned from, unsigned to,
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

/* The same, remembered; NULL with EINVAL. */
static const struct with__table_escape *
escape_between(struct with__table *table, unsigned from, unsigned to)
{
	struct with__table_escape *escape = &table->escapes[from][to];
	int size;

	if (escape->known)
		return escape;
	size = find_escape(table, from, to, escape->bytes);
	if (size < 0)
		return NULL;
	escape->size = (unsigned char)size;
	/* Of the initial state more is known when it has been written in. */
	escape->known = table->states[from].sample != 0;
	return escape;
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
		const struct with__table_escape *escape =
			escape_between(table, *state, entry->state);

		if (!escape)
			return -1;
		size = escape->size;
		memcpy(out, escape->bytes, escape->size);
	}
	memcpy(out + size, entry->bytes, entry->size);
	*state = entry->state;
	*worth = entry->worth;
	return size + entry->size;
}

static const struct with__table_entry nothing[256];

/* What is written for a code point; not ready if that is not known yet. */
static inline const struct with__table_entry *
known_entry(const struct with__table *table, uint32_t point)
{
	const struct with__table_entry *page = table->pages[point / 256];

	return (page ? page : nothing) + point % 256;
}

/* with__utf8_get(), the quicker for what most East Asian characters are. */
static inline int get(const unsigned char *from, const unsigned char *end,
		      uint32_t *ret)
{
	uint32_t careful;
	int length;

	if (end - from >= 4 && with__utf8_three(from, ret) && *ret >= 0x800 &&
	    *ret - 0xd800 >= 0x800)
		return 3;
	length = with__utf8_get(from, (size_t)(end - from), false, &careful);
	*ret = length > 0 ? careful : 0;
	return length;
}

/* Write the escape to an entry's state; false if it is not known yet. */
static inline bool escape_to(const struct with__table *table, unsigned *state,
			     const struct with__table_entry *entry,
			     unsigned char **to)
{
	const struct with__table_escape *escape =
		&table->escapes[*state][entry->state];

	if (!entry->ready || !escape->known)
		return false;
	memcpy(*to, escape->bytes, WITH__TABLE_PREFIX);
	*to += escape->size;
	*state = entry->state;
	return true;
}

struct with__run with__table_encode_run(struct with__charset *charset,
					unsigned *state,
					const unsigned char *in, size_t size,
					unsigned char *out, size_t room)
{
	const struct with__table *table = table_of(charset);
	const unsigned char *from = in;
	const unsigned char *end = in + size;
	unsigned char *to = out;
	unsigned char *limit = out + room;
	const bool ascii = table->ascii;
	unsigned now = *state;
	size_t worth = 0;

	while (from < end && limit - to >= WITH__CHARSET_LONGEST) {
		const struct with__table_entry *entry;
		uint32_t point;
		int length;

		if (ascii && *from < 0x80) {
			size_t most = (size_t)(end - from < limit - to ?
					       end - from : limit - to);

			most = with__ascii_copy(from, most, to);
			from += most;
			to += most;
			worth += most;
			continue;
		}
		length = get(from, end, &point);
		if (length <= 0)
			break;
		entry = known_entry(table, point);
		if (entry->ready != now + 1 &&
		    !escape_to(table, &now, entry, &to))
			break;
		memcpy(to, entry->bytes, WITH__TABLE_PAYLOAD);
		to += entry->size;
		worth += entry->worth;
		from += length;
	}
	*state = now;
	return (struct with__run){ (size_t)(from - in), (size_t)(to - out),
				   worth };
}
