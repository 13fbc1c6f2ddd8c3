/* SPDX-License-Identifier: MIT */
/*
 * test-guard.c - every way in and out of a guarded block or scope.
 *
 * A function for each shape, and one table of what must have happened; each
 * leaves with errno KEPT, which closing spoils. check-statement.sh compiles
 * this same file with other compilers, optimisations and sanitizers.
 */
#include "config.h"

#include "tokens.h"

static int reaches_the_end(void)
{
	WITH (token, a, "a") {
		note("body");
		errno = KEPT;
	}
	note("after");
	return 0;
}

static int returns_what_it_computed(void)
{
	WITH (token, a, "abc") {
		errno = KEPT;
		return (int)strlen(a->name);
	}
	return -1;
}

static int breaks(void)
{
	WITH (token, a, "a") {
		errno = KEPT;
		if (a)
			break;
		note("not reached");
	}
	note("after");
	return 0;
}

static int continues(void)
{
	WITH (token, a, "a") {
		errno = KEPT;
		if (a)
			continue;
		note("not reached");
	}
	note("after");
	return 0;
}

static int goes_out(void)
{
	WITH (token, a, "a") {
		errno = KEPT;
		if (a)
			goto out;
		note("not reached");
	}
	note("not reached");
out:
	note("out");
	return 0;
}

static int goes_back(void)
{
	int times = 0;

again:
	WITH (token, a, "a") {
		errno = KEPT;
		if (++times < 3)
			goto again;
	}
	return times;
}

static int nests_three_deep(void)
{
	WITH (token, a, "a") {
		WITH (token, b, "b") {
			WITH (token, c, "c") {
				note("body");
				errno = KEPT;
			}
			note("in b");
		}
		note("in a");
	}
	return 0;
}

static int returns_from_three_deep(void)
{
	WITH (token, a, "a") {
		WITH (token, b, "b") {
			WITH (token, c, "c") {
				errno = KEPT;
				return a->name[0] + b->name[0] + c->name[0];
			}
		}
	}
	return -1;
}

/* The inner block only. */
static int breaks_the_inner_block(void)
{
	WITH (token, a, "a") {
		WITH (token, b, "b") {
			errno = KEPT;
			break;
		}
		note("in a");
	}
	return 0;
}

/* The block, not the loop: documented so, and held so. */
static int breaks_in_a_loop(void)
{
	int turns = 0;

	for (int i = 0; i < 3; i++) {
		WITH (token, a, "a") {
			errno = KEPT;
			if (i == 1)
				break;
			note("body");
		}
		turns++;
	}
	return turns;
}

static int continues_in_a_loop(void)
{
	int turns = 0;
	int i = 3;

	while (i--) {
		WITH (token, a, "a") {
			errno = KEPT;
			if (i == 1)
				continue;
			note("body");
		}
		turns++;
	}
	return turns;
}

static int is_the_body_of_loops(void)
{
	int i = 0;

	do
		WITH (token, a, "a")
			errno = KEPT;
	while (++i < 2);
	for (i = 0; i < 2; i++)
		WITH (token, b, "b")
			errno = KEPT;
	return i;
}

static int has_a_loop_in_the_body(void)
{
	int turns = 0;

	WITH (token, a, "a") {
		for (int i = 0; i < 9; i++) {
			if (i == 1)
				continue;
			if (i == 3)
				break;
			turns++;
		}
		note("body");
		errno = KEPT;
	}
	return turns;
}

static int stands_under_an_unbraced_if(int yes)
{
	errno = KEPT;
	if (yes)
		WITH (token, a, "a") {
			note("body");
			errno = KEPT;
		}
	note("after");
	return yes;
}

static int stands_twice_in_a_line(void)
{
	WITH (token, a, "a") WITH (token, b, "b") {
		note("body");
		errno = KEPT;
	}
	return 0;
}

