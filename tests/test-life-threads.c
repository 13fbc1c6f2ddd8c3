/* SPDX-License-Identifier: MIT */
/*
 * test-life-threads.c - threads that end in the middle of a scope, or work on
 * while the process ends
 *
 * It is built twice, without and with -fexceptions. Only with it, and only
 * with glibc, does the end of a thread give its guards back; otherwise names
 * stay until exit.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>

#include <with.h>
#include <with/descriptor.h>

#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

#if defined(__EXCEPTIONS) && defined(__GLIBC__)
#define LEFT_UNTIL_EXIT 0u
#else
#define LEFT_UNTIL_EXIT 1u
#endif

static void *exit_in_a_scope(void *unused)
{
	WITH_TEMPDIR (dir) {
		SCOPED_NAMED_TMP(file, .inside = dir);
		pthread_exit(unused);
	}
	return unused;
}

static void *sleep_in_a_scope(void *unused)
{
	WITH_TEMPDIR (dir) {
		SCOPED_NAMED_TMP(file, .inside = dir);
		for (;;)
			pause();
	}
	return unused;
}

static void end_threads(void *unused)
{
	pthread_t thread;

	(void)unused;
	testing_expect(!pthread_create(&thread, NULL, exit_in_a_scope, NULL));
	testing_expect(pthread_join(thread, NULL) == 0);
	testing_expect(testing_entries(NULL) == LEFT_UNTIL_EXIT);
	testing_expect(!pthread_create(&thread, NULL, sleep_in_a_scope, NULL));
	testing_expect(pthread_cancel(thread) == 0);
	testing_expect(pthread_join(thread, NULL) == 0);
	/* It may have been cancelled before it made anything. */
	testing_expect(testing_entries(NULL) <= 2 * LEFT_UNTIL_EXIT);
	exit(0);
}

START_TEST(the_end_of_a_thread_ends_its_scopes_or_exit_does)
{
	ck_assert(testing_exited(testing_in_child(end_threads, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void *create_and_close(void *unused)
{
	for (int i = 0; i < testing_storm(200, 20000); i++) {
		WITH_TEMPDIR (inner) {
			WITH_NAMED_TMP (other, .inside = inner) {
				putc('x', other->file);
			}
		}
	}
	return unused;
}

/* exit() does not wait for threads, and they do not outrun it. */
static void exit_while_others_create(void *unused)
{
	pthread_t thread;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		testing_expect(!pthread_create(&thread, NULL, create_and_close,
					       NULL));
		/* TSan takes it for lost otherwise. */
		testing_expect(pthread_detach(thread) == 0);
	}
	usleep((unsigned)getpid() * 7919u % 3000);
	exit(0);
}

START_TEST(exit_while_other_threads_create_leaves_nothing)
{
	for (int i = 0; i < testing_storm(20, 1000); i++) {
		int status = testing_in_child(exit_while_others_create, NULL);

		ck_assert(testing_exited(status, 0));
		ck_assert_uint_eq(testing_entries(NULL), 0);
	}
}
END_TEST

static pthread_t waited_for;

static void join_it(void)
{
	pthread_join(waited_for, NULL);
}

static void *create_late(void *unused)
{
	usleep(10000);
	WITH_TEMPDIR (inner) {
		testing_expect(access(inner->path, F_OK) == 0);
	} else {
		testing_expect(0);
	}
	return unused;
}

/* An older handler waits for a thread that creates while exit() is going on. */
static void exit_and_wait(void *unused)
{
	struct tempfile_named *kept_open;

	(void)unused;
	testing_expect(atexit(join_it) == 0);
	kept_open = tempfile_named_open();
	testing_expect(kept_open != NULL);
	testing_expect(!pthread_create(&waited_for, NULL, create_late, NULL));
	exit(0);
}

START_TEST(a_thread_that_an_exit_handler_waits_for_is_not_held_for_ever)
{
	ck_assert(testing_exited(testing_in_child(exit_and_wait, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void *clean_up_often(void *unused)
{
	for (int i = 0; i < testing_storm(50, 2000); i++)
		with_cleanup_now();
	return unused;
}

/* Several clean-ups, creators and closers at once: nobody takes another's. */
START_TEST(clean_ups_beside_creators_and_closers_lose_nothing)
{
	char *before = testing_descriptors();
	pthread_t threads[6];

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, i % 2 ?
						create_and_close :
						clean_up_often, NULL), 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

static void *open_and_read(void *result)
{
	for (int i = 0; i < 500; i++) {
		WITH_FD (fd, "/dev/zero", O_RDONLY) {
			char byte;

			if (read(fd, &byte, 1) != 1)
				return NULL;
		}
	}
	return result;
}

static void *open_a_stream(void *result)
{
	for (int i = 0; i < 500; i++) {
		WITH_NAMED_TMP (file) {
			putc('x', file->file);
		}
	}
	return result;
}

/* The same number, again and again: TSan must see that it was closed. */
START_TEST(descriptors_of_two_threads_are_no_race)
{
	pthread_t threads[2];

	ck_assert_int_eq(pthread_create(&threads[0], NULL, open_and_read,
					&threads), 0);
	ck_assert_int_eq(pthread_create(&threads[1], NULL, open_a_stream,
					&threads), 0);
	for (int i = 0; i < 2; i++) {
		void *result;

		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_nonnull(result);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

TESTING_MAIN("life-threads",
	descriptors_of_two_threads_are_no_race,
	the_end_of_a_thread_ends_its_scopes_or_exit_does,
	exit_while_other_threads_create_leaves_nothing,
	a_thread_that_an_exit_handler_waits_for_is_not_held_for_ever,
	clean_ups_beside_creators_and_closers_lose_nothing)
