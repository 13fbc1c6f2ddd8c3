/* SPDX-License-Identifier: MIT */
/*
 * test-life-calls.c - a signal, or a failure, at every system call of a cycle
 * of creating, using and removing, for every noun.
 *
 * By way of the table of system calls; and the signals also at every real one,
 * those of the C library included, by ptrace(). Beside the things stands a
 * canary, which no run may touch.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include <with.h>

#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"

/* Each returns 0, or the errno of what failed first. */
static int cycle_anonymous(void)
{
	FILE *file = tempfile_open();

	if (!file)
		return errno;
	putc('x', file);
	return with_file_close(&file) < 0 ? errno : 0;
}

static int cycle_named_options(int random_length)
{
	struct tempfile_named *file =
		tempfile_named_open(.random_length = random_length,
				    .permissions = 0666);
	FILE *again;

	if (!file)
		return errno;
	putc('x', file->file);
	again = tempfile_named_reopen(file, "r");
	if (again)
		fclose(again);
	return tempfile_named_close(&file) < 0 ? errno : 0;
}

static int cycle_named(void)
{
	return cycle_named_options(0);
}

static int cycle_short(void)
{
	return cycle_named_options(5);
}

static int fill(struct tempfile_dir *dir)
{
	int fd = tempfile_dir_fd(dir);
	int inner;

	if (fd < 0)
		return errno;
	inner = openat(fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (inner < 0 || close(inner) < 0 || mkdirat(fd, "sub", 0700) < 0 ||
	    mkdirat(fd, "sub/closed", 0) < 0)
		return errno;
	return 0;
}

static int cycle_directory_options(int random_length)
{
	struct tempfile_dir *dir =
		tempfile_dir_open(.random_length = random_length,
				  .permissions = 0777);
	int error;

	if (!dir)
		return errno;
	error = fill(dir);
	if (tempfile_dir_close(&dir) < 0 && !error)
		error = errno;
	return error;
}

static int cycle_directory(void)
{
	return cycle_directory_options(0);
}

static int cycle_short_directory(void)
{
	return cycle_directory_options(5);
}

static int cycle_inside(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	struct tempfile_named *file;
	int error = 0;

	if (!dir)
		return errno;
	file = tempfile_named_open(.inside = dir);
	if (!file || tempfile_named_close(&file) < 0)
		error = errno;
	if (tempfile_dir_close(&dir) < 0 && !error)
		error = errno;
	return error;
}

static int make_fifo(const char *path, void *unused)
{
	(void)unused;
	return mkfifo(path, 0600);
}

static int cycle_made(void)
{
	struct tempfile_path *path =
		tempfile_path_make(make_fifo, NULL, .permissions = 0640);

	if (!path)
		return errno;
	return tempfile_path_close(&path) < 0 ? errno : 0;
}

static const struct noun {
	const char *name;
	int (*cycle)(void);
} nouns[] = {
	{ "anonymous", cycle_anonymous },
	{ "named", cycle_named },
	{ "named, a short name", cycle_short },
	{ "directory", cycle_directory },
	{ "directory, a short name", cycle_short_directory },
	{ "named inside a directory", cycle_inside },
	{ "made", cycle_made },
};
#define NOUNS ((int)(sizeof(nouns) / sizeof(*nouns)))

static char canary[4096];

static void setup(void)
{
	snprintf(canary, sizeof(canary), "%s/canary", testing_tmpdir());
	/* It is there already after a test that failed. */
	ck_assert(mkdir(canary, 0700) == 0 || errno == EEXIST);
	strcat(canary, "/song");
	ck_assert(mkdir(canary, 0700) == 0 || errno == EEXIST);
	/* Found once, by system calls that are none of a cycle's. */
	ck_assert_ptr_nonnull(tempfile_gettempdir());
	umask(077);
}

static bool only_the_canary_is_there(void)
{
	return access(canary, F_OK) == 0 && testing_entries(NULL) == 1;
}

static void teardown(void)
{
	ck_assert_int_eq(rmdir(canary), 0);
	*strrchr(canary, '/') = '\0';
	ck_assert_int_eq(rmdir(canary), 0);
}

struct plan {
	const struct noun *noun;
	unsigned long at;
	int error;		/* 0: a signal */
	unsigned long calls;	/* how many there were, for the parent */
};

static int act(const struct meddle_call *call, void *data)
{
	const struct plan *plan = data;

	if (call->index != plan->at)
		return 0;
	if (!plan->error)
		raise(SIGTERM);
	return plan->error;
}

static unsigned long count_calls(const struct noun *noun)
{
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(noun->cycle(), 0);
	return meddle_end();
}

static void be_signalled(void *data)
{
	struct plan *plan = data;

	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	meddle_begin(act, plan);
	testing_expect(plan->noun->cycle() == 0);
	meddle_end();
	raise(SIGTERM);		/* after the last call */
}

START_TEST(a_signal_at_any_call_leaves_nothing_and_kills)
{
	struct plan plan = { .noun = &nouns[_i] };
	unsigned long calls = count_calls(plan.noun);

	ck_assert_uint_gt(calls, 1);
	for (plan.at = 0; plan.at <= calls; plan.at++) {
		int status = testing_in_child(be_signalled, &plan);

		ck_assert_msg(testing_killed(status, SIGTERM),
			      "%s, call %lu: %#x", plan.noun->name, plan.at,
			      status);
		ck_assert_msg(only_the_canary_is_there(), "%s, call %lu",
			      plan.noun->name, plan.at);
	}
}
END_TEST

static void be_traced(const struct noun *noun)
{
	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	testing_expect(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	testing_expect(noun->cycle() == 0);
	_exit(0);
}

/* Its wait status, after a signal at the stop of that number. */
static int trace(const struct noun *noun, int stop)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		be_traced(noun);
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
	const struct noun *noun = &nouns[_i];
	int status, stop;

	for (stop = 0; ; stop++) {
		status = trace(noun, stop);
		ck_assert_msg(only_the_canary_is_there(), "%s, stop %d",
			      noun->name, stop);
		if (WIFEXITED(status))
			break;
		ck_assert_msg(testing_killed(status, SIGTERM),
			      "%s, stop %d: %#x", noun->name, stop, status);
	}
	ck_assert(testing_exited(status, 0));
	ck_assert_int_gt(stop, 6);
}
END_TEST

static void meet_a_failure(void *data)
{
	struct plan *plan = data;
	char *before = testing_descriptors();
	char *after;
	int error;

	meddle_begin(act, plan);
	error = plan->noun->cycle();
	meddle_end();
	/* It is what failed that the caller hears of, if anything. */
	testing_expect(error == 0 || error == plan->error);
	after = testing_descriptors();
	testing_expect(strcmp(before, after) == 0);
	free(before);
	free(after);
	exit(error ? 3 : 2);
}

START_TEST(a_failure_of_any_call_is_told_and_loses_nothing)
{
	static const int errors[] = { EIO, ENOMEM, EDQUOT };
	struct plan plan = { .noun = &nouns[_i / 3], .error = errors[_i % 3] };
	unsigned long calls = count_calls(plan.noun);
	int failed = 0;

	for (plan.at = 0; plan.at < calls; plan.at++) {
		int status = testing_in_child(meet_a_failure, &plan);

		ck_assert_msg(testing_exited(status, 2) ||
			      testing_exited(status, 3), "%s, call %lu: %#x",
			      plan.noun->name, plan.at, status);
		failed += testing_exited(status, 3);
		/* At exit it was tried again, and nothing failed. */
		ck_assert_msg(only_the_canary_is_there(), "%s, call %lu",
			      plan.noun->name, plan.at);
	}
	ck_assert_int_gt(failed, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
		a_signal_at_any_call_leaves_nothing_and_kills, 0, NOUNS);
	tcase_add_loop_test(tests,
		a_signal_at_any_real_system_call_leaves_nothing_and_kills, 0,
		NOUNS);
	tcase_add_loop_test(tests,
		a_failure_of_any_call_is_told_and_loses_nothing, 0, 3 * NOUNS);
}

TESTING_MAIN_CASE("life-calls", add_tests)
