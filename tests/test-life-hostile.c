/* SPDX-License-Identifier: MIT */
/*
 * test-life-hostile.c - ends of a process that somebody has made harder
 *
 * A child makes one of everything, changes what it runs in (directory,
 * descriptors, limits, user, root), and ends: by exit(), by quick_exit(), by a
 * signal. Others are interrupted at the worst moments.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <with.h>

#include "hook.h"
#include "cycles.h"
#include "life/registry.h"
#include "meddle.h"
#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

static struct tempfile_named *file;
static struct tempfile_dir *tree;

static int make_fifo(const char *path, void *unused)
{
	(void)unused;
	return mkfifo(path, 0600);
}

static void fill_tree(void)
{
	FILE *inner = fopen(tempfile_dir_join(tree, "inner"), "we");

	testing_expect(inner && fclose(inner) == 0);
	testing_expect(mkdir(tempfile_dir_join(tree, "sub"), 0700) == 0);
	testing_expect(mkdir(tempfile_dir_join(tree, "sub/closed"), 0) == 0);
}

/* Whatever has a name, and what would write at exit. */
static void make_things(void)
{
	struct tempfile_spooled *spooled = tempfile_spooled_open(.max_size = 1);
	FILE *anonymous = tempfile_open();

	file = tempfile_named_open(.random_length = 6);
	tree = tempfile_dir_open();
	testing_expect(file && tree && spooled && anonymous);
	fill_tree();
	testing_expect(tempfile_named_open(.inside = tree) != NULL);
	testing_expect(tempfile_dir_open() != NULL);
	testing_expect(tempfile_path_make(make_fifo, NULL) != NULL);
	testing_expect(fputs("never flushed", file->file) >= 0 &&
		       fputs("never flushed", anonymous) >= 0 &&
		       fputs("rolled over", spooled->file) >= 0 &&
		       tempfile_spooled_rolled(spooled) == 1);
}

static void prepare(void)
{
	testing_default_signals();
	setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
	make_things();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
}

/* ------------------------------------------------------------------------
 * What a process may do to itself
 */

/* A macro, since C libraries differ in the type of a resource. */
#define limit_to(resource, soft) do {					\
		struct rlimit limit;					\
									\
		testing_expect(getrlimit(resource, &limit) == 0);	\
		limit.rlim_cur = (soft);				\
		testing_expect(setrlimit(resource, &limit) == 0);	\
	} while (0)

static void change_nothing(void)
{
}

static void change_directory(void)
{
	testing_expect(chdir("/proc") == 0);
}

static void close_everything(void)
{
	for (int fd = 0; fd < 256; fd++)
		close(fd);
}

static void close_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
}

/* All numbers that the library may remember mean something else. */
static void replace_descriptors(void)
{
	int other = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int fd = 3; fd < 64; fd++)
		testing_expect(fd == other || dup2(other, fd) == fd);
}

static void leave_no_descriptor(void)
{
	limit_to(RLIMIT_NOFILE, 0);
}

static void leave_no_memory(void)
{
	if (!TESTING_SANITIZED)
		limit_to(RLIMIT_AS, 0);
}

static void leave_no_file_size(void)
{
	signal(SIGXFSZ, SIG_IGN);
	limit_to(RLIMIT_FSIZE, 0);
}

static void forbid_everything(void)
{
	umask(0777);
	testing_expect(chmod(testing_tmpdir(), 0700) == 0);
}

