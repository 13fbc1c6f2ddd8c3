/* SPDX-License-Identifier: MIT */
/*
 * test-guard-calls.c - a ready-made guard makes no system call more than the
 * calls that it stands for
 *
 * The pairs are those of which bench/guards.c measures the time: this also
 * holds that it compares like with like. ptrace() counts what really is asked
 * of the kernel, by the C library too.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bench/pairs.h"
#include "testing.h"

int pairs_lost;

static const struct pair *const lists[] = { pairs_of_things, pairs_of_state };
#define LISTS (sizeof(lists) / sizeof(*lists))

/* What is stopped by, in the child; the same calls each time. */
static void mark(void)
{
	raise(SIGSTOP);
}

static void run_list(const struct pair *pair)
{
	for (; pair->name; pair++) {
		/* What is done once, and memory, is had from here on. */
		pair->by_hand(2);
		pair->guarded(2);
		mark();
		pair->by_hand(1);
		mark();
		pair->guarded(1);
		mark();
	}
}

static void run_all(void)
{
	testing_expect(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	mark();
	for (size_t i = 0; i < LISTS; i++)
		run_list(lists[i]);
	testing_expect(pairs_lost == 0);
	_exit(0);
}

/* Stops at system calls until the next mark; -1: it has ended. */
static int count_to_mark(pid_t child, int *ret_status)
{
	int stops = 0;

	for (;;) {
		ck_assert_int_eq(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(child, ret_status, 0), child);
		if (!WIFSTOPPED(*ret_status))
			return -1;
		if (WSTOPSIG(*ret_status) == SIGSTOP)
			return stops;
		stops++;
	}
}

static int least = 1000, most;

static void compare(pid_t child, const struct pair *pair)
{
	int status, by_hand, guarded;

	ck_assert_int_ge(count_to_mark(child, &status), 0);
	by_hand = count_to_mark(child, &status);
	guarded = count_to_mark(child, &status);
	/* Two stops a call, before it and after it. */
	ck_assert_msg(guarded <= by_hand && guarded >= 0,
		      "%s: %d stops, by hand %d", pair->name, guarded, by_hand);
	least = by_hand < least ? by_hand : least;
	most = by_hand > most ? by_hand : most;
	printf("%s: %d stops, by hand %d\n", pair->name, guarded, by_hand);
}

START_TEST(guards_make_no_system_call_more_than_what_they_stand_for)
{
	const struct pair *pair;
	int status;
	pid_t child;

	pairs_prepare_things();
	pairs_prepare_state();
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		run_all();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSTOPPED(status), "no ptrace? %#x", status);
	/* It goes with this process, if that fails an assertion. */
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, child, NULL,
				PTRACE_O_EXITKILL), 0);
	for (size_t i = 0; i < LISTS; i++)
		for (pair = lists[i]; pair->name; pair++)
			compare(child, pair);
	ck_assert_int_eq(count_to_mark(child, &status), -1);
	ck_assert(testing_exited(status, 0));
	/* The marks alone, and those that have calls between. */
	ck_assert_int_gt(most, least);
}
END_TEST

TESTING_MAIN("guard-calls",
	guards_make_no_system_call_more_than_what_they_stand_for)