/* One after the other, with the same name. */
static int stands_twice_in_a_scope(void)
{
	WITH (token, a, "a") { note("1"); } WITH (token, a, "b") { note("2"); }
	errno = KEPT;
	return 0;
}

static int returns_early_in_else(void)
{
	WITH (token, a, NULL) {
		note("not reached");
	} else {
		int error = errno;

		note(a ? "held" : "none");
		errno = KEPT;
		return error;
	}
	note("not reached");
	return -1;
}

static int returns_in_body_not_in_else(void)
{
	WITH (token, a, "a") {
		errno = KEPT;
		return a->name[0];
	} else {
		note("not reached");
	}
	return -1;
}

static int breaks_in_else(void)
{
	WITH (token, a, NULL) {
		note("not reached");
	} else {
		errno = KEPT;
		if (!a)
			break;
		note("not reached");
	}
	note("after");
	return 0;
}

static int goes_out_of_else(void)
{
	WITH (token, a, NULL) {
		note("not reached");
	} else {
		errno = KEPT;
		goto out;
	}
	note("not reached");
out:
	return 0;
}

static int goes_on_after_a_failure_without_else(void)
{
	int error = 0;

	errno = 0;
	WITH (token, a, NULL) {
		note("not reached");
	}
	error = errno;
	errno = KEPT;
	return error;
}

static int fails_inside_a_live_one(void)
{
	int error = 0;

	WITH (token, a, "a") {
		WITH (token, b, NULL) {
			note("not reached");
		} else {
			error = errno;
			note("else of b");
		}
		note("in a");
		errno = KEPT;
	} else {
		note("not reached");
	}
	return error;
}

static int returns_from_a_failure_inside_a_live_one(void)
{
	WITH (token, a, "a") {
		WITH (token, b, NULL) {
			note("not reached");
		} else {
			errno = KEPT;
			return -1;
		}
	}
	return 0;
}

static int recurses(int depth)
{
	char name[2] = { (char)('0' + depth), '\0' };

	if (depth == 0) {
		errno = KEPT;
		return 0;
	}
	WITH (token, a, name) {
		return a->name[0] - '0' + recurses(depth - 1);
	}
	return -1;
}

static int stands_in_a_case(int which)
{
	errno = KEPT;
	switch (which) {
	case 1:
		WITH (token, a, "a") {
			errno = KEPT;
			break;	/* the block */
		}
		note("still in case 1");
		break;
	case 2:
		WITH (token, b, "b")
			return 2;
		break;
	default:
		note("default");
	}
	return which;
}

static int has_a_switch_in_the_body(int which)
{
	WITH (token, a, "a") {
		switch (which) {
		case 1:
			note("1");
			break;
		default:
			note("default");
		}
		errno = KEPT;
	}
	return which;
}

START_TEST(each_block_is_given_back_once_however_it_is_left)
{
	expect(reaches_the_end(), 0, "+a body -a after");
	expect(returns_what_it_computed(), 3, "+abc -abc");
	expect(breaks(), 0, "+a -a after");
	expect(continues(), 0, "+a -a after");
	expect(goes_out(), 0, "+a -a out");
	expect(goes_back(), 3, "+a -a +a -a +a -a");
}
END_TEST

START_TEST(nested_blocks_are_given_back_newest_first)
{
	expect(nests_three_deep(), 0, "+a +b +c body -c in b -b in a -a");
	expect(returns_from_three_deep(), 'a' + 'b' + 'c',
	       "+a +b +c -c -b -a");
	expect(breaks_the_inner_block(), 0, "+a +b -b in a -a");
	expect(stands_twice_in_a_line(), 0, "+a +b body -b -a");
	expect(stands_twice_in_a_scope(), 0, "+a 1 -a +b 2 -b");
	expect(recurses(4), 4 + 3 + 2 + 1, "+4 +3 +2 +1 -1 -2 -3 -4");
}
END_TEST

