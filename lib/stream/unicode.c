/* SPDX-License-Identifier: MIT */
/*
 * unicode.c - UTF-8, UTF-16 and UTF-32, with and without byte order mark; and
 * Latin-1, which is the first 256 code points in a byte each.
 *
 * The state is the byte order. The kinds that have a mark begin in START:
 * reading then wants the mark (UTF-8 does without), and the first character
 * written is preceded by it, in the byte order of this machine.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "stream/charset.h"
#include "stream/spelling.h"
#include "stream/units.h"
#include "stream/utf8.h"

enum { START, LITTLE, BIG };

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NATIVE BIG
#else
#define NATIVE LITTLE
#endif

#define MARK 0xfeff

static inline uint32_t get(const unsigned char *in, unsigned unit,
			   unsigned order)
{
	uint32_t value;
	uint16_t half;

	if (unit == 2) {
		memcpy(&half, in, 2);
		return order == NATIVE ? half : __builtin_bswap16(half);
	}
	memcpy(&value, in, 4);
	return order == NATIVE ? value : __builtin_bswap32(value);
}

static inline void put(uint32_t value, unsigned char *out, unsigned unit,
		       unsigned order)
{
	uint16_t half = (uint16_t)value;

	if (unit == 2) {
		if (order != NATIVE)
			half = __builtin_bswap16(half);
		memcpy(out, &half, 2);
		return;
	}
	if (order != NATIVE)
		value = __builtin_bswap32(value);
	memcpy(out, &value, 4);
}

/* Read the mark of UTF-16 or UTF-32, which must be there. */
static int read_mark(unsigned unit, unsigned *state, const unsigned char *in,
		     size_t size)
{
	if (size < unit)
		return 0;
	if (get(in, unit, LITTLE) == MARK)
		*state = LITTLE;
	else if (get(in, unit, BIG) == MARK)
		*state = BIG;
	else
		return WITH__CHARSET_UNMARKED;
	return (int)unit;
}

static int decode16(struct with__charset *charset, unsigned *state,
		    const unsigned char *in, size_t size, uint32_t ret[2],
		    int *count)
{
	uint32_t high;
	uint32_t low;

	(void)charset;
	*count = 0;
	if (*state == START)
		return read_mark(2, state, in, size);
	if (size < 2)
		return 0;
	*count = 1;
	high = get(in, 2, *state);
	ret[0] = high;
	if (high < 0xd800 || high > 0xdfff)
		return 2;
	if (high > 0xdbff)
		return -2;
	if (size < 4)
		return 0;
	low = get(in + 2, 2, *state);
	if (low < 0xdc00 || low > 0xdfff)
		return -2;
	ret[0] = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
	return 4;
}

static int decode32(struct with__charset *charset, unsigned *state,
		    const unsigned char *in, size_t size, uint32_t ret[2],
		    int *count)
{
	(void)charset;
	*count = 0;
	if (*state == START)
		return read_mark(4, state, in, size);
	if (size < 4)
		return 0;
	*count = 1;
	ret[0] = get(in, 4, *state);
	if (ret[0] > 0x10ffff || (ret[0] >= 0xd800 && ret[0] <= 0xdfff))
		return -4;
	return 4;
}

static int decode_latin1(struct with__charset *charset, unsigned *state,
			 const unsigned char *in, size_t size,
			 uint32_t ret[2], int *count)
{
	(void)charset, (void)state, (void)size;
	*count = 1;
	ret[0] = *in;
	return 1;
}

static int decode8(struct with__charset *charset, unsigned *state,
		   const unsigned char *in, size_t size, uint32_t ret[2],
		   int *count)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	(void)charset;
	*count = 0;
	if (*state == START && memcmp(in, mark, size < 3 ? size : 3) == 0) {
		if (size < 3)
			return 0;
		*state = NATIVE;
		return 3;
	}
	*count = 1;
	*state = NATIVE;
	return with__utf8_get(in, size, false, ret);
}

static bool is_surrogate(uint32_t point)
{
	return point >= 0xd800 && point <= 0xdfff;
}

/* The mark, where it is still to come. */
static size_t begin(struct with__charset *charset, unsigned *state,
		    unsigned char *out)
{
	if (*state != START)
		return 0;
	*state = NATIVE;
	if (charset->unit == 1)
		return with__utf8_put(MARK, out);
	put(MARK, out, charset->unit, NATIVE);
	return charset->unit;
}

static int encode(struct with__charset *charset, unsigned *state,
		  uint32_t point, unsigned char *out, size_t *worth)
{
	unsigned unit = charset->unit;

	if (is_surrogate(point)) {
		errno = EILSEQ;
		return -1;
	}
	*worth = with__utf8_length(point);
	if (unit == 1)
		return (int)with__utf8_put(point, out);
	if (unit == 2 && point >= 0x10000) {
		put(0xd7c0 + (point >> 10), out, 2, *state);
		put(0xdc00 | (point & 0x3ff), out + 2, 2, *state);
		return 4;
	}
	put(point, out, unit, *state);
	return (int)unit;
}