static void change_environment(void)
{
	setenv("TMPDIR", "/nonexistent", 1);
	setenv("LIBWITH_DEBUG", "1", 1);
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void unshare_everything(void)
{
	testing_expect(unshare(CLONE_FS | CLONE_FILES) == 0);
	setsid();
}

static void use_names_of_others(void)
{
	/* Somebody tidied up, all but the tree. */
	testing_expect(unlink(file->path) == 0);
	testing_expect(rmdir(tempfile_dir_join(tree, "sub/closed")) == 0);
}

static void (*const changes[])(void) = {
	change_nothing, change_directory, close_everything,
	close_standard_streams, replace_descriptors, leave_no_descriptor,
	leave_no_memory, leave_no_file_size, forbid_everything,
	change_environment, block_signals, unshare_everything,
	use_names_of_others,
};
#define CHANGES ((int)(sizeof(changes) / sizeof(*changes)))

/* ------------------------------------------------------------------------
 * How it ends
 */

enum ending { EXITS, EXITS_QUICKLY, EXITS_IN_THREAD, IS_KILLED, ENDINGS };

static void *exit_here(void *unused)
{
	(void)unused;
	exit(0);
}

static void end(enum ending ending)
{
	sigset_t none;
	pthread_t thread;

	if (ending == EXITS)
		exit(0);
	if (ending == EXITS_QUICKLY)
		quick_exit(0);
	if (ending == EXITS_IN_THREAD &&
	    pthread_create(&thread, NULL, exit_here, NULL) == 0)
		pthread_join(thread, NULL);
	raise(SIGTERM);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static void change_and_end(void *data)
{
	int which = *(int *)data;

	prepare();
	changes[which / ENDINGS]();
	end((enum ending)(which % ENDINGS));
}

START_TEST(whatever_a_process_did_to_itself_nothing_is_left)
{
	int which = _i;
	int status = testing_in_child(change_and_end, &which);

	/* Without memory there is no thread. */
	ck_assert_msg(testing_exited(status, 0) ||
		      (testing_killed(status, SIGTERM) &&
		       which % ENDINGS >= EXITS_IN_THREAD),
		      "change %d, ending %d: %#x", which / ENDINGS,
		      which % ENDINGS, status);
	ck_assert_msg(testing_entries(NULL) == 0, "change %d, ending %d",
		      which / ENDINGS, which % ENDINGS);
}
END_TEST

/* A user's limit: the soft one is all that the library can lift. */
static char told[4096];

static void note_error(const struct with_error *error, void *data)
{
	(void)data;
	if (error->error == EMFILE)
		strcpy(told, error->path);
}

static void exit_at_the_hard_limit(void *unused)
{
	struct rlimit none = { 0, 0 };
	struct tempfile_dir *empty;

	(void)unused;
	empty = tempfile_dir_open();
	tree = tempfile_dir_open();
	file = tempfile_named_open();
	testing_expect(empty && tree && file);
	fill_tree();
	with_set_error_hook(note_error, NULL);
	testing_expect(setrlimit(RLIMIT_NOFILE, &none) == 0);
	with__registry_remove_all();
	testing_expect(access(empty->path, F_OK) < 0);
	testing_expect(access(file->path, F_OK) < 0);
	testing_expect(access(tree->path, F_OK) == 0);
	testing_expect(strcmp(told, tree->path) == 0);
	_exit(0);
}

START_TEST(at_the_hard_limit_only_trees_are_left_and_told)
{
	int status = testing_in_child(exit_at_the_hard_limit, NULL);

	ck_assert_msg(testing_exited(status, 0), "%#x", status);
	ck_assert_uint_eq(testing_entries(NULL), 1);
}
END_TEST

static void lift_and_put_back(void *unused)
{
	struct rlimit limit;

	(void)unused;
	make_things();
	leave_no_descriptor();
	with__registry_remove_all();
	testing_expect(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	testing_expect(limit.rlim_cur == 0);
	_exit(0);
}

START_TEST(the_limit_is_lifted_for_the_removal_only)
{
	ck_assert(testing_exited(testing_in_child(lift_and_put_back, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void give_up_rights(void *unused)
{
	(void)unused;
	if (geteuid() != 0)
		_exit(0);
	make_things();
	testing_expect(seteuid(TESTING_NOBODY) == 0);
	with_cleanup_now();
	testing_expect(access(tree->path, F_OK) == 0);
	testing_expect(seteuid(0) == 0);
	exit(0);
}

START_TEST(what_another_user_may_not_remove_is_tried_again_at_exit)
{
	ck_assert(testing_exited(testing_in_child(give_up_rights, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* The same path under another root is another's. */
static void change_root(void *unused)
{
	struct tempfile_dir *root = tempfile_dir_open();
	char stranger[8300], command[16700];

	(void)unused;
	testing_own_mounts();
	file = tempfile_named_open();
	testing_expect(root && file);
	snprintf(stranger, sizeof(stranger), "%s%s", root->path, file->path);
	snprintf(command, sizeof(command), "mkdir -p $(dirname %s) && echo >%s",
		 stranger, stranger);
	testing_expect(system(command) == 0);
	testing_expect(chroot(root->path) == 0);
	with__registry_remove_all();
	testing_expect(access(file->path, F_OK) == 0);
	_exit(0);
}

START_TEST(after_chroot_no_stranger_is_removed)
{
	ck_assert(testing_exited(testing_in_child(change_root, NULL), 0));
}
END_TEST

/* ------------------------------------------------------------------------
 * A handler of the program's, at any call of any cycle
 */

enum deed {
	CLEANS_UP, CALLS_EXIT, CALLS_QUICK_EXIT, FORKS, FORKS_TO_EXIT, JUMPS,
	DEEDS
};

static struct {
	const struct cycle *cycle;
	enum deed deed;
	unsigned long at;
	sigjmp_buf outside;
} act;

static void leave_child(enum deed deed)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		with_cleanup_now();
#ifdef __GLIBC__
		/* musl waits there for the stream that was interrupted. */
		if (deed == FORKS_TO_EXIT)
			exit(5);
#endif
		(void)deed;
		_exit(5);
	}
	testing_expect(waitpid(child, &status, 0) == child);
	testing_expect(testing_exited(status, 5));
}

static void do_it(int number)
{
	(void)number;
	switch (act.deed) {
	case CLEANS_UP:
		with_cleanup_now();
		break;
	case CALLS_EXIT:
		exit(3);
	case CALLS_QUICK_EXIT:
		quick_exit(3);
	case JUMPS:
		siglongjmp(act.outside, 1);
	default:
		leave_child(act.deed);
	}
}

static int interrupt(const struct meddle_call *call, void *unused)
{
	(void)unused;
	if (call->index == act.at)
		raise(SIGUSR1);
	return 0;
}

/* 4: no call has that number. */
static void run_interrupted(void *unused)
{
	char *before = testing_descriptors();
	char *after;
	bool done;
	int error = 0;

	(void)unused;
	testing_default_signals();
	signal(SIGUSR1, do_it);
	meddle_begin(interrupt, NULL);
	if (sigsetjmp(act.outside, 1) == 0)
		error = act.cycle->run();
	done = meddle_end() > act.at;
	/* Only a clean-up is noticed by who was interrupted by it. */
	testing_expect(error == 0 || act.deed == CLEANS_UP);
	after = testing_descriptors();
	testing_expect(act.deed == JUMPS || strcmp(before, after) == 0);
	free(before);
	free(after);
	exit(done ? 3 : 4);
}

START_TEST(whatever_a_handler_does_at_any_call_nothing_is_left)
{
	unsigned long step = testing_storm(0, 1) ? 1 : 4;
	int status;

	act.cycle = &cycles[_i / DEEDS];
	act.deed = (enum deed)(_i % DEEDS);
	/* What its caller never heard of is nobody's. */
	if (act.cycle->raw && (act.deed == JUMPS || act.deed == CALLS_EXIT ||
			       act.deed == CALLS_QUICK_EXIT))
		return;
	/* exit() flushes a stream without guard, as any other, in a child too. */
	if (strncmp(act.cycle->name, "link", 4) == 0 &&
	    act.deed == FORKS_TO_EXIT)
		return;
	act.at = (unsigned)_i % step;
	do {
		const char *wrong;

		ck_assert(cycles_clear() && cycles_prepare(act.cycle));
		status = testing_in_child(run_interrupted, NULL);
		ck_assert_msg(testing_exited(status, 3) ||
			      testing_exited(status, 4),
			      "%s, deed %d, call %lu: %#x", act.cycle->name,
			      act.deed, act.at, status);
		wrong = cycles_wrong(act.cycle, "");
		ck_assert_msg(!wrong, "%s, deed %d, call %lu: %s",
			      act.cycle->name, act.deed, act.at, wrong);
		act.at += step;
	} while (!testing_exited(status, 4));
}
END_TEST

/* ------------------------------------------------------------------------
 * A signal in the middle of the end
 */

static unsigned long interrupted_at;
static enum ending interrupted_ending;
static int interrupted_by;

static int send_signal(const struct meddle_call *call, void *unused)
{
	(void)unused;
	if (call->index == interrupted_at)
		raise(interrupted_by);
	return 0;
}

static void be_interrupted(void *unused)
{
	(void)unused;
	prepare();
	meddle_begin(send_signal, NULL);
	end(interrupted_ending);
}

/* During exit() it kills; whoever dies already dies of the first. */
START_TEST(a_signal_at_any_call_of_the_end_cleans_the_rest)
{
	int status;

	interrupted_ending = (enum ending)_i;
	interrupted_by = _i == IS_KILLED ? SIGINT : SIGTERM;
	interrupted_at = 0;
	do {
		status = testing_in_child(be_interrupted, NULL);
		ck_assert_msg(testing_killed(status, SIGTERM) ||
			      testing_exited(status, 0), "call %lu: %#x",
			      interrupted_at, status);
		ck_assert_msg(testing_entries(NULL) == 0, "call %lu",
			      interrupted_at);
	} while (testing_killed(status, SIGTERM) && ++interrupted_at < 50);
	ck_assert_uint_gt(interrupted_at, 15);
}
END_TEST

/* A handler of the program's, installed later, that passes on. */
static struct sigaction theirs[NSIG];

static void pass_on(int number, siginfo_t *info, void *context)
{
	theirs[number].sa_sigaction(number, info, context);
}

static void be_killed_by_two(void *unused)
{
	struct sigaction own = {
		.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO,
	};

	(void)unused;
	prepare();
	sigaction(SIGTERM, &own, &theirs[SIGTERM]);
	sigaction(SIGINT, &own, &theirs[SIGINT]);
	meddle_begin(send_signal, NULL);
	raise(SIGTERM);
}

START_TEST(signals_passed_on_by_a_later_handler_clean_and_kill)
{
	interrupted_by = SIGINT;
	for (interrupted_at = 0; interrupted_at < 20; interrupted_at += 3) {
		int status = testing_in_child(be_killed_by_two, NULL);

		ck_assert_msg(testing_killed(status, SIGTERM) ||
			      testing_killed(status, SIGINT), "%#x", status);
		ck_assert_uint_eq(testing_entries(NULL), 0);
	}
}
END_TEST

static void have_a_later_handler(void *unused)
{
	(void)unused;
	prepare();
	signal(SIGTERM, SIG_IGN);
	raise(SIGTERM);
	testing_expect(access(tree->path, F_OK) == 0);
	testing_expect(with_leave_signals() == 0);
	raise(SIGTERM);
	raise(SIGINT);
}

START_TEST(a_later_disposition_stays_when_signals_are_left)
{
	ck_assert(testing_killed(testing_in_child(have_a_later_handler, NULL),
				 SIGINT));
	ck_assert(cycles_clear());
}
END_TEST

static void clean(void)
{
	ck_assert(cycles_clear());
}

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, clean);
	tcase_add_loop_test(tests,
			    whatever_a_process_did_to_itself_nothing_is_left,
			    0, CHANGES * ENDINGS);
	tcase_add_test(tests, at_the_hard_limit_only_trees_are_left_and_told);
	tcase_add_test(tests, the_limit_is_lifted_for_the_removal_only);
	tcase_add_test(tests,
		what_another_user_may_not_remove_is_tried_again_at_exit);
	tcase_add_test(tests, after_chroot_no_stranger_is_removed);
	tcase_add_loop_test(tests,
		whatever_a_handler_does_at_any_call_nothing_is_left, 0,
		(int)cycles_count * DEEDS);
	tcase_add_loop_test(tests,
		a_signal_at_any_call_of_the_end_cleans_the_rest, 0, ENDINGS);
	tcase_add_test(tests,
		signals_passed_on_by_a_later_handler_clean_and_kill);
	tcase_add_test(tests, a_later_disposition_stays_when_signals_are_left);
}

TESTING_MAIN_CASE("life-hostile", add_tests)
