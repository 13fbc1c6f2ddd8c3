/* SPDX-License-Identifier: MIT */
/* test-mode.c - every mode that fopen knows, and what is none. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stream/mode.h"
#include "testing.h"

/*
 * What mode should mean, found by counting letters, which is another way
 * than the parser's.
 */
static int count(const char *text, char letter)
{
	int number = 0;

	for (; *text; text++)
		number += *text == letter;
	return number;
}

static bool is_good(const char *mode)
{
	const char *rest = mode + 1;

	if (!mode[0] || !strchr("rwa", mode[0]) ||
	    strspn(rest, "+btex") != strlen(rest))
		return false;
	for (const char *letter = "+btex"; *letter; letter++) {
		if (count(rest, *letter) > 1)
			return false;
	}
	return !(count(rest, 'b') && count(rest, 't')) &&
		!(count(rest, 'x') && mode[0] != 'w');
}

static void compare(const char *mode)
{
	struct with__mode got = { .canonical = "untouched" };

	errno = 0;
	if (!is_good(mode)) {
		ck_assert_msg(with__mode_parse(mode, false, &got) == -1,
			      "%s", mode);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_str_eq(got.canonical, "untouched");
		return;
	}
	ck_assert_msg(with__mode_parse(mode, false, &got) == 0, "%s", mode);
	ck_assert(got.readable == (mode[0] == 'r' || count(mode, '+')));
	ck_assert(got.writable == (mode[0] != 'r' || count(mode, '+')));
	ck_assert(got.append == (mode[0] == 'a'));
	ck_assert(got.bytes == count(mode, 'b'));
	ck_assert(got.text == count(mode, 't'));
	ck_assert(got.exclusive == count(mode, 'x'));
	ck_assert_int_eq(got.canonical[0], mode[0]);
	ck_assert_str_eq(got.canonical + 1, count(mode, '+') ? "+" : "");
}

START_TEST(every_string_of_up_to_five_letters_is_judged)
{
	static const char alphabet[] = "rwa+btexU,";
	char mode[6];
	unsigned combinations = 1;

	for (size_t length = 0; length <= 5; length++) {
		for (unsigned i = 0; i < combinations; i++) {
			unsigned rest = i;

			for (size_t j = 0; j < length; j++, rest /= 10)
				mode[j] = alphabet[rest % 10];
			mode[length] = '\0';
			compare(mode);
		}
		combinations *= 10;
	}
}
END_TEST

START_TEST(no_mode_means_update)
{
	struct with__mode mode;

	ck_assert_int_eq(with__mode_parse(NULL, false, &mode), 0);
	ck_assert(mode.readable && mode.writable);
	ck_assert(!mode.append && !mode.text && !mode.bytes);
	ck_assert_str_eq(mode.canonical, "w+");
}
END_TEST

START_TEST(append_option_joins_every_mode_that_writes)
{
	static const char *const expected[][2] = {
		{ "w", "a" }, { "w+", "a+" }, { "r+", "a+" }, { "a", "a" },
		{ "a+", "a+" }, { "r", "r" },
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct with__mode mode;

		ck_assert_int_eq(
			with__mode_parse(expected[i][0], true, &mode), 0);
		ck_assert_str_eq(mode.canonical, expected[i][1]);
		ck_assert(mode.append == mode.writable);
	}
}
END_TEST

TESTING_MAIN("mode",
	every_string_of_up_to_five_letters_is_judged,
	no_mode_means_update,
	append_option_joins_every_mode_that_writes)
