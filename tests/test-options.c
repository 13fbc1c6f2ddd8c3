/* SPDX-License-Identifier: MIT */
/* test-options.c - structs of options from older and newer programs. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <with/directory.h>
#include <with/life.h>
#include <with/named.h>
#include <with/options.h>

#include "temp/options.h"
#include "testing.h"

struct newer {
	struct tempfile_dir_open_options known;
	char unknown[32];
};

static int copy(struct tempfile_dir_open_options *ret, const void *given)
{
	return with__options_copy(ret, sizeof(*ret), given);
}

static struct tempfile_dir_open_options garbage(void)
{
	struct tempfile_dir_open_options options;

	memset(&options, 0x5a, sizeof(options));
	return options;
}

START_TEST(null_is_all_defaults)
{
	static const struct tempfile_dir_open_options zero;
	struct tempfile_dir_open_options options = garbage();

	ck_assert_int_eq(copy(&options, NULL), 0);
	ck_assert_mem_eq(&options, &zero, sizeof(zero));
}
END_TEST

START_TEST(what_a_smaller_struct_lacks_is_zero)
{
	struct tempfile_dir_open_options options = garbage();
	struct tempfile_dir_open_options older = garbage();

	older.size = offsetof(struct tempfile_dir_open_options, dir);
	older.prefix = "old";
	older.suffix = NULL;
	ck_assert_int_eq(copy(&options, &older), 0);
	ck_assert_str_eq(options.prefix, "old");
	ck_assert_ptr_null(options.dir);
	ck_assert_ptr_null(options.inside);
	ck_assert_uint_eq(options.permissions, 0);
	ck_assert(!options.keep);
}
END_TEST

START_TEST(a_struct_of_nothing_but_its_size_is_all_defaults)
{
	struct tempfile_dir_open_options options = garbage();
	struct tempfile_dir_open_options older = garbage();

	older.size = sizeof(older.size);
	ck_assert_int_eq(copy(&options, &older), 0);
	ck_assert_ptr_null(options.prefix);
	ck_assert_int_eq(options.random_length, 0);
}
END_TEST

START_TEST(a_larger_struct_with_a_tail_of_zeros_is_taken)
{
	struct tempfile_dir_open_options options = garbage();
	struct newer newer = { .known = { .size = sizeof(newer),
					  .suffix = ".x" } };

	ck_assert_int_eq(copy(&options, &newer), 0);
	ck_assert_str_eq(options.suffix, ".x");
}
END_TEST

START_TEST(any_byte_of_an_unknown_tail_that_is_not_zero_is_einval)
{
	for (size_t i = 0; i < sizeof(((struct newer *)0)->unknown); i++) {
		struct tempfile_dir_open_options options = garbage();
		struct newer newer;

		memset(&newer, 0, sizeof(newer));
		newer.known.size = sizeof(newer);
		newer.unknown[i] = 1;
		errno = 0;
		ck_assert_int_eq(copy(&options, &newer), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

START_TEST(a_size_without_room_for_itself_is_einval)
{
	for (size_t size = 0; size < sizeof(size_t); size++) {
		struct tempfile_dir_open_options options = garbage();
		struct tempfile_dir_open_options given = { .size = size };

		errno = 0;
		ck_assert_int_eq(copy(&options, &given), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

START_TEST(creators_take_null_smaller_and_larger_structs)
{
	struct newer newer = { .known = { .size = sizeof(newer) } };
	struct tempfile_dir *dir = tempfile_dir_open_opt(NULL);

	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	dir = tempfile_dir_open_opt(&newer.known);
	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	newer.unknown[31] = 1;
	ck_assert_ptr_null(tempfile_dir_open_opt(&newer.known));
	ck_assert_int_eq(errno, EINVAL);
	newer.known.size = sizeof(size_t);
	dir = tempfile_dir_open_opt(&newer.known);
	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

static struct with_error told;
static int tellings;
static char told_source[64];

static void hook(const struct with_error *error, void *data)
{
	(void)data;
	told = *error;
	snprintf(told_source, sizeof(told_source), "%s",
		 error->source ? error->source : "none");
	tellings++;
}

START_TEST(a_guard_that_is_not_entered_is_told_with_its_line)
{
	char expected[64];

	tellings = 0;
	with_set_error_hook(hook, NULL);
	snprintf(expected, sizeof(expected), "%s:%d", __FILE__, __LINE__ + 1);
	WITH_TEMPDIR (dir, .prefix = "a/b") {
		ck_abort_msg("%s exists", dir->path);
	} else {
		ck_assert_int_eq(errno, EINVAL);
	}
	with_set_error_hook(NULL, NULL);
	ck_assert_int_eq(tellings, 1);
	ck_assert_int_eq(told.error, EINVAL);
	ck_assert_str_eq(told.operation, "open");
	ck_assert_str_eq(told_source, expected);
}
END_TEST

START_TEST(a_plain_call_that_fails_tells_its_caller_only)
{
	tellings = 0;
	with_set_error_hook(hook, NULL);
	ck_assert_ptr_null(tempfile_named_open(.prefix = "a/b"));
	ck_assert_ptr_null(tempfile_dir_open(.prefix = "a/b"));
	with_set_error_hook(NULL, NULL);
	ck_assert_int_eq(tellings, 0);
}
END_TEST

TESTING_MAIN("options",
	null_is_all_defaults,
	what_a_smaller_struct_lacks_is_zero,
	a_struct_of_nothing_but_its_size_is_all_defaults,
	a_larger_struct_with_a_tail_of_zeros_is_taken,
	any_byte_of_an_unknown_tail_that_is_not_zero_is_einval,
	a_size_without_room_for_itself_is_einval,
	creators_take_null_smaller_and_larger_structs,
	a_guard_that_is_not_entered_is_told_with_its_line,
	a_plain_call_that_fails_tells_its_caller_only)