START_TEST(blocks_and_loops_keep_out_of_each_others_way)
{
	expect(breaks_in_a_loop(), 3, "+a body -a +a -a +a body -a");
	expect(continues_in_a_loop(), 3, "+a body -a +a -a +a body -a");
	expect(is_the_body_of_loops(), 2, "+a -a +a -a +b -b +b -b");
	expect(has_a_loop_in_the_body(), 2, "+a body -a");
}
END_TEST

START_TEST(block_stands_where_a_statement_may)
{
	expect(stands_under_an_unbraced_if(1), 1, "+a body -a after");
	expect(stands_under_an_unbraced_if(0), 0, "after");
	expect(stands_in_a_case(1), 1, "+a -a still in case 1");
	expect(stands_in_a_case(2), 2, "+b -b");
	expect(stands_in_a_case(3), 3, "default");
	expect(has_a_switch_in_the_body(1), 1, "+a 1 -a");
	expect(has_a_switch_in_the_body(2), 2, "+a default -a");
}
END_TEST

START_TEST(failed_entry_runs_the_else_arm_only)
{
	expect(returns_early_in_else(), ENOENT, "none");
	expect(returns_in_body_not_in_else(), 'a', "+a -a");
	expect(breaks_in_else(), 0, "after");
	expect(goes_out_of_else(), 0, "");
	expect(goes_on_after_a_failure_without_else(), ENOENT, "");
	expect(fails_inside_a_live_one(), ENOENT, "+a else of b in a -a");
	expect(returns_from_a_failure_inside_a_live_one(), -1, "+a -a");
}
END_TEST

/* The declaration form. */

static int scope_reaches_the_end(void)
{
	{
		SCOPED (token, a, "a");
		SCOPED (token, b, "b"); SCOPED (token, c, "c");

		note(a && b && c ? "held" : "none");
		errno = KEPT;
	}
	note("after");
	return 0;
}

static int scope_returns(void)
{
	SCOPED (token, a, "abc");

	errno = KEPT;
	return (int)strlen(a->name);
}

static int scope_fails(void)
{
	SCOPED (token, a, "a");
	SCOPED (token, b, NULL);
	int error = errno;

	errno = KEPT;
	return b ? -1 : error;
}

/* The loop, this time. */
static int scope_breaks_the_loop(void)
{
	int turns = 0;

	for (int i = 0; i < 9; i++) {
		SCOPED (token, a, "a");

		errno = KEPT;
		if (i == 1)
			continue;
		if (i == 2)
			break;
		note(a->name);
		turns++;
	}
	return turns;
}

static int scope_in_a_case(int which)
{
	errno = KEPT;
	switch (which) {
	case 1: {
		SCOPED (token, a, "a");

		if (a)
			break;
		note("not reached");
	}
	/* fallthrough */
	default:
		note("default");
	}
	return which;
}

static int scope_goes_out(void)
{
	int times = 0;

again:
	{
		SCOPED (token, a, "a");

		errno = KEPT;
		if (++times < 2)
			goto again;
		if (a)
			goto out;
	}
	note("not reached");
out:
	return times;
}

START_TEST(declared_guard_lasts_to_the_end_of_its_scope)
{
	expect(scope_reaches_the_end(), 0, "+a +b +c held -c -b -a after");
	expect(scope_returns(), 3, "+abc -abc");
	expect(scope_fails(), ENOENT, "+a -a");
	expect(scope_breaks_the_loop(), 1, "+a a -a +a -a +a -a");
	expect(scope_in_a_case(1), 1, "+a -a");
	expect(scope_in_a_case(2), 2, "default");
	expect(scope_goes_out(), 2, "+a -a +a -a");
}
END_TEST

TESTING_MAIN("guard",
	each_block_is_given_back_once_however_it_is_left,
	nested_blocks_are_given_back_newest_first,
	blocks_and_loops_keep_out_of_each_others_way,
	block_stands_where_a_statement_may,
	failed_entry_runs_the_else_arm_only,
	declared_guard_lasts_to_the_end_of_its_scope)
