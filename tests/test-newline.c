/* SPDX-License-Identifier: MIT */
/* test-newline.c - ends of lines, however a text is cut into pieces. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/newline.h"
#include "testing.h"

START_TEST(every_short_text_is_translated_in_any_two_pieces)
{
	static const char letters[] = "a\r\n";
	unsigned combinations = 1;

	for (size_t size = 0; size <= 7; size++, combinations *= 3) {
		for (unsigned i = 0; i < combinations * (size + 1); i++) {
			size_t cut = i % (size + 1);
			unsigned rest = i / (unsigned)(size + 1);
			char text[8];
			char expected[8];
			char first[8];
			char second[8];
			bool after_cr = false;
			bool counted_cr = false;
			size_t length = 0;
			size_t made, more;

			for (size_t j = 0; j < size; j++, rest /= 3)
				text[j] = letters[rest % 3];
			for (size_t j = 0; j < size; j++) {
				if (text[j] == '\n' && j && text[j - 1] == '\r')
					continue;
				expected[length++] =
					text[j] == '\r' ? '\n' : text[j];
			}
			made = with__newline_pairs(text, cut, &counted_cr);
			more = with__newline_pairs(text + cut, size - cut,
						   &counted_cr);
			ck_assert_uint_eq(size - made - more, length);
			memcpy(first, text, cut);
			memcpy(second, text + cut, size - cut);
			made = with__newline_translate(first, cut, &after_cr);
			more = with__newline_translate(second, size - cut,
						       &after_cr);
			ck_assert_uint_eq(made + more, length);
			memcpy(first + made, second, more);
			ck_assert_mem_eq(first, expected, length);
		}
	}
}
END_TEST

/* Of every size up to some vectors of the counter, and of very many. */
START_TEST(pairs_are_counted_as_they_are_translated)
{
	static char text[12000];

	for (size_t size = 0; size < sizeof(text); size++) {
		bool after_cr = size % 2;
		bool counted_cr = after_cr;
		size_t pairs;
		char *copy;

		if (size == 300)
			size = sizeof(text) - 1;
		copy = malloc(size ? size : 1);
		ck_assert_ptr_nonnull(copy);
		for (size_t i = 0; i < size; i++) {
			text[i] = "\r\n\r\na\r\n\n"[testing_draw(8)];
			if (size > 300)
				text[i] = "\r\n"[i % 2];
		}
		memcpy(copy, text, size);
		/* Right behind it is no other byte that could be read. */
		pairs = with__newline_pairs(copy, size, &counted_cr);
		ck_assert_uint_eq(size - pairs,
				  with__newline_translate(text, size,
							  &after_cr));
		ck_assert_int_eq(counted_cr, after_cr);
		free(copy);
	}
}
END_TEST

START_TEST(only_the_values_of_python_are_known)
{
	struct with__newline newline;

	ck_assert_int_eq(with__newline_parse(NULL, &newline), 0);
	ck_assert(newline.universal && !newline.ending);
	ck_assert_int_eq(with__newline_parse("", &newline), 0);
	ck_assert(!newline.universal && !newline.ending);
	ck_assert_int_eq(with__newline_parse("\n", &newline), 0);
	ck_assert(!newline.universal && !newline.ending);
	ck_assert_int_eq(with__newline_parse("\r", &newline), 0);
	ck_assert(!newline.universal);
	ck_assert_str_eq(newline.ending, "\r");
	ck_assert_int_eq(with__newline_parse("\r\n", &newline), 0);
	ck_assert(!newline.universal);
	ck_assert_str_eq(newline.ending, "\r\n");
	errno = 0;
	ck_assert_int_eq(with__newline_parse("\n\r", &newline), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

TESTING_MAIN("newline",
	every_short_text_is_translated_in_any_two_pieces,
	pairs_are_counted_as_they_are_translated,
	only_the_values_of_python_are_known)
