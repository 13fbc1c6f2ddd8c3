/* SPDX-License-Identifier: MIT */
/*
 * test-life-unwind.c - longjmp() over guards of a WITH_UNWINDABLE file
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#define WITH_UNWINDABLE
#include <with.h>

#include "testing.h"

static char order[64];
static jmp_buf env;
static sigjmp_buf signal_env;

/* A guard of one's own: a letter, noted when it is given back. */
static int open_letter(int letter)
{
	return letter;
}

static void close_letter(int letter)
{
	size_t length = strlen(order);

	order[length] = (char)letter;
	order[length + 1] = '\0';
}

WITH_DEFINE(letter, int, open_letter, close_letter)
WITH_DEFERRABLE(close_letter, int)

static void begin(void)
{
	order[0] = '\0';
}

static void three_scopes(void)
{
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file, .inside = dir) {
			WITH (letter, a, 'a') {
				SCOPED_DEFER(close_letter, 'd');
				putc('x', file->file);
				longjmp(env, 1);
			}
		}
	}
}

START_TEST(three_nested_scopes_are_given_back_newest_first)
{
	struct with_mark mark = with_mark();

	begin();
	if (setjmp(env) == 0) {
		three_scopes();
	} else {
		ck_assert_uint_eq(testing_entries(NULL), 1);
		errno = EDOM;
		with_unwind(mark);
		ck_assert_int_eq(errno, EDOM);
	}
	ck_assert_str_eq(order, "da");
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void deeper(int depth)
{
	WITH (letter, own, 'a' + depth) {
		if (depth == 5)
			longjmp(env, 1);
		deeper(depth + 1);
	}
}

START_TEST(functions_called_in_a_block_are_given_back_and_the_block_is_not)
{
	begin();
	WITH (letter, outer, 'x') {
		struct with_mark mark = with_mark();

		if (setjmp(env) == 0)
			deeper(0);
		else
			with_unwind(mark);
		ck_assert_str_eq(order, "fedcba");
	}
	ck_assert_str_eq(order, "fedcbax");
}
END_TEST

START_TEST(a_scope_that_is_reached_after_unwinding_does_nothing)
{
	struct with_mark mark = with_mark();

	begin();
	WITH_TEMPDIR (dir) {
		WITH (letter, a, 'a') {
			SCOPED_DEFER(close_letter, 'd');
			with_unwind(mark);
			ck_assert_str_eq(order, "da");
			ck_assert_uint_eq(testing_entries(NULL), 0);
			with_unwind(mark);
		}
	}
	ck_assert_str_eq(order, "da");
}
END_TEST

START_TEST(marks_nest_and_an_older_one_may_follow_a_newer)
{
	struct with_mark older = with_mark();
	struct with_mark newer;

	begin();
	WITH (letter, a, 'a') {
		newer = with_mark();
		WITH (letter, b, 'b') {
			WITH (letter, c, 'c') {
				with_unwind(newer);
				ck_assert_str_eq(order, "cb");
				with_unwind(newer);
				with_unwind(older);
				ck_assert_str_eq(order, "cba");
				with_unwind(newer);
			}
		}
	}
	ck_assert_str_eq(order, "cba");
}
END_TEST

START_TEST(a_mark_stays_right_when_others_come_and_go)
{
	struct with_mark mark;

	begin();
	WITH (letter, a, 'a') {
		mark = with_mark();
	}
	WITH (letter, b, 'b') {
		WITH (letter, c, 'c') {
			with_unwind(mark);
		}
		ck_assert_str_eq(order, "acb");
	}
	ck_assert_str_eq(order, "acb");
}
END_TEST

START_TEST(steal_and_close_take_theirs_out)
{
	struct with_mark mark = with_mark();
	struct tempfile_dir *stolen = NULL;
	int letter_stolen = -1;

	begin();
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file) {
			WITH (letter, a, 'a') {
				WITH (letter, b, 'b') {
					stolen = with_steal(dir);
					letter_stolen = letter_steal(&a);
					ck_assert_int_eq(
						tempfile_named_close(&file), 0);
					letter_close(&b);
					with_unwind(mark);
				}
			}
		}
	}
	ck_assert_str_eq(order, "b");
	ck_assert_int_eq(letter_stolen, 'a');
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert_int_eq(tempfile_dir_close(&stolen), 0);
}
END_TEST

START_TEST(plain_handles_are_left_alone)
{
	struct with_mark mark = with_mark();
	struct tempfile_named *plain = tempfile_named_open();

	ck_assert_ptr_nonnull(plain);
	with_unwind(mark);
	ck_assert_int_eq(access(plain->path, F_OK), 0);
	ck_assert_int_eq(tempfile_named_close(&plain), 0);
}
END_TEST

static void jump_out(int number)
{
	(void)number;
	siglongjmp(signal_env, 1);
}

START_TEST(siglongjmp_from_a_handler_unwinds)
{
	struct with_mark mark = with_mark();
	struct sigaction before;
	struct sigaction jump = { .sa_handler = jump_out };

	begin();
	sigaction(SIGUSR1, &jump, &before);
	if (sigsetjmp(signal_env, 1) == 0) {
		WITH_TEMPDIR (dir) {
			WITH (letter, a, 'a') {
				raise(SIGUSR1);
			}
		}
		ck_abort_msg("the handler returned");
	} else {
		with_unwind(mark);
	}
	sigaction(SIGUSR1, &before, NULL);
	ck_assert_str_eq(order, "a");
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void *in_another_thread(void *unused)
{
	struct with_mark mark = with_mark();

	WITH (letter, t, 't') {
		with_unwind(mark);
	}
	return unused;
}

START_TEST(each_thread_has_a_stack_of_its_own)
{
	struct with_mark mark = with_mark();
	pthread_t thread;

	begin();
	WITH (letter, m, 'm') {
		ck_assert_int_eq(pthread_create(&thread, NULL,
						in_another_thread, NULL), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		ck_assert_str_eq(order, "t");
		with_unwind(mark);
	}
	ck_assert_str_eq(order, "tm");
}
END_TEST

static void open_in_close(int letter)
{
	WITH (letter, inner, letter + 1) {
		close_letter(letter);
	}
}

WITH_DEFINE(nested, int, open_letter, open_in_close)

START_TEST(a_guard_may_use_guards_in_its_end)
{
	struct with_mark mark = with_mark();

	begin();
	WITH (letter, z, 'z') {
		WITH (nested, a, 'a') {
			with_unwind(mark);
		}
	}
	ck_assert_str_eq(order, "abz");
}
END_TEST

/* Passed by and never unwound: the names go at exit. */
static void pass_by(void *unused)
{
	(void)unused;
	if (setjmp(env) == 0)
		three_scopes();
	testing_expect(testing_entries(NULL) == 1);
	exit(0);
}

START_TEST(what_nobody_unwinds_goes_at_exit)
{
	ck_assert(testing_exited(testing_in_child(pass_by, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

TESTING_MAIN("life-unwind",
	three_nested_scopes_are_given_back_newest_first,
	functions_called_in_a_block_are_given_back_and_the_block_is_not,
	a_scope_that_is_reached_after_unwinding_does_nothing,
	marks_nest_and_an_older_one_may_follow_a_newer,
	a_mark_stays_right_when_others_come_and_go,
	steal_and_close_take_theirs_out,
	plain_handles_are_left_alone,
	siglongjmp_from_a_handler_unwinds,
	each_thread_has_a_stack_of_its_own,
	a_guard_may_use_guards_in_its_end,
	what_nobody_unwinds_goes_at_exit)
