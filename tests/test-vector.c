/* SPDX-License-Identifier: MIT */
/*
 * test-vector.c - vectors make of a text what single characters give.
 *
 * Every size up to some blocks, one odd thing at every place, and every
 * alignment: what is used, made and worth must be alike, to the byte. Texts
 * and rooms end where no more can be read or written, and begin there too.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>

#include "stream/units.h"
#include "stream/utf8.h"
#include "stream/vector.h"
#include "testing.h"

enum { MOST = 200, ALIGNMENTS = 64, SPACE = 16384, PAGE = 65536 };

/* SPACE bytes between two pages that nobody may touch. */
static unsigned char *guarded(void)
{
	char *place = mmap(NULL, 2 * PAGE + SPACE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(place, MAP_FAILED);
	ck_assert_int_eq(mprotect(place, PAGE, PROT_NONE), 0);
	ck_assert_int_eq(mprotect(place + PAGE + SPACE, PAGE, PROT_NONE), 0);
	return (unsigned char *)place + PAGE;
}

static unsigned char *given_space, *made_space;
static unsigned char scalar[8 * MOST], text[8 * MOST];

static void take_space(void)
{
	given_space = guarded();
	made_space = guarded();
}

static void give_space(void)
{
	munmap(given_space - PAGE, 2 * PAGE + SPACE);
	munmap(made_space - PAGE, 2 * PAGE + SPACE);
}

typedef struct with__run conversion(const unsigned char *in, size_t size,
				    unsigned char *out, size_t room);

static unsigned unit;
static bool swapped;

static struct with__run encode(const unsigned char *in, size_t size,
			       unsigned char *out, size_t room)
{
	return with__units_encode(unit, swapped, in, size, out, room);
}

static struct with__run decode(const unsigned char *in, size_t size,
			       unsigned char *out, size_t room)
{
	return with__units_decode(unit, swapped, in, size, out, room);
}

static struct with__run copy(const unsigned char *in, size_t size,
			     unsigned char *out, size_t room)
{
	size_t used = with__utf8_copy(in, size < room ? size : room, out);

	return (struct with__run) { used, used, 0 };
}

/* Without vectors it looks at ASCII only, and copying says what is right. */
static struct with__run look(const unsigned char *in, size_t size,
			     unsigned char *out, size_t room)
{
	size_t used = with__vector_off ?
		with__utf8_copy(in, size, out) : with__utf8_span(in, size);

	(void)room;
	return (struct with__run) { used, 0, 0 };
}

static struct with__run by_scalar(size_t size, size_t room,
				  conversion *convert)
{
	struct with__run run;

	with__vector_off = true;
	run = convert(text, size, scalar, room);
	with__vector_off = false;
	return run;
}

static void same(const unsigned char *in, size_t size, unsigned char *out,
		 struct with__run got, struct with__run expected)
{
	if (got.used == expected.used && got.made == expected.made &&
	    got.worth == expected.worth && !memcmp(out, scalar, got.made))
		return;
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, "%02x ", in[i]);
	ck_abort_msg("unit %u%s, size %zu: used %zu of %zu, made %zu of %zu",
		     unit, swapped ? " swapped" : "", size, got.used,
		     expected.used, got.made, expected.made);
}

/* With no byte more than this before it or behind, and with little room. */
static void check_close(size_t size, bool at_end, size_t room,
			conversion *convert)
{
	size_t skip = at_end ? SPACE : 0;
	unsigned char *in = given_space + (at_end ? skip - size : 0);
	unsigned char *out = made_space + (at_end ? skip - room : 0);
	struct with__run got;

	memcpy(in, text, size);
	got = convert(in, size, out, room);
	/* Room may be used up more or less, but by whole characters. */
	same(in, size, out, got,
	     by_scalar(got.used ? got.used : size,
		       got.used ? sizeof(scalar) : room, convert));
}

static void check(size_t size, conversion *convert)
{
	struct with__run expected = by_scalar(size, sizeof(scalar), convert);

	for (size_t place = 0; place < ALIGNMENTS; place++) {
		unsigned char *in = given_space + place;
		unsigned char *out = made_space + testing_draw(ALIGNMENTS);

		memcpy(in, text, size);
		same(in, size, out, convert(in, size, out, sizeof(scalar)),
		     expected);
	}
	check_close(size, true, expected.made + testing_draw(80), convert);
	check_close(size, true, testing_draw(1 + (unsigned)expected.made), convert);
	check_close(size, false, testing_draw(sizeof(scalar)), convert);
}

/* ---- texts ------------------------------------------------------------ */

static uint32_t draw_point(unsigned kind)
{
	switch (kind) {
	case 0:
		return testing_draw(0x80);
	case 1:
		return testing_draw(12) ? testing_draw(0x80) : 0x80 + testing_draw(0x80);
	case 2:
		return 0x80 + testing_draw(0x80);
	case 3:
		return testing_draw(2) ? testing_draw(0x80) : 0x80 + testing_draw(0x780);
	case 4:
		return 0x3000 + testing_draw(0x6000);
	case 5:
		return testing_draw(9) ? 0x800 + testing_draw(0xd000) : testing_draw(0x80);
	default:
		return testing_draw(4) ? testing_draw(0x800) : 0xe000 + testing_draw(0x2000);
	}
}

