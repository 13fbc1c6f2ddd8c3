/* SPDX-License-Identifier: MIT */
/*
 * test-guard-define.c - guards of every type, handed out, closed early,
 * failing; and deferred calls. check-statement.sh compiles it in other ways.
 */
#include "config.h"

#include "tokens.h"

/* A number, as a descriptor is; the constructor is variadic. */

static int number_open(int number, ...)
{
	char name[16];

	if (number < 0) {
		errno = EBADF;
		return -1;
	}
	snprintf(name, sizeof(name), "%d", number);
	note_of('+', name);
	return number;
}

static int number_end(int number)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	note_of('-', name);
	errno = SPOILT;
	return number == 13 ? -1 : 0;
}

WITH_DEFINE(number, int, number_open, number_end)
enum { LINE_OF_NUMBER = __LINE__ - 1 };

/* A number whose none is another; its exit function returns nothing. */

static unsigned bit_open(void)
{
	note("+bit");
	return 1;
}

static unsigned bit_fail(void)
{
	errno = EMFILE;
	return 0;
}

static void bit_end(unsigned bit)
{
	note(bit == 1 ? "-bit" : "-?");
	errno = SPOILT;
}

WITH_DEFINE(bit, unsigned, bit_open, bit_end, 0)
WITH_DEFINE(no_bit, unsigned, bit_fail, bit_end, 0)

/* A struct larger than registers, with an expression that says it is held. */

struct box {
	char filling[100];
	const char *name;
	int live;
};

static struct box box_open(const char *name, int live)
{
	struct box box = { .name = name, .live = live };

	if (live)
		note_of('+', name);
	else
		errno = ENOSPC;
	return box;
}

static void box_end(struct box box)
{
	note_of('-', box.name);
	errno = SPOILT;
}

WITH_DEFINE(box, struct box, box_open, box_end, (struct box){ 0 }, self.live)

/* An exit "function" that is a macro. */

#define ENDED_BY_MACRO(token) token_end(token)
WITH_DEFINE(by_macro, struct token *, token_make, ENDED_BY_MACRO)

/* A pointer to const, as strings are. */

static const char *word_open(const char *word)
{
	note_of('+', word);
	return word;
}

static void word_end(const char *word)
{
	note_of('-', word);
}

WITH_DEFINE(word, const char *, word_open, word_end)

static int uses_numbers(void)
{
	WITH (number, zero, 0) {
		WITH (number, seven, 7, "more", 1.5) {
			errno = KEPT;
			return zero + seven;
		}
	}
	return -1;
}

static int fails_with_a_number(void)
{
	int error = 0;

	WITH (number, none, -5) {
		note("not reached");
	} else {
		error = none == -1 ? errno : 0;
	}
	errno = KEPT;
	return error;
}

START_TEST(numbers_are_guarded_and_minus_one_is_none)
{
	expect(uses_numbers(), 7, "+0 +7 -7 -0");
	expect(fails_with_a_number(), EBADF, "");
}
END_TEST

static int uses_bits(void)
{
	int error = 0;

	WITH (bit, one) {
		SCOPED (bit, two);

		error += (int)(one + two);
		errno = KEPT;
	}
	WITH (no_bit, none) {
		note("not reached");
	} else {
		error += errno + (int)none;
		errno = KEPT;
	}
	return error;
}

START_TEST(none_is_what_the_definition_says)
{
	expect(uses_bits(), 2 + EMFILE, "+bit +bit -bit -bit");
}
END_TEST

static int uses_boxes(void)
{
	WITH (box, a, "a", 1) {
		WITH (box, b, "b", 0) {
			note("not reached");
		} else {
			note(b.name);
		}
		note(a.name);
		errno = KEPT;
		return a.live;
	}
	return -1;
}

START_TEST(structs_are_guarded_by_their_own_expression)
{
	expect(uses_boxes(), 1, "+a b a -a");
}
END_TEST

static int uses_others(void)
{
	WITH (by_macro, a, "a") {
		WITH (word, b, "b") {
			note(a->name);
			note(b);
			errno = KEPT;
		}
	}
	return 0;
}

START_TEST(macro_and_pointer_to_const_are_guarded)
{
	expect(uses_others(), 0, "+a +b a b -b -a");
}
END_TEST

