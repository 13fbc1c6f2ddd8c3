/* SPDX-License-Identifier: MIT */
/*
 * test-life-kills.c - SIGTERM at random moments, counted.
 *
 * A child creates, fills and removes files and directories as fast as it can,
 * with one thread or more, until it is killed. What is left is counted. Each
 * round tells its seed. A hundred and more kills take a second in make check;
 * make check-storm does ten thousand (HACKING.md).
 *
 * The same loop with names that are registered only after the thing was made
 * leaks: which shows that the kills do hit the moments that count.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <with.h>

#include "base/rmtree.h"
#include "life/registry.h"
#include "testing.h"

struct storm {
	unsigned threads;
	void (*work)(unsigned turn);
	unsigned seed;
	int ready;		/* written to when the work has begun */
};

static void use_files(unsigned turn)
{
	WITH_NAMED_TMP (file, .suffix = ".storm") {
		fprintf(file->file, "turn %u\n", turn);
		if (turn % 2)
			fflush(file->file);
	}
	/* A name that could be somebody else's takes another way. */
	WITH_NAMED_TMP (file, .random_length = 6) {
		putc('x', file->file);
	}
	WITH_TMP (file) {
		putc('x', file);
	}
}

static void use_directories(unsigned turn)
{
	WITH_TEMPDIR (dir) {
		for (int i = 0; i < 3; i++) {
			FILE *out = fopen(tempfile_dir_join(dir, "%d", i), "we");

			if (out)
				fclose(out);
		}
		if (mkdir(tempfile_dir_join(dir, "sub"), 0700) == 0 && turn % 2)
			(void)mkdir(tempfile_dir_join(dir, "sub/sub"), 0);
		WITH_TEMPDIR (inner, .inside = dir, .random_length = 4) {
			WITH_NAMED_TMP (file, .inside = inner) {
				putc('x', file->file);
			}
		}
	}
}

static void use_everything(unsigned turn)
{
	use_files(turn);
	use_directories(turn);
}

/* The wrong order: the raw maker, and then the registry. */
static void register_too_late(unsigned turn)
{
	struct with__entry entry;
	char *path = tempfile_mkdtemp();

	(void)turn;
	if (!path)
		return;
	if (with__registry_publish(&entry, &(struct with__record) {
			.path = path, .path_size = strlen(path) + 1,
			.place = AT_FDCWD,
			.kind = WITH__DIRECTORY }) == 0 &&
	    with__registry_confirm(&entry, NULL) == 0)
		(void)with__registry_remove(&entry, -1, false);
	free(path);
}

static void *work_for_ever(void *data)
{
	const struct storm *storm = data;
	unsigned turn;

	for (turn = 0; ; turn++) {
		storm->work(turn);
		if (turn == 0)
			testing_expect(write(storm->ready, "", 1) == 1);
	}
	return NULL;
}

static void be_killed(const struct storm *storm)
{
	pthread_t thread;
	unsigned i;

	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	for (i = 1; i < storm->threads; i++)
		testing_expect(pthread_create(&thread, NULL, work_for_ever,
					      (void *)(uintptr_t)storm) == 0);
	(void)work_for_ever((void *)(uintptr_t)storm);
}

static void sleep_us(unsigned us)
{
	nanosleep(&(struct timespec) { .tv_nsec = (long)us * 1000 }, NULL);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* The wait status of a child killed when all its threads are at work. */
static int kill_one(struct storm *storm)
{
	int ends[2], status;
	pid_t child;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	storm->ready = ends[1];
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		be_killed(storm);
		_exit(1);
	}
	close(ends[1]);
	for (unsigned i = 0; i < storm->threads; i++)
		ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	sleep_us(next_random(&storm->seed) % 2000);
	kill(child, SIGTERM);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

/* Removes what is there, and says how much it was. */
static size_t count_leaks(void)
{
	struct with__rmtree in_place = WITH__RMTREE_INIT;
	size_t leaks = testing_entries(NULL);

	in_place.keep_root = true;
	if (leaks)
		ck_assert_int_eq(with__rmtree(testing_tmpdir(), &in_place), 0);
	return leaks;
}

static size_t kill_many(struct storm *storm, int kills)
{
	unsigned seed = (unsigned)time(NULL) ^ (unsigned)getpid();
	size_t leaks = 0;
	struct timespec begin, end;
	int i;

	storm->seed = seed;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (i = 0; i < kills; i++) {
		int status = kill_one(storm);

		ck_assert_msg(testing_killed(status, SIGTERM),
			      "seed %u, kill %d: status %#x", seed, i, status);
		leaks += count_leaks();
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%d kills, %u threads: %zu leaks, %ld s, seed %u\n", kills,
	       storm->threads, leaks, (long)(end.tv_sec - begin.tv_sec), seed);
	return leaks;
}

START_TEST(kills_of_one_thread_leave_nothing)
{
	struct storm storm = { .threads = 1, .work = use_everything };

	ck_assert_uint_eq(kill_many(&storm, testing_storm(30, 4000)), 0);
}
END_TEST

START_TEST(kills_of_four_threads_leave_nothing)
{
	struct storm storm = { .threads = 4, .work = use_everything };

	ck_assert_uint_eq(kill_many(&storm, testing_storm(30, 4000)), 0);
}
END_TEST

START_TEST(kills_of_eight_threads_leave_nothing)
{
	struct storm storm = { .threads = 8, .work = use_everything };

	ck_assert_uint_eq(kill_many(&storm, testing_storm(10, 2000)), 0);
}
END_TEST

START_TEST(registered_after_the_making_the_same_kills_leak)
{
	struct storm storm = { .threads = 4, .work = register_too_late };
	size_t leaks = 0;
	int tries;

	for (tries = 0; !leaks && tries < 20; tries++)
		leaks = kill_many(&storm, testing_storm(10, 1000));
	ck_assert_uint_gt(leaks, 0);
}
END_TEST

TESTING_MAIN("life-kills",
	kills_of_one_thread_leave_nothing,
	kills_of_four_threads_leave_nothing,
	kills_of_eight_threads_leave_nothing,
	registered_after_the_making_the_same_kills_leak)
