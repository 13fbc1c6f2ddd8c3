/* SPDX-License-Identifier: MIT */
/* test-rmtree-threads.c - several threads remove one tree. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/rmtree.h"
#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

enum { WIDTH = 200, ALONE = 20 };

static pthread_t caller;
static unsigned by_caller;		/* calls */
static unsigned waited;			/* milliseconds */
static atomic_uint by_helpers;
static atomic_int inside;
static atomic_uint heard;
static atomic_bool overlap;

static struct with__rmtree two_threads(void)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	options.threads = 2;
	return options;
}

/*
 * On a busy machine helpers come late: the caller waits for one, once. But not
 * with the files of the shared directory itself, nor with the first directory
 * in it, which it removes alone.
 */
static void wait_for_helpers(void)
{
	if (!pthread_equal(pthread_self(), caller)) {
		atomic_fetch_add(&by_helpers, 1);
		return;
	}
	if (by_caller++ < ALONE)
		return;
	for (; atomic_load(&by_helpers) == 0 && waited < 10000; waited++)
		usleep(1000);
}

static int waiting_unlinkat(int dirfd, const char *name, int flags)
{
	wait_for_helpers();
	return unlinkat(dirfd, name, flags);
}

static void expect_helpers(int (*replacement)(int, const char *, int))
{
	caller = pthread_self();
	by_caller = waited = 0;
	atomic_store(&by_helpers, 0);
	with__sys.unlinkat = replacement;
}