/* Handing out and closing early. */

static struct token *make_token(const char *name)
{
	WITH (token, a, name) {
		return with_steal(a);
	}
	return NULL;
}

static struct token *make_token_in_a_scope(const char *name)
{
	SCOPED (token, a, name);

	return with_steal(a);
}

static int make_number(int number)
{
	WITH (number, a, number) {
		return number_steal(&a);
	}
	return -1;
}

static struct box make_box(const char *name)
{
	SCOPED (box, a, name, 1);

	return box_steal(&a);
}

static int hands_out(void)
{
	struct token *a = make_token("a");
	struct token *b = make_token_in_a_scope("b");
	struct token *none = make_token_in_a_scope(NULL);
	int seven = make_number(7);
	struct box c = make_box("c");

	note(none ? "?" : "made");
	note(a->name);
	token_end(b);
	token_end(a);
	number_end(seven);
	box_end(c);
	errno = KEPT;
	return seven;
}

START_TEST(what_is_handed_out_lives_on)
{
	expect(hands_out(), 7, "+a +b +7 +c made a -b -a -7 -c");
}
END_TEST

static int is_none_once_handed_out(void)
{
	struct token *taken = NULL;
	int number = -1;
	int result = 0;

	WITH (token, a, "a") {
		taken = with_steal(a);
		result += a == NULL;
		result += with_steal(a) == NULL;
	}
	WITH (number, b, 3) {
		number = number_steal(&b);
		result += b == -1;
		result += number_steal(&b) == -1;
	}
	/* What was handed out is an ordinary variable, which can be closed. */
	result += (token_close(&taken) == 0) + !taken;
	result += number_close(&number) == 0;
	errno = KEPT;
	return result;
}

START_TEST(what_was_handed_out_is_none_and_can_be_closed)
{
	expect(is_none_once_handed_out(), 4 + 2 + 1, "+a +3 -a -3");
}
END_TEST

/* 1 for each thing that is as it should be. */
static int closes_early(void)
{
	int result = 0;

	WITH (token, a, "a") {
		WITH (token, b, BAD_CLOSE) {
			result += token_close(&b) == -1 && errno == SPOILT;
			result += b == NULL;
			result += token_close(&b) == 0;
			note("closed");
		}
		errno = KEPT;
	}
	return result;
}

static int closes_early_what_returns_nothing(void)
{
	int result = 0;

	WITH (box, a, "a", 1) {
		SCOPED (bit, b);

		result += bit_close(&b) == 0 && b == 0;
		result += box_close(&a) == 0 && !a.live;
		result += box_close(&a) == 0;
		note("closed");
		errno = KEPT;
	}
	return result;
}

START_TEST(closing_early_tells_the_result_and_disarms)
{
	expect(closes_early(), 3, "+a +bad -bad closed -a");
	expect(closes_early_what_returns_nothing(), 3,
	       "+a +bit -bit -a closed");
}
END_TEST

START_TEST(closing_no_variable_is_success)
{
	ck_assert_int_eq(token_close(NULL), 0);
	ck_assert_int_eq(number_close(NULL), 0);
	ck_assert_int_eq(box_close(NULL), 0);
}
END_TEST

/* What the error hook is told. */

static char told[256];

static void be_told(const struct with_error *error, void *data)
{
	size_t length = strlen(told);
	const char *source = error->source ? error->source : "nowhere";
	const char *slash = strrchr(source, '/');

	snprintf(told + length, sizeof(told) - length, "%s%s %s %s %s",
		 length ? ", " : "", error->operation, error->path,
		 error->error == *(const int *)data ? "expected" : "other",
		 slash ? slash + 1 : source);
	errno = EIO;
}

static int fails_to_close_at_the_end(void)
{
	WITH (token, a, BAD_CLOSE) {
		SCOPED (number, b, 13);

		errno = KEPT;
		return b;
	}
	return -1;
}

