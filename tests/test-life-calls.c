/* SPDX-License-Identifier: MIT */
/*
 * test-life-calls.c - a signal, or a failure, at every system call of a cycle
 * of creating, using and removing, for every noun.
 *
 * By way of the table of system calls; and the signals also at every real one,
 * those of the C library included, by ptrace(). storm-calls.sh does the same
 * and the failures from outside. Beside the things stands a canary, which no
 * run may touch.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include <with.h>

#include "base/syscalls.h"
#include "cycles.h"
#include "meddle.h"
#include "testing.h"

/* What a child has to say, whatever it dies of. */
static struct {
	int owned;
	char told[4096];
} *shared;

static void note_report(const struct with_error *error, void *data)
{
	size_t length = strlen(shared->told);

	(void)data;
	snprintf(shared->told + length, sizeof(shared->told) - length, "%s\n",
		 error->path);
}

static void setup(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	cycles_owned = &shared->owned;
	/* Found once, by system calls that are none of a cycle's. */
	ck_assert_ptr_nonnull(tempfile_gettempdir());
	umask(077);
}

static void teardown(void)
{
	with_set_error_hook(NULL, NULL);
	cycles_owned = NULL;
	munmap(shared, sizeof(*shared));
	ck_assert(cycles_clear());
}

struct plan {
	const struct cycle *cycle;
	unsigned long at;
	int error;		/* 0: a signal */
	const char *for_good;	/* from then on all calls of that name */
};

static int act(const struct meddle_call *call, void *data)
{
	struct plan *plan = data;

	if (plan->for_good && call->index > plan->at)
		return strcmp(call->function, plan->for_good) ? 0 : plan->error;
	if (call->index != plan->at)
		return 0;
	if (plan->for_good)
		plan->for_good = call->function;
	if (!plan->error)
		raise(SIGTERM);
	return plan->error;
}

/* A child of its own for one run, in a place made ready for it. */
static int run(void (*function)(void *data), struct plan *plan)
{
	int status;

	ck_assert(cycles_clear());
	ck_assert(cycles_prepare(plan->cycle));
	shared->told[0] = '\0';
	status = testing_in_child(function, plan);
	return status;
}

static void expect_all_right(const struct plan *plan, int status)
{
	const char *wrong = cycles_wrong(plan->cycle, shared->told);

	ck_assert_msg(!wrong, "%s, call %lu, errno %d, status %#x: %s",
		      plan->cycle->name, plan->at, plan->error, status, wrong);
}

static unsigned long count_calls(const struct cycle *cycle)
{
	ck_assert(cycles_clear());
	ck_assert(cycles_prepare(cycle));
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(cycle->run(), 0);
	return meddle_end();
}

static void be_signalled(void *data)
{
	struct plan *plan = data;

	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	meddle_begin(act, plan);
	testing_expect(plan->cycle->run() == 0);
	meddle_end();
	raise(SIGTERM);		/* after the last call */
}

START_TEST(a_signal_at_any_call_leaves_nothing_and_kills)
{
	struct plan plan = { .cycle = &cycles[_i] };
	unsigned long calls = count_calls(plan.cycle);

	ck_assert_uint_gt(calls, 1);
	for (plan.at = 0; plan.at <= calls && !plan.cycle->raw; plan.at++) {
		int status = run(be_signalled, &plan);

		ck_assert_msg(testing_killed(status, SIGTERM),
			      "%s, call %lu: %#x", plan.cycle->name, plan.at,
			      status);
		expect_all_right(&plan, status);
	}
}
END_TEST

