/* SPDX-License-Identifier: MIT */
/*
 * test-guard-unwind.c - guards of every kind that longjmp() passes by, given
 * back by with_unwind(). check-statement.sh compiles it in other ways.
 */
#define WITH_UNWINDABLE
#include "config.h"

#include <setjmp.h>

#include "tokens.h"

static jmp_buf back;

struct crate {
	char filling[100];
	const char *name;
};

static struct crate crate_make(const char *name)
{
	note_of('+', name);
	return (struct crate){ .name = name };
}

static void crate_end(struct crate crate)
{
	note_of('-', crate.name);
	errno = SPOILT;
}

WITH_DEFINE(crate, struct crate, crate_make, crate_end, (struct crate){ 0 }, self.name)

static void tell(const char *what)
{
	note(what);
	errno = SPOILT;
}

WITH_DEFERRABLE(tell, const char *)

static void jump_out_of_all(int depth)
{
	SCOPED_DEFER(tell, "deferred");

	WITH (token, a, "a") {
		WITH (crate, b, "b") {
			SCOPED (token, closed, "closed");
			SCOPED (token, taken, "taken");
			struct token *mine = token_steal(&taken);

			token_close(&closed);
			token_end(mine);
			if (depth > 1)
				jump_out_of_all(depth - 1);
			errno = KEPT;
			longjmp(back, 1);
		}
	}
}

#define PASSED_BY "+a +b +closed +taken -closed -taken"

static int is_jumped_out_of(int depth)
{
	struct with_mark mark = with_mark();

	if (setjmp(back) == 0)
		jump_out_of_all(depth);
	else
		with_unwind(mark);
	return 0;
}

START_TEST(guards_that_a_longjmp_passed_by_are_given_back_newest_first)
{
	expect(is_jumped_out_of(1), 0, PASSED_BY " -b -a deferred");
	expect(is_jumped_out_of(2), 0, PASSED_BY " " PASSED_BY
	       " -b -a deferred -b -a deferred");
}
END_TEST

static int is_unwound_within(void)
{
	struct with_mark mark = with_mark();

	SCOPED_DEFER(tell, "deferred");

	WITH (token, a, "a") {
		WITH (crate, b, "b") {
			with_unwind(mark);
		}
		note("after");
		errno = KEPT;
	}
	return 0;
}

START_TEST(scope_that_was_unwound_gives_nothing_back_twice)
{
	expect(is_unwound_within(), 0, "+a +b -b -a deferred after");
}
END_TEST

/* The older guard stays. */
static int is_unwound_in_part(void)
{
	WITH (token, a, "a") {
		int result = is_jumped_out_of(1);

		note("in a");
		errno = KEPT;
		return result;
	}
	return -1;
}

START_TEST(guards_older_than_the_mark_are_left_to_their_scopes)
{
	expect(is_unwound_in_part(), 0,
	       "+a " PASSED_BY " -b -a deferred in a -a");
}
END_TEST

TESTING_MAIN("guard-unwind",
	guards_that_a_longjmp_passed_by_are_given_back_newest_first,
	scope_that_was_unwound_gives_nothing_back_twice,
	guards_older_than_the_mark_are_left_to_their_scopes)
