/* SPDX-License-Identifier: MIT */
/*
 * test-guard-calls.c - a ready-made guard makes no system call more than the
 * calls that it stands for
 *
 * The pairs are those of bench/guards.c, which measures their time: this also
 * holds that it compares like with like. ptrace() counts what really is asked
 * of the kernel, by the C library too.
 */
#include "config.h"

int bench_main(int argc, char *argv[]);

#define main bench_main
#include "../bench/guards.c"
#undef main

#include <sys/ptrace.h>

#include "testing.h"

#define COUNT (sizeof(contenders) / sizeof(*contenders))

/* What is stopped by, in the child; the same calls each time. */
static void mark(void)
{
	raise(SIGSTOP);
}

static void run_all(void)
{
	testing_expect(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	mark();
	for (size_t i = 0; i < COUNT; i++) {
		/* What is done once, and memory, is had from here on. */
		contenders[i].by_hand(2);
		contenders[i].guarded(2);
		mark();
		contenders[i].by_hand(1);
		mark();
		contenders[i].guarded(1);
		mark();
	}
	testing_expect(lost == 0);
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

START_TEST(guards_make_no_system_call_more_than_what_they_stand_for)
{
	int status, by_hand, guarded, least = 1000, most = 0;
	pid_t child;

	setenv("BENCH", "old", 1);
	tempdir = tempfile_gettempdir();
	ck_assert_ptr_nonnull(tempdir);
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
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_ge(count_to_mark(child, &status), 0);
		by_hand = count_to_mark(child, &status);
		guarded = count_to_mark(child, &status);
		/* Two stops a call, before it and after it. */
		ck_assert_msg(guarded <= by_hand && guarded >= 0,
			      "%s: %d stops, by hand %d", contenders[i].name,
			      guarded, by_hand);
		least = by_hand < least ? by_hand : least;
		most = by_hand > most ? by_hand : most;
		printf("%s: %d stops, by hand %d\n", contenders[i].name,
		       guarded, by_hand);
	}
	ck_assert_int_eq(count_to_mark(child, &status), -1);
	ck_assert(testing_exited(status, 0));
	/* The marks alone, and those that have calls between. */
	ck_assert_int_gt(most, least);
}
END_TEST

TESTING_MAIN("guard-calls",
	guards_make_no_system_call_more_than_what_they_stand_for)
