/* SPDX-License-Identifier: MIT */
/*
 * test-life-signals.c - dying of a signal, and being told to by a handler
 *
 * Each case is a child that makes a tree and a file and then meets a signal.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <with.h>

#include "testing.h"

static const int default_set[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ,
	SIGVTALRM, SIGPROF, SIGPOLL, SIGUSR1, SIGUSR2,
};
static const int chosen_set[] = {
	SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGTERM,
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct tempfile_named *file;
static struct tempfile_dir *tree;

static void make_things(void)
{
	FILE *inner;

	file = tempfile_named_open();
	tree = tempfile_dir_open();
	testing_expect(file && tree);
	inner = fopen(tempfile_dir_join(tree, "inner"), "we");
	testing_expect(inner && fclose(inner) == 0);
	testing_expect(mkdir(tempfile_dir_join(tree, "sub"), 0700) == 0);
	testing_expect(mkdir(tempfile_dir_join(tree, "sub/closed"), 0) == 0);
}

static bool are_there(void)
{
	return access(file->path, F_OK) == 0 && access(tree->path, F_OK) == 0;
}

static bool are_gone(void)
{
	return access(file->path, F_OK) < 0 && access(tree->path, F_OK) < 0;
}

static void remove_things(void)
{
	testing_expect(tempfile_named_close(&file) == 0);
	testing_expect(tempfile_dir_close(&tree) == 0);
}

static void no_core(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
}

struct death {
	const int *set;
	size_t count;
	int number;
};

static void die(void *data)
{
	const struct death *death = data;

	testing_default_signals();
	no_core();
	make_things();
	testing_expect(with_cleanup_on_signals(death->set, death->count) == 0);
	raise(death->number);
}

static void cleans_and_kills(struct death death)
{
	int status = testing_in_child(die, &death);

	ck_assert_msg(testing_killed(status, death.number), "%d: %#x",
		      death.number, status);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}

START_TEST(each_signal_of_the_default_set_cleans_and_kills)
{
	cleans_and_kills((struct death) { .number = default_set[_i] });
}
END_TEST

START_TEST(each_signal_of_a_chosen_set_cleans_and_kills)
{
	cleans_and_kills((struct death) {
		chosen_set, COUNT(chosen_set), chosen_set[_i] });
}
END_TEST

static void prepare_to_fault(void)
{
	testing_default_signals();
	/* A sanitizer has a stack of its own for its handlers. */
	testing_expect(sigaltstack(&(stack_t) { .ss_flags = SS_DISABLE },
				   NULL) == 0);
	no_core();
	make_things();
	testing_expect(with_cleanup_on_signals(chosen_set,
					       COUNT(chosen_set)) == 0);
}

static void abort_it(void *unused)
{
	(void)unused;
	prepare_to_fault();
	abort();
}

