/* SPDX-License-Identifier: MIT */
/*
 * debug.c - a program for check-debug.sh to step through; with an argument, a
 * failing assertion inside a block.
 */
#include <assert.h>

#include <with/guard.h>

static int open_things;

static int *thing_make(int which)
{
	static int things[3];

	open_things++;
	return which < 3 ? &things[which] : NULL;
}

static int thing_end(int *thing)
{
	open_things--;
	return *thing;
}

WITH_DEFINE(thing, int *, thing_make, thing_end)

int main(int argc, char **argv)
{
	int number = argc;

	WITH (thing, a, 0) {
		number += 2;
		WITH (thing, b, 1) {
			number += 3;
		} else {
			number = 0;
		}
		number += 4;
		assert(!argv[1]);
	} else {
		return 1;
	}
	SCOPED (thing, c, 2);

	return c && number == 10 && open_things == 1 ? 0 : 1;
}