START_TEST(helpers_take_their_share)
{
	struct with__rmtree options = two_threads();
	char *before;

	trees_begin();
	trees_bush("root", WIDTH, 1, 1);
	before = testing_descriptors();
	expect_helpers(waiting_unlinkat);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert(!trees_exists("root"));
	ck_assert_uint_ge(atomic_load(&by_helpers), 1);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(sharing_below_the_root_and_in_many_rounds)
{
	struct with__rmtree options = two_threads();

	trees_begin();
	trees_chain("root", "d", 3);
	trees_bush("root/d/wide", 700, 1, 1);
	trees_chain("root/d/wide/deep", "d", 50);
	options.threads = 4;
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

static int counting_unlinkat(int dirfd, const char *name, int flags)
{
	if (!pthread_equal(pthread_self(), caller))
		atomic_fetch_add(&by_helpers, 1);
	return unlinkat(dirfd, name, flags);
}

/* The kernel removes one entry of a directory at a time. */
static void entries_are_left_to_one_thread(void)
{
	struct with__rmtree options = two_threads();

	trees_begin();
	trees_directory("root");
	trees_directories("root", 5 * WIDTH);
	trees_links("root", 20 * WIDTH);
	expect_helpers(counting_unlinkat);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert(!trees_exists("root"));
	ck_assert_uint_eq(atomic_load(&by_helpers), 0);
}

static int refused_openat2(int dirfd, const char *name, int flags,
			   uint64_t resolve)
{
	(void)dirfd, (void)name, (void)flags, (void)resolve;
	errno = ENOSYS;
	return -1;
}

START_TEST(entries_of_one_directory_are_left_to_one_thread)
{
	entries_are_left_to_one_thread();
	with__sys.openat2 = refused_openat2;
	entries_are_left_to_one_thread();
}
END_TEST

static unsigned started;
static unsigned may_start;

static int counted_start(pthread_t *ret, void *(*function)(void *data),
			 void *data)
{
	if (started >= may_start) {
		errno = EAGAIN;
		return -1;
	}
	started++;
	return pthread_create(ret, NULL, function, data);
}

/* How many removed "root", of those that might. */
static unsigned threads_at_root(unsigned allowed)
{
	struct with__rmtree options = two_threads();

	options.threads = allowed;
	started = 0;
	with__sys.start_thread = counted_start;
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert(!trees_exists("root"));
	return 1 + started;
}

static unsigned threads_for(unsigned allowed, unsigned width, unsigned files)
{
	trees_begin();
	trees_bush("root", width, files, 1);
	may_start = UINT_MAX;
	return threads_at_root(allowed);
}

/* Empty ones at first, whether the oldest or the newest come first. */
START_TEST(sharing_begins_where_directories_are_not_empty)
{
	char name[64];

	trees_begin();
	trees_directory("root");
	trees_directories("root", 3 * WIDTH);
	for (unsigned i = WIDTH; i < 2 * WIDTH; i++) {
		snprintf(name, sizeof(name), "root/d%u", i);
		trees_files(name, 2);
	}
	may_start = UINT_MAX;
	ck_assert_uint_eq(threads_at_root(2), 2);
}
END_TEST

/* Starting one takes longer than the rest of the tree. */
START_TEST(small_trees_are_left_to_one_thread)
{
	ck_assert_uint_eq(threads_for(2, 70, 1), 1);
	ck_assert_uint_eq(threads_for(2, 7, 200), 1);
	ck_assert_uint_eq(threads_for(8, 20, 10), 1);
}
END_TEST

START_TEST(there_are_as_many_threads_as_the_tree_is_worth)
{
	ck_assert_uint_eq(threads_for(2, 100, 20), 2);
	ck_assert_uint_eq(threads_for(4, 20, 100), 4);
	ck_assert_uint_eq(threads_for(1000, 50, 20), 4);
}
END_TEST

START_TEST(more_threads_than_there_may_be_are_no_error)
{
	ck_assert_uint_eq(threads_for(1000000, 70, 300), 65);
}
END_TEST

START_TEST(threads_that_cannot_be_started_are_no_error)
{
	for (may_start = 0; may_start <= 2; may_start++) {
		trees_begin();
		trees_bush("root", WIDTH, 20, 1);
		ck_assert_uint_eq(threads_at_root(8), 1 + may_start);
	}
}
END_TEST

/* What is named "stays" does, in whatever thread. */
static int unlinkat_but_stays(int dirfd, const char *name, int flags)
{
	wait_for_helpers();
	if (strcmp(name, "stays") != 0)
		return unlinkat(dirfd, name, flags);
	errno = EPERM;
	return -1;
}

static int hear(const char *path, int error, void *data)
{
	size_t length = strlen(path);

	if (atomic_fetch_add(&inside, 1) != 0)
		atomic_store(&overlap, true);
	usleep(100);
	ck_assert_int_eq(error, EPERM);
	ck_assert_int_eq(strncmp(path, "root/d/d", 8), 0);
	ck_assert_str_eq(path + length - 6, "/stays");
	atomic_fetch_sub(&inside, 1);
	return atomic_fetch_add(&heard, 1) + 1 == *(unsigned *)data;
}

static void wide_with_failures(unsigned stop_at)
{
	struct with__rmtree options = two_threads();
	char name[64];

	trees_begin();
	trees_chain("root", "d", 1);
	trees_directories("root/d", WIDTH);
	for (unsigned i = 0; i < WIDTH; i++) {
		snprintf(name, sizeof(name), "root/d/d%u/stays", i);
		trees_file(name);
		snprintf(name, sizeof(name), "root/d/d%u", i);
		trees_files(name, 3);
	}
	atomic_store(&heard, 0);
	options.on_error = hear;
	options.data = &stop_at;
	expect_helpers(unlinkat_but_stays);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, EPERM);
	with__sys.unlinkat = unlinkat;
	ck_assert(!atomic_load(&overlap));
}

START_TEST(failures_of_all_threads_are_told_one_at_a_time)
{
	wide_with_failures(0);
	ck_assert_uint_eq(atomic_load(&heard), WIDTH);
	ck_assert_uint_eq(testing_entries("root/d"), WIDTH);
	ck_assert_uint_eq(testing_entries("root/d/d0"), 1);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

START_TEST(callback_stops_all_threads)
{
	wide_with_failures(5);
	ck_assert_uint_eq(atomic_load(&heard), 5);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

static int (*real_openat2)(int, const char *, int, uint64_t);

/* The caller holds the last descriptor when a helper wants one. */
static int waiting_openat2(int dirfd, const char *name, int flags,
			   uint64_t resolve)
{
	int fd = real_openat2(dirfd, name, flags, resolve);
	int error = errno;

	wait_for_helpers();
	errno = error;
	return fd;
}

START_TEST(descriptors_too_few_for_all_threads_are_no_error)
{
	struct with__rmtree options = two_threads();

	trees_begin();
	trees_chain("root", "d", 1);
	trees_bush("root/d/wide", 3 * WIDTH, 2, 1);
	options.threads = 8;
	expect_helpers(unlinkat);
	real_openat2 = with__sys.openat2;
	with__sys.openat2 = waiting_openat2;
	trees_descriptors(3);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	trees_descriptors(0);
	ck_assert(!trees_exists("root"));
}
END_TEST

static atomic_bool in_helper;

static void on_signal(int signal)
{
	(void)signal;
	if (!pthread_equal(pthread_self(), caller))
		atomic_store(&in_helper, true);
}

/* The caller takes none, so that a helper would have to. */
static int signalling_unlinkat(int dirfd, const char *name, int flags)
{
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	wait_for_helpers();
	if (pthread_equal(pthread_self(), caller))
		pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	kill(getpid(), SIGUSR1);
	return unlinkat(dirfd, name, flags);
}

START_TEST(handlers_of_the_program_never_run_in_a_helper)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	struct with__rmtree options = two_threads();
	sigset_t mask;

	trees_begin();
	trees_bush("root", WIDTH, 1, 1);
	trees_must(sigaction(SIGUSR1, &action, &before));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	expect_helpers(signalling_unlinkat);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	trees_must(sigaction(SIGUSR1, &before, NULL));
	ck_assert(!atomic_load(&in_helper));
}
END_TEST

TESTING_MAIN("rmtree-threads",
	helpers_take_their_share,
	sharing_below_the_root_and_in_many_rounds,
	entries_of_one_directory_are_left_to_one_thread,
	sharing_begins_where_directories_are_not_empty,
	small_trees_are_left_to_one_thread,
	there_are_as_many_threads_as_the_tree_is_worth,
	more_threads_than_there_may_be_are_no_error,
	threads_that_cannot_be_started_are_no_error,
	failures_of_all_threads_are_told_one_at_a_time,
	callback_stops_all_threads,
	descriptors_too_few_for_all_threads_are_no_error,
	handlers_of_the_program_never_run_in_a_helper)