static void read_nowhere(void *unused)
{
	volatile int *volatile nowhere = NULL;

	(void)unused;
	prepare_to_fault();
	(void)*nowhere;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int descend(volatile char *above)
{
	volatile char here[4096];

	here[0] = above[0];
	return descend(here) + here[0];
}
#pragma GCC diagnostic pop

static void overflow_the_stack(void *unused)
{
	volatile char first[1] = { 0 };

	(void)unused;
	prepare_to_fault();
	descend(first);
}

START_TEST(abort_cleans_and_is_an_abort)
{
	ck_assert(testing_killed(testing_in_child(abort_it, NULL), SIGABRT));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(a_fault_cleans_and_is_a_fault)
{
	ck_assert(testing_killed(testing_in_child(read_nowhere, NULL),
				 SIGSEGV));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(an_overflow_of_the_stack_cleans_on_the_alternate_one)
{
	ck_assert(testing_killed(testing_in_child(overflow_the_stack, NULL),
				 SIGSEGV));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* Eight KiB, as many programs have for small handlers. */
static void fault_on_a_small_stack(void *page)
{
	stack_t small = { .ss_sp = page, .ss_size = 8192 };

	testing_default_signals();
	no_core();
	make_things();
	testing_expect(sigaltstack(&small, NULL) == 0);
	testing_expect(with_cleanup_on_signals(chosen_set,
					       COUNT(chosen_set)) == 0);
	raise(SIGTERM);
}

START_TEST(other_signals_keep_off_an_alternate_stack_that_is_too_small)
{
	static char pages[65536 + 8192];
	int status;

	memset(pages, 7, sizeof(pages));
	status = testing_in_child(fault_on_a_small_stack, pages + 65536);
	ck_assert(testing_killed(status, SIGTERM));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void ignore_it(void *unused)
{
	(void)unused;
	testing_default_signals();
	signal(SIGHUP, SIG_IGN);
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	raise(SIGHUP);
	testing_expect(are_there());
	remove_things();
}

START_TEST(an_ignored_signal_stays_ignored)
{
	ck_assert(testing_exited(testing_in_child(ignore_it, NULL), 0));
}
END_TEST

static volatile sig_atomic_t handled, code_seen, usr2_blocked;

static void own_handler(int number, siginfo_t *info, void *context)
{
	sigset_t now;

	(void)context;
	handled = number;
	code_seen = info->si_code;
	sigprocmask(SIG_BLOCK, NULL, &now);
	usr2_blocked = sigismember(&now, SIGUSR2);
}

static void handle_it(void *unused)
{
	struct sigaction own = {
		.sa_sigaction = own_handler, .sa_flags = SA_SIGINFO,
	};

	(void)unused;
	testing_default_signals();
	sigaddset(&own.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &own, NULL);
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	sigqueue(getpid(), SIGUSR1, (union sigval) { .sival_int = 1 });
	testing_expect(handled == SIGUSR1 && code_seen == SI_QUEUE);
	testing_expect(usr2_blocked == 1);
	testing_expect(are_there());
	remove_things();
}

START_TEST(a_handler_found_installed_runs_instead_and_nothing_is_removed)
{
	ck_assert(testing_exited(testing_in_child(handle_it, NULL), 0));
}
END_TEST

static bool is_default(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 &&
	       now.sa_handler == SIG_DFL;
}

static void never_unasked(void *unused)
{
	(void)unused;
	testing_default_signals();
	make_things();
	/* From 32 on the C library has some for itself. */
	for (int number = 1; number < 32; number++)
		testing_expect(is_default(number));
	remove_things();
}

START_TEST(nothing_is_installed_unasked)
{
	ck_assert(testing_exited(testing_in_child(never_unasked, NULL), 0));
}
END_TEST

static void twice_and_undone(void *unused)
{
	int one[] = { SIGUSR1 };

	(void)unused;
	testing_default_signals();
	testing_expect(with_cleanup_on_signals(one, 1) == 0);
	testing_expect(!is_default(SIGUSR1) && is_default(SIGTERM));
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	testing_expect(!is_default(SIGTERM));
	signal(SIGUSR2, SIG_IGN);
	testing_expect(with_leave_signals() == 0);
	testing_expect(is_default(SIGUSR1) && is_default(SIGTERM));
	testing_expect(!is_default(SIGUSR2));
	testing_expect(with_leave_signals() == 0);
	make_things();
	testing_expect(with_cleanup_on_signals(one, 1) == 0);
	raise(SIGUSR1);
}

START_TEST(twice_and_undone_and_once_more_works)
{
	ck_assert(testing_killed(testing_in_child(twice_and_undone, NULL),
				 SIGUSR1));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void expect_invalid(const int *set, size_t count)
{
	errno = 0;
	testing_expect(with_cleanup_on_signals(set, count) == -1);
	testing_expect(errno == EINVAL && is_default(SIGTERM));
}

static void ask_for_nonsense(void *unused)
{
	(void)unused;
	testing_default_signals();
	expect_invalid(NULL, 1);
	expect_invalid((int[]) { SIGTERM, SIGKILL }, 2);
	expect_invalid((int[]) { SIGTERM, SIGCHLD }, 2);
	expect_invalid((int[]) { SIGTERM, SIGSTOP }, 2);
	expect_invalid((int[]) { SIGTERM, 0 }, 2);
	expect_invalid((int[]) { SIGTERM, 4711 }, 2);
}

START_TEST(what_does_not_kill_is_refused_and_nothing_changed)
{
	ck_assert(testing_exited(testing_in_child(ask_for_nonsense, NULL), 0));
}
END_TEST

static void clean_and_return(int number)
{
	(void)number;
	errno = EDOM;
	with_cleanup_now();
	handled = errno == EDOM;
}

static void clean_in_a_handler(void *unused)
{
	(void)unused;
	signal(SIGUSR1, clean_and_return);
	make_things();
	raise(SIGUSR1);
	testing_expect(handled == 1 && are_gone());
	/* Handles stay valid, and there can be more. */
	testing_expect(fputs("x", file->file) >= 0);
	remove_things();
	make_things();
	testing_expect(are_there());
	with_cleanup_now();
	with_cleanup_now();
	testing_expect(are_gone());
	remove_things();
}

START_TEST(cleanup_now_removes_in_a_handler_and_in_normal_code)
{
	ck_assert(testing_exited(testing_in_child(clean_in_a_handler, NULL),
				 0));
}
END_TEST

/* As a sandbox may do that is entered late. */
static void refuse_sigaction(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigaction, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 4, program };

	testing_expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	testing_expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static void clean_in_a_sandbox(void *unused)
{
	(void)unused;
	testing_default_signals();
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	refuse_sigaction();
	alarm(20);
	raise(SIGTERM);
}

START_TEST(who_may_not_die_of_the_signal_ends_all_the_same)
{
	int status = testing_in_child(clean_in_a_sandbox, NULL);

	ck_assert_msg(testing_exited(status, 128 + SIGTERM), "%#x", status);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* 16 bytes for each of 100,000 slots are asked of mmap() in the handler. */
static void clean_without_memory(void *unused)
{
	struct rlimit none = { 0, RLIM_INFINITY };

	(void)unused;
	testing_default_signals();
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	testing_expect(setrlimit(RLIMIT_AS, &none) == 0);
	raise(SIGTERM);
}

START_TEST(without_memory_the_handler_still_removes_everything)
{
	ck_assert(testing_killed(testing_in_child(clean_without_memory, NULL),
				 SIGTERM));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void *wait_in_vain(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* Several threads get a signal each, at once. */
static void be_hit_everywhere(void *unused)
{
	pthread_t threads[8];
	sigset_t set;

	(void)unused;
	testing_default_signals();
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	for (int i = 0; i < 8; i++)
		testing_expect(!pthread_create(&threads[i], NULL, wait_in_vain,
					       NULL));
	for (int i = 0; i < 8; i++)
		pthread_kill(threads[i], SIGTERM);
	kill(getpid(), SIGTERM);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	wait_in_vain(NULL);
}

START_TEST(a_signal_for_every_thread_at_once_cleans_once)
{
	ck_assert(testing_killed(testing_in_child(be_hit_everywhere, NULL),
				 SIGTERM));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* A hook is called by exit()'s clean-up: a signal in the middle of it. */
static void raise_once(const struct with_error *error, void *data)
{
	(void)error;
	(void)data;
	raise(SIGTERM);
}

static void be_killed_while_exiting(void *unused)
{
	struct tempfile_dir *mounted;

	(void)unused;
	testing_default_signals();
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	with_set_error_hook(raise_once, NULL);
	mounted = tempfile_dir_open();
	testing_expect(mounted != NULL);
	/* Not ours any more: ESTALE is told to the hook. */
	testing_expect(rmdir(mounted->path) == 0);
	testing_expect(symlink("nowhere", mounted->path) == 0);
	exit(0);
}

START_TEST(a_signal_in_the_middle_of_exit_cleans_the_rest)
{
	int status = testing_in_child(be_killed_while_exiting, NULL);
	char command[4200];

	ck_assert_msg(testing_killed(status, SIGTERM), "%#x", status);
	/* The stranger's link, and nothing else. */
	ck_assert_uint_eq(testing_entries(NULL), 1);
	snprintf(command, sizeof(command), "rm -f %s/*", testing_tmpdir());
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static void die_as_a_child_of_vfork(void *unused)
{
	int status;
	pid_t child;

	(void)unused;
	testing_default_signals();
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	child = vfork();
	if (child == 0) {
		kill(getpid(), SIGTERM);
		_exit(1);
	}
	testing_expect(waitpid(child, &status, 0) == child);
	testing_expect(testing_killed(status, SIGTERM));
	testing_expect(are_there());
	remove_things();
}

START_TEST(a_vfork_child_that_is_killed_removes_nothing)
{
	ck_assert(testing_exited(
		testing_in_child(die_as_a_child_of_vfork, NULL), 0));
}
END_TEST

static void fill(TCase *tests)
{
	tcase_add_loop_test(tests,
			    each_signal_of_the_default_set_cleans_and_kills, 0,
			    (int)COUNT(default_set));
	tcase_add_loop_test(tests, each_signal_of_a_chosen_set_cleans_and_kills,
			    0, (int)COUNT(chosen_set));
	tcase_add_test(tests, abort_cleans_and_is_an_abort);
	tcase_add_test(tests, a_fault_cleans_and_is_a_fault);
	tcase_add_test(tests,
		       an_overflow_of_the_stack_cleans_on_the_alternate_one);
	tcase_add_test(tests,
		other_signals_keep_off_an_alternate_stack_that_is_too_small);
	tcase_add_test(tests, an_ignored_signal_stays_ignored);
	tcase_add_test(tests,
		a_handler_found_installed_runs_instead_and_nothing_is_removed);
	tcase_add_test(tests, nothing_is_installed_unasked);
	tcase_add_test(tests, twice_and_undone_and_once_more_works);
	tcase_add_test(tests,
		       what_does_not_kill_is_refused_and_nothing_changed);
	tcase_add_test(tests,
		       cleanup_now_removes_in_a_handler_and_in_normal_code);
	tcase_add_test(tests,
		       without_memory_the_handler_still_removes_everything);
	tcase_add_test(tests,
		who_may_not_die_of_the_signal_ends_all_the_same);
	tcase_add_test(tests, a_signal_for_every_thread_at_once_cleans_once);
	tcase_add_test(tests, a_signal_in_the_middle_of_exit_cleans_the_rest);
	tcase_add_test(tests, a_vfork_child_that_is_killed_removes_nothing);
}

TESTING_MAIN_CASE("life-signals", fill)
