/* SPDX-License-Identifier: MIT */
/*
 * test-cleanup.c - a block of statements at the end of the scope. Clang needs
 * -fblocks for it; check-statement.sh compiles it in other ways.
 */
#include "config.h"

#include <with/cleanup.h>

#include "tokens.h"

#if defined(__clang__) && !defined(__BLOCKS__)

/* Here is nothing to be tested but that the header stands this compiler. */
START_TEST(shared_variable_is_an_ordinary_one)
{
	WITH_SHARED int number = 1;

	ck_assert_int_eq(number, 1);
}
END_TEST

TESTING_MAIN("cleanup", shared_variable_is_an_ordinary_one)

#else

#ifdef __clang__
/*
 * What blocks need of their runtime library as long as they stay on the stack,
 * which is all that the statement asks of them.
 */
void *_NSConcreteStackBlock[32];
void *_NSConcreteGlobalBlock[32];
void _Block_object_assign(void *to, const void *object, const int flags);
void _Block_object_dispose(const void *object, const int flags);

void _Block_object_assign(void *to, const void *object, const int flags)
{
	ck_abort_msg("block %p copied to %p (%d)", object, to, flags);
}

void _Block_object_dispose(const void *object, const int flags)
{
	(void)object;
	(void)flags;
}
#endif

static int runs(int way)
{
	const char *copied = "as it was";
	WITH_SHARED const char *shared = "first";

	SCOPED_CLEANUP {
		note(copied);
		note(shared);
		errno = SPOILT;
	};
	SCOPED_CLEANUP {
		if (way == 9)
			return;
		note(shared);
		shared = "last";
		errno = SPOILT;
	};
	shared = "second";
	for (int i = 0; i < 3; i++) {
		SCOPED_CLEANUP { note("turn"); };

		if (i == 1)
			break;
	}
	errno = KEPT;
	if (way == 1)
		return 1;
	if (way == 2)
		goto out;
	note("end");
	errno = KEPT;
out:
	return way;
}

START_TEST(statements_run_at_the_end_of_their_scope_newest_first)
{
	expect(runs(0), 0, "turn turn end second as it was last");
	expect(runs(1), 1, "turn turn second as it was last");
	expect(runs(2), 2, "turn turn second as it was last");
	expect(runs(9), 9, "turn turn end as it was second");
}
END_TEST

static int runs_among_guards(void)
{
	SCOPED_CLEANUP { note("outer"); errno = SPOILT; };

	WITH (token, a, "a") {
		SCOPED (token, b, "b");
		SCOPED_CLEANUP {
			note(a->name);
			note(b->name);
			errno = SPOILT;
		};
		SCOPED (token, c, "c");

		errno = KEPT;
		return c ? c->name[0] : -1;
	}
	return -1;
}

START_TEST(statements_run_among_guards_newest_first)
{
	expect(runs_among_guards(), 'c', "+a +b +c -c a b -b -a outer");
}
END_TEST

TESTING_MAIN("cleanup",
	statements_run_at_the_end_of_their_scope_newest_first,
	statements_run_among_guards_newest_first)
#endif