enum { KINDS = 7 };

/* Well-formed UTF-8 of exactly this size; its last character is cut. */
static void make_utf8(unsigned kind, size_t size)
{
	size_t made = 0;

	while (made < size)
		made += with__utf8_put(draw_point(kind), text + made);
}

static void put_unit(uint32_t value, unsigned char *out)
{
	for (unsigned i = 0; i < unit; i++) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		bool low_first = swapped;
#else
		bool low_first = !swapped;
#endif
		out[low_first ? i : unit - 1 - i] = (unsigned char)value;
		value >>= 8;
	}
}

static void make_units(unsigned kind, size_t size)
{
	for (size_t made = 0; made < size; made += unit)
		put_unit(draw_point(kind), text + made);
}

/* What stops a run, or is the last that does not. */
static const char odd[][5] = {
	"\xf0\x9f\x98\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
	"\xf4\x90\x80\x80", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
	"\xe0\x9f\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xed\xa0\x80",
	"\xee\x80\x80", "\xef\xbf\xbf", "\xc0\x80", "\xc1\xbf", "\xc2\x80",
	"\xc3\xbf", "\xc4\x80", "\xc4", "\xdf\xbf", "\x80", "\xbf", "\xc3",
	"\xe3\x81", "\xf0\x9f\x98", "\xff", "\xc3\xc0", "\xc2\xc2",
	"\xe3\xe3\x80", "\x7f",
};

static const uint32_t odd_units[] = {
	0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff,
	0xe000, 0xffff, 0x10000, 0x10ffff, 0x110000, 0xffffffff, 0x80000041,
	0xff, 0xc0,
};

static void check_utf8(conversion *convert)
{
	take_space();
	for (size_t size = 0; size <= MOST; size++) {
		for (size_t place = 0; place <= size; place++) {
			const char *it = odd[testing_draw(sizeof(odd) / sizeof(*odd))];

			make_utf8(testing_draw(KINDS), size);
			/* Within a character as well as between them. */
			if (place < size)
				memcpy(text + place, it, strlen(it));
			check(size, convert);
		}
	}
	give_space();
}

/* Every odd thing at every place of a block, where characters end there. */
static void check_places(conversion *convert)
{
	take_space();
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		for (size_t place = 0; place <= ALIGNMENTS + 3; place++) {
			size_t length = strlen(odd[i]);

			make_utf8(1, MOST);
			memset(text, 'a', place);
			memcpy(text + place, odd[i], length);
			text[place + length] = '.';
			check(MOST, convert);
			check(place + length, convert);
		}
	}
	give_space();
}

static void check_units(void)
{
	take_space();
	for (size_t size = 0; size <= MOST; size++) {
		for (size_t place = 0; place <= size; place++) {
			make_units(testing_draw(KINDS), size);
			put_unit(odd_units[testing_draw(18)],
				 text + place / unit * unit);
			check(size, decode);
		}
	}
	give_space();
}

static void each_unit(void (*with)(void))
{
	for (unit = 1; unit <= 4; unit *= 2) {
		for (int i = 0; i < 2; i++) {
			swapped = i == 1 && unit > 1;
			with();
		}
	}
}

static void check_encode(void)
{
	check_utf8(encode);
	check_places(encode);
}

START_TEST(units_are_read_as_single_characters_are)
{
	each_unit(check_units);
}
END_TEST

START_TEST(units_are_written_as_single_characters_are)
{
	each_unit(check_encode);
}
END_TEST

START_TEST(utf8_is_copied_and_looked_at_as_single_characters_are)
{
	check_utf8(copy);
	check_places(copy);
	if (!with__vector())
		return;
	check_utf8(look);
	check_places(look);
}
END_TEST

/* All blocks of a plain text: nobody else is asked. */
START_TEST(plain_text_goes_all_the_way)
{
	const struct with__vector *fast = with__vector();
	struct with__run run;

	if (!fast) {
		fputs("no vectors for text on this processor\n", stderr);
		return;
	}
	make_utf8(2, 192);
	ck_assert_uint_eq(fast->utf8(text, 192, NULL), 192);
	run = fast->encode[1][0](text, 192, scalar, sizeof(scalar));
	ck_assert_uint_eq(run.used, 192);
	run = fast->decode[1][0](scalar, 64, text, sizeof(text));
	ck_assert_uint_eq(run.used, 64);
	make_utf8(4, 192);
	for (unsigned i = 2; i <= 4; i *= 2) {
		run = fast->encode[i][1](text, 192, scalar, sizeof(scalar));
		ck_assert_uint_eq(run.used, 192);
		run = fast->decode[i][1](scalar, i * 64, text, sizeof(text));
		ck_assert_uint_eq(run.used, i * 64);
	}
	with__vector_off = true;
	ck_assert_ptr_null(with__vector());
	with__vector_off = false;
}
END_TEST

TESTING_MAIN("vector",
	plain_text_goes_all_the_way,
	units_are_read_as_single_characters_are,
	units_are_written_as_single_characters_are,
	utf8_is_copied_and_looked_at_as_single_characters_are)