static int encode_latin1(struct with__charset *charset, unsigned *state,
			 uint32_t point, unsigned char *out, size_t *worth)
{
	(void)charset, (void)state;
	if (point > 0xff) {
		errno = EILSEQ;
		return -1;
	}
	*worth = with__utf8_length(point);
	*out = (unsigned char)point;
	return 1;
}

/* Both directions of UTF-8: copy what is well formed. */
static struct with__run run8(struct with__charset *charset, unsigned *state,
			     const unsigned char *in, size_t size,
			     unsigned char *out, size_t room)
{
	size_t done = 0;

	(void)charset;
	if (*state != START)
		done = with__utf8_copy(in, size < room ? size : room, out);
	return (struct with__run) { done, done, done };
}

/* The units of the others: what comes before is the mark alone. */
#define RUN(NAME, UNITS)						\
static struct with__run NAME(struct with__charset *charset,		\
			     unsigned *state, const unsigned char *in,	\
			     size_t size, unsigned char *out,		\
			     size_t room)				\
{									\
	if (*state == START)						\
		return (struct with__run) { 0 };			\
	return UNITS(charset->unit, *state != NATIVE, in, size, out,	\
		     room);						\
}

RUN(decode_run, with__units_decode)
RUN(encode_run, with__units_encode)

static size_t same8(const struct with__charset *charset, unsigned state,
		    const unsigned char *in, size_t size)
{
	(void)charset;
	return state == START ? 0 : with__utf8_span(in, size);
}

static size_t same_latin1(const struct with__charset *charset, unsigned state,
			  const unsigned char *in, size_t size)
{
	(void)charset, (void)state;
	return with__ascii_span(in, size);
}

static bool never(const struct with__charset *charset)
{
	(void)charset;
	return false;
}

static void unicode_close(struct with__charset *charset)
{
	free(charset);
}

static const struct with__charset_ops ops8 = {
	.decode = decode8, .begin = begin, .encode = encode,
	.decode_run = run8, .encode_run = run8, .same = same8,
	.stateful = never, .close = unicode_close,
};

static const struct with__charset_ops ops16 = {
	.decode = decode16, .begin = begin, .encode = encode,
	.decode_run = decode_run, .encode_run = encode_run,
	.stateful = never, .close = unicode_close,
};

static const struct with__charset_ops ops32 = {
	.decode = decode32, .begin = begin, .encode = encode,
	.decode_run = decode_run, .encode_run = encode_run,
	.stateful = never, .close = unicode_close,
};

static const struct with__charset_ops ops_latin1 = {
	.decode = decode_latin1, .encode = encode_latin1,
	.decode_run = decode_run, .encode_run = encode_run,
	.same = same_latin1,
	.stateful = never, .close = unicode_close,
};

static const struct {
	const char *name;	/* as with__name_squeeze() makes it */
	struct with__charset charset;
} kinds[] = {
	{ "utf8", { &ops8, NATIVE, 1, true } },
	{ "utf", { &ops8, NATIVE, 1, true } },
	{ "u8", { &ops8, NATIVE, 1, true } },
	{ "cp65001", { &ops8, NATIVE, 1, true } },
	{ "utf8sig", { &ops8, START, 1, true } },
	{ "utf16", { &ops16, START, 2, false } },
	{ "u16", { &ops16, START, 2, false } },
	{ "utf16le", { &ops16, LITTLE, 2, false } },
	{ "unicodelittleunmarked", { &ops16, LITTLE, 2, false } },
	{ "utf16be", { &ops16, BIG, 2, false } },
	{ "unicodebigunmarked", { &ops16, BIG, 2, false } },
	{ "utf32", { &ops32, START, 4, false } },
	{ "u32", { &ops32, START, 4, false } },
	{ "utf32le", { &ops32, LITTLE, 4, false } },
	{ "utf32be", { &ops32, BIG, 4, false } },
	{ "latin1", { &ops_latin1, NATIVE, 1, true } },
	{ "latin", { &ops_latin1, NATIVE, 1, true } },
	{ "l1", { &ops_latin1, NATIVE, 1, true } },
	{ "iso88591", { &ops_latin1, NATIVE, 1, true } },
	{ "iso885911987", { &ops_latin1, NATIVE, 1, true } },
	{ "isoir100", { &ops_latin1, NATIVE, 1, true } },
	{ "csisolatin1", { &ops_latin1, NATIVE, 1, true } },
	{ "iso8859", { &ops_latin1, NATIVE, 1, true } },
	{ "8859", { &ops_latin1, NATIVE, 1, true } },
	{ "cp819", { &ops_latin1, NATIVE, 1, true } },
	{ "ibm819", { &ops_latin1, NATIVE, 1, true } },
};

struct with__charset *with__unicode_open(const char *name)
{
	char squeezed[WITH__NAME_ROOM];

	if (with__name_squeeze(name, squeezed) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct with__charset *charset;

		if (strcmp(kinds[i].name, squeezed))
			continue;
		charset = malloc(sizeof(*charset));
		if (charset)
			*charset = kinds[i].charset;
		return charset;
	}
	errno = EINVAL;
	return NULL;
}