START_TEST(error_hook_hears_of_a_close_that_fails_at_the_end)
{
	char expected[256];
	int error = SPOILT;

	told[0] = '\0';
	with_set_error_hook(be_told, &error);
	expect(fails_to_close_at_the_end(), 13, "+bad +13 -13 -bad");
	snprintf(expected, sizeof(expected),
		 "close number expected test-guard-define.c:%d, "
		 "close token expected tokens.h:%d",
		 LINE_OF_NUMBER, LINE_OF_TOKEN);
	ck_assert_str_eq(told, expected);

	/* An explicit close has told its caller. */
	told[0] = '\0';
	expect(closes_early(), 3, "+a +bad -bad closed -a");
	ck_assert_str_eq(told, "");
	with_set_error_hook(NULL, NULL);
}
END_TEST

static int line_of_entry;

static int fails_to_open(void)
{
	line_of_entry = __LINE__ + 1;
	WITH (token, a, NULL) {
		note("not reached");
	}
	return 0;
}

static int fails_to_open_a_scope(void)
{
	line_of_entry = __LINE__ + 1;
	SCOPED (token, a, NULL);

	return a ? 1 : 0;
}

/* Not expect(): nothing is closed, so errno is that of the failure. */
static void expect_report_of(int (*function)(void))
{
	char expected[128];
	int error = ENOENT;

	told[0] = '\0';
	with_set_error_hook(be_told, &error);
	ck_assert_int_eq(function(), 0);
	ck_assert_int_eq(errno, ENOENT);
	with_set_error_hook(NULL, NULL);
	snprintf(expected, sizeof(expected),
		 "open token expected test-guard-define.c:%d", line_of_entry);
	ck_assert_str_eq(told, expected);
}

START_TEST(error_hook_hears_of_a_failed_entry_and_its_line)
{
	expect_report_of(fails_to_open);
	expect_report_of(fails_to_open_a_scope);
}
END_TEST

/* Deferred calls. */

static void say(const char *what)
{
	note(what);
	errno = SPOILT;
}

static int say_number(long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	note(text);
	errno = SPOILT;
	return -1;
}

static void say_box(struct box box)
{
	note(box.name);
	errno = SPOILT;
}

WITH_DEFERRABLE(say, const char *)
WITH_DEFERRABLE(say_number, long)
WITH_DEFERRABLE(say_box, struct box)
WITH_DEFERRABLE(free, void *)

static int defers(int way)
{
	int number = 1;
	struct box box = { .name = "box" };
	char *memory = malloc(10);

	SCOPED_DEFER(free, memory);
	SCOPED_DEFER(say, "first");
	SCOPED_DEFER(say_number, number); SCOPED_DEFER(say, "second");
	SCOPED_DEFER(say_box, box);
	number = 2;
	box.name = "changed";
	for (int i = 0; i < 2; i++) {
		SCOPED_DEFER(say_number, i + 10);
		note("turn");
		if (way == 1)
			break;
	}
	errno = KEPT;
	if (way == 2)
		return way;
	note("end");
	errno = KEPT;
	return number;
}

START_TEST(deferred_calls_have_the_argument_of_then_and_run_newest_first)
{
	expect(defers(0), 2, "turn 10 turn 11 end box second 1 first");
	expect(defers(1), 2, "turn 10 end box second 1 first");
	expect(defers(2), 2, "turn 10 turn 11 box second 1 first");
}
END_TEST

static int defers_among_guards(void)
{
	SCOPED_DEFER(say, "deferred");

	WITH (token, a, "a") {
		SCOPED_DEFER(say, a->name);
		note("body");
		errno = KEPT;
	}
	return 0;
}

START_TEST(deferred_calls_and_guards_are_given_back_newest_first)
{
	expect(defers_among_guards(), 0, "+a body a -a deferred");
}
END_TEST

TESTING_MAIN("guard-define",
	numbers_are_guarded_and_minus_one_is_none,
	none_is_what_the_definition_says,
	structs_are_guarded_by_their_own_expression,
	macro_and_pointer_to_const_are_guarded,
	what_is_handed_out_lives_on,
	what_was_handed_out_is_none_and_can_be_closed,
	closing_early_tells_the_result_and_disarms,
	closing_no_variable_is_success,
	error_hook_hears_of_a_close_that_fails_at_the_end,
	error_hook_hears_of_a_failed_entry_and_its_line,
	deferred_calls_have_the_argument_of_then_and_run_newest_first,
	deferred_calls_and_guards_are_given_back_newest_first)