static void be_traced(const struct cycle *cycle)
{
	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	testing_expect(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	testing_expect(cycle->run() == 0);
	_exit(0);
}

/* Its wait status, after a signal at the stop of that number. */
static int trace(const struct cycle *cycle, unsigned long stop)
{
	int status;
	pid_t child;

	ck_assert(cycles_clear());
	ck_assert(cycles_prepare(cycle));
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		be_traced(cycle);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSTOPPED(status), "no ptrace? %#x", status);
	while (stop-- > 0) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		if (!WIFSTOPPED(status))
			return status;
	}
	kill(child, SIGTERM);
	ptrace(PTRACE_DETACH, child, NULL, NULL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(a_signal_at_any_real_system_call_leaves_nothing_and_kills)
{
	struct plan plan = { .cycle = &cycles[_i] };
	unsigned long step;
	int status;

	if (plan.cycle->raw)
		return;
	/* All of them in the long form. */
	step = testing_storm(0, 1) ? 1 : 3;
	for (plan.at = (unsigned)_i % step; ; plan.at += step) {
		status = trace(plan.cycle, plan.at);
		expect_all_right(&plan, status);
		if (WIFEXITED(status))
			break;
		ck_assert_msg(testing_killed(status, SIGTERM),
			      "%s, stop %lu: %#x", plan.cycle->name, plan.at,
			      status);
	}
	ck_assert(testing_exited(status, 0));
	ck_assert_uint_gt(plan.at, 6);
	printf("%s: a signal at %lu stops\n", plan.cycle->name,
	       plan.at / step);
}
END_TEST

enum { UNTOLD = 2, TOLD = 3 };

static void meet_a_failure(void *data)
{
	struct plan *plan = data;
	char *before = testing_descriptors();
	char *after;
	int error;

	with_set_error_hook(note_report, NULL);
	meddle_begin(act, plan);
	error = plan->cycle->run();
	/* A failure for good is met at exit, too. */
	if (!plan->for_good)
		meddle_end();
	/* It is what failed that the caller hears of, if anything. */
	testing_expect(error == 0 || error == plan->error);
	after = testing_descriptors();
	testing_expect(strcmp(before, after) == 0);
	free(before);
	free(after);
	exit(error ? TOLD : UNTOLD);
}

static void fail_everywhere(struct plan *plan, bool for_good)
{
	unsigned long calls = count_calls(plan->cycle);
	unsigned long told = 0;

	for (plan->at = 0; plan->at < calls; plan->at++) {
		int status;

		plan->for_good = for_good ? "" : NULL;
		status = run(meet_a_failure, plan);
		ck_assert_msg(testing_exited(status, UNTOLD) ||
			      testing_exited(status, TOLD),
			      "%s, call %lu, errno %d: %#x", plan->cycle->name,
			      plan->at, plan->error, status);
		told += testing_exited(status, TOLD) ? 1 : 0;
		expect_all_right(plan, status);
	}
	ck_assert_uint_gt(told, 0);
	printf("%s: errno %d at each of %lu calls%s, told %lu times\n",
	       plan->cycle->name, plan->error, calls,
	       for_good ? " for good" : "", told);
}

static const int errors[] = { EIO, ENOMEM, EDQUOT };

/* At exit it is tried again, and then nothing fails. */
START_TEST(a_failure_of_any_call_is_told_and_loses_nothing)
{
	struct plan plan = {
		.cycle = &cycles[_i / 3], .error = errors[_i % 3],
	};

	fail_everywhere(&plan, false);
}
END_TEST

/* What cannot be removed at exit either is told to the hook, by its path. */
START_TEST(a_failure_for_good_of_any_call_leaves_only_what_is_told)
{
	struct plan plan = { .cycle = &cycles[_i], .error = EIO };

	fail_everywhere(&plan, true);
}
END_TEST

static void add_tests(TCase *tests)
{
	int count = (int)cycles_count;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
		a_signal_at_any_call_leaves_nothing_and_kills, 0, count);
	tcase_add_loop_test(tests,
		a_signal_at_any_real_system_call_leaves_nothing_and_kills, 0,
		count);
	tcase_add_loop_test(tests,
		a_failure_of_any_call_is_told_and_loses_nothing, 0, 3 * count);
	tcase_add_loop_test(tests,
		a_failure_for_good_of_any_call_leaves_only_what_is_told, 0,
		count);
}

TESTING_MAIN_CASE("life-calls", add_tests)
