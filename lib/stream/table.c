/* SPDX-License-Identifier: MIT */
/*
 * table.c - every encoding that iconv knows, through tables that are filled
 * from its answers as characters are met.
 *
 * Reading follows the bytes through nodes of 256 cells, from the root of the
 * present state. A cell is empty (iconv has not been asked), a character, a
 * pair of them, another node, a change of state, or malformed. Writing looks
 * the code point up in pages of 256 entries: the bytes, and the state in which
 * they mean it.
 *
 * A state is known by its prefix: bytes that bring iconv, from its initial
 * state, into this one, and yield nothing. Two prefixes after which a set of
 * probes decodes alike are one state, so that there are a handful, however
 * often a text goes to and fro. An encoding in which no state but the first
 * is ever met is an ordinary one, and pays nothing for this.
 *
 * Tables belong to one stream, so they need no lock.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/table.h"
#include "stream/spelling.h"
#include "stream/utf8.h"

static bool table_stateful(const struct with__charset *charset)
{
	const struct with__table *table = (const struct with__table *)charset;

	return table->oracle.shifts || table->state_count > 1;
}

static size_t table_same(const struct with__charset *charset, unsigned state,
			 const unsigned char *in, size_t size)
{
	const struct with__table *table = (const struct with__table *)charset;

	return table->ascii && state == 0 ? with__ascii_span(in, size) : 0;
}

static void table_close(struct with__charset *charset)
{
	struct with__table *table = table_of(charset);

	for (size_t i = 0; i < WITH__TABLE_PAGES; i++)
		free(table->pages[i]);
	free(table->pairs);
	free(table->nodes);
	with__oracle_close(&table->oracle);
	free(table);
}

/* Are the lower 128 bytes ASCII, all of them, both ways? */
static bool is_ascii(struct with__table *table)
{
	unsigned char bytes[WITH__ORACLE_ROOM];
	uint32_t points[2];

	for (unsigned first = 0; first < 128; first++) {
		unsigned char byte = (unsigned char)first;
		uint32_t point = first;

		if (with__table_ask(table, 0, &byte, 1, points) != 1 ||
		    points[0] != point ||
		    with__oracle_encode(&table->oracle, &point, 1, bytes) !=
			    1 ||
		    bytes[0] != byte)
			return false;
	}
	return true;
}

static const struct with__charset_ops ops = {
	.decode = with__table_decode,
	.encode = with__table_encode,
	.decode_run = with__table_decode_run,
	.encode_run = with__table_encode_run,
	.same = table_same,
	.stateful = table_stateful,
	.close = table_close,
};

/*
 * Can single characters be asked for? A letter of each of some scripts. If not,
 * or if there is no memory to find out, false with errno.
 */
static bool is_regular(struct with__table *table)
{
	static const uint32_t letters[] = {
		'a', 0xe9, 0x3b1, 0x436, 0x5d0, 0x3042, 0x4e00, 0xac00,
	};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		unsigned char bytes[WITH__ORACLE_ROOM];
		int size = with__oracle_encode(&table->oracle, &letters[i], 1,
					       bytes);
		const struct with__table_entry *entry;

		if (size <= 0)
			continue;
		entry = with__table_entry(table, letters[i]);
		if (!entry) {
			errno = ENOMEM;
			return false;
		}
		if (entry->size == WITH__TABLE_ABSENT) {
			found = 0;
			break;
		}
		found++;
	}
	errno = EINVAL;
	return found > 0;
}

struct with__charset *with__table_open(const char *name)
{
	char squeezed[WITH__NAME_ROOM];
	struct with__table *table;
	int error;

	if (with__name_squeeze(name, squeezed) < 0)
		return NULL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	if (with__oracle_open(&table->oracle, name) < 0) {
		free(table);
		return NULL;
	}
	table->charset = (struct with__charset){ .ops = &ops, .unit = 1 };
	table->single = true;
	memset(table->spelt_size, WITH__TABLE_UNSPELT,
	       sizeof(table->spelt_size));
	table->plain =
		!strcmp(squeezed, "shiftjis") || !strcmp(squeezed, "sjis");
	if (with__table_intern(table, NULL, 0) < 0 ||
	    (table->oracle.shifts && with__table_reserve_roots(table) < 0)) {
		table_close(&table->charset);
		errno = ENOMEM;
		return NULL;
	}
	if (!is_regular(table)) {
		error = errno;
		table_close(&table->charset);
		errno = error;
		return NULL;
	}
	table->ascii = is_ascii(table);
	if (table->ascii)
		with__table_learn_ascii(table);
	/* No encoding that is ASCII otherwise has it as part of another. */
	table->charset.plain = table->ascii && !table->oracle.shifts;
	return &table->charset;
}

struct with__charset *with__charset_open(const char *name)
{
	struct with__charset *charset = with__unicode_open(name);

	if (charset || errno != EINVAL)
		return charset;
	return with__table_open(name);
}
