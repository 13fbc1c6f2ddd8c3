/* SPDX-License-Identifier: MIT */
/* test-registry.c - many temporaries, of many threads, and whose they are. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include <with.h>

#include "base/identity.h"
#include "base/syscalls.h"
#include "life/registry.h"
#include "life/slots.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static struct with__entry publish(const char *path)
{
	const struct with__record record = { .path = path,
					     .path_size = strlen(path) + 1,
					     .place = AT_FDCWD,
					     .kind = WITH__FILE };
	struct with__entry entry;

	ck_assert_int_eq(with__registry_publish(&entry, &record), 0);
	return entry;
}

static const char *in_tmpdir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", testing_tmpdir(), name);
	return path;
}

static struct with__entry publish_file(const char *name)
{
	const char *path = in_tmpdir(name);
	struct with__entry entry = publish(path);
	struct with__status status;

	trees_file(path);
	ck_assert_int_eq(with__status_at(AT_FDCWD, path, &status), 0);
	ck_assert(!with__registry_owns(&entry));
	ck_assert_int_eq(with__registry_confirm(&entry, &status.identity), 0);
	ck_assert(with__registry_owns(&entry));
	return entry;
}

START_TEST(what_is_removed_is_gone_and_owned_no_more)
{
	struct with__entry entry = publish_file("file");
	struct with__entry copy = entry;

	errno = EDOM;
	ck_assert_int_eq(with__registry_remove(&entry, -1, false), 0);
	ck_assert_int_eq(errno, EDOM);
	ck_assert(!trees_exists(in_tmpdir("file")));
	ck_assert(!with__registry_owns(&entry));
	/* A claim gone stale does nothing to a later tenant. */
	entry = publish_file("other");
	ck_assert(!with__registry_owns(&copy));
	ck_assert_int_eq(with__registry_remove(&copy, -1, false), 0);
	ck_assert(trees_exists(in_tmpdir("other")));
	ck_assert_int_eq(with__registry_remove(&entry, -1, false), 0);
	ck_assert(!trees_exists(in_tmpdir("other")));
	ck_assert_int_eq(with__registry_remove(&entry, -1, false), 0);
}
END_TEST

START_TEST(what_is_released_or_withdrawn_is_left_alone)
{
	struct with__entry entry = publish_file("file");
	struct with__entry never = publish(in_tmpdir("file"));

	with__registry_withdraw(&never);
	with__registry_release(&entry);
	with__registry_release(&entry);
	with_cleanup_now();
	trees_must(unlink(in_tmpdir("file")));
}
END_TEST

START_TEST(long_paths_are_kept_whole)
{
	char name[201];
	struct tempfile_dir *outer = tempfile_dir_open();
	struct tempfile_dir *inner;
	struct with__entry too_long;
	char path[PATH_MAX + 1];
	const struct with__record record = { .path = path,
					     .path_size = sizeof(path),
					     .place = AT_FDCWD };

	memset(name, 'n', 200);
	name[200] = '\0';
	inner = tempfile_dir_open(.inside = outer, .prefix = name);
	ck_assert_ptr_nonnull(inner);
	ck_assert_uint_gt(strlen(inner->path), WITH__SLOT_PATH_SIZE);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
	ck_assert_int_eq(tempfile_dir_close(&inner), 0);
	ck_assert_int_eq(tempfile_dir_close(&outer), 0);
	memset(path, 'p', sizeof(path));
	path[PATH_MAX] = '\0';
	errno = 0;
	ck_assert_int_eq(with__registry_publish(&too_long, &record), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(slots_are_used_again)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	uint32_t count;

	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	count = with__slot_count();
	for (int i = 0; i < 1000; i++) {
		dir = tempfile_dir_open();
		ck_assert_int_eq(tempfile_dir_close(&dir), 0);
		dir = tempfile_dir_open(.keep = true);
		trees_must(rmdir(dir->path));
		ck_assert_int_eq(tempfile_dir_close(&dir), 0);
		/* Failed makings give theirs back. */
		ck_assert_ptr_null(tempfile_dir_open(.dir = "/nowhere"));
	}
	ck_assert_uint_eq(with__slot_count(), count);
}
END_TEST

/* Each to have a number as its name; they come in falling order. */
static long last_number;
static long removals;
static bool in_order;

static int ordered_unlinkat(int dirfd, const char *name, int flags)
{
	const char *last = strrchr(name, '/');
	long number = atol(last ? last + 1 : name);

	in_order = in_order && number < last_number;
	last_number = number;
	removals++;
	return unlinkat(dirfd, name, flags);
}

static struct tempfile_dir *numbered(long number)
{
	struct tempfile_dir *dir;
	char name[24];

	snprintf(name, sizeof(name), "%ld", number);
	dir = tempfile_dir_open(.prefix = name,
				.random_length = TEMPFILE_EXACT_NAME);
	ck_assert_ptr_nonnull(dir);
	return dir;
}

static void expect_newest_first(long count)
{
	last_number = LONG_MAX;
	removals = 0;
	in_order = true;
	with__sys.unlinkat = ordered_unlinkat;
	with_cleanup_now();
	ck_assert_int_eq(removals, count);
	ck_assert(in_order);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}

START_TEST(a_hundred_thousand_live_temporaries_go_newest_first)
{
	enum { MANY = 100000 };
	static struct tempfile_dir *dirs[MANY];

	for (long i = 0; i < MANY; i++)
		dirs[i] = numbered(i);
	expect_newest_first(MANY);
	for (long i = 0; i < MANY; i++)
		ck_assert_int_eq(tempfile_dir_close(&dirs[i]), 0);
}
END_TEST

START_TEST(newest_first_is_by_age_and_not_by_slot)
{
	struct tempfile_dir *dirs[100];

	for (long i = 0; i < 100; i++)
		dirs[i] = numbered(i);
	/* Their slots are let again, in whatever order. */
	for (size_t i = 10; i < 60; i++) {
		size_t chosen = 10 + (i - 10) * 37 % 50;

		ck_assert_int_eq(tempfile_dir_close(&dirs[chosen]), 0);
	}
	for (long i = 10; i < 60; i++)
		dirs[i] = numbered(1000 + i);
	expect_newest_first(100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(tempfile_dir_close(&dirs[i]), 0);
}
END_TEST

static void clean_up(void *data)
{
	const struct with__entry *entry = data;

	testing_expect(!with__registry_owns(entry));
	with__registry_remove_all();
	with_cleanup_now();
}

START_TEST(a_child_owns_nothing_of_its_parents)
{
	struct with__entry entry = publish_file("file");

	ck_assert(testing_exited(testing_in_child(clean_up, &entry), 0));
	ck_assert(trees_exists(in_tmpdir("file")));
	ck_assert(with__registry_owns(&entry));
	ck_assert_int_eq(with__registry_remove(&entry, -1, false), 0);
}
END_TEST

START_TEST(what_a_clean_up_cannot_remove_the_next_one_can)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	ck_assert_ptr_nonnull(dir);
	meddle_fail_all("unlinkat", EPERM);
	errno = EDOM;
	with_cleanup_now();
	ck_assert_int_eq(errno, EDOM);
	meddle_end();
	ck_assert_uint_eq(testing_entries(NULL), 1);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

/* ------------------------------------------------------------------------
 * Threads
 */

#define THREADS 8
#define ROUNDS 100

static void *create_and_close(void *result)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct tempfile_dir *dir = tempfile_dir_open();
		struct tempfile_named *named, *short_named;
		FILE *file;

		if (!dir)
			return NULL;
		named = tempfile_named_open(.inside = dir);
		short_named = tempfile_named_open(.inside = dir,
						  .random_length = 3);
		file = tempfile_open();
		if (!named || !short_named || !file ||
		    fputs(named->path, named->file) < 0 ||
		    !tempfile_dir_join(dir, "%d", i))
			return NULL;
		fclose(file);
		if (i % 2 && tempfile_named_close(&named) < 0)
			return NULL;
		if (tempfile_dir_close(&dir) < 0 ||
		    tempfile_named_close(&short_named) < 0 ||
		    tempfile_named_close(&named) < 0)
			return NULL;
	}
	return result;
}

static void *clean_up_often(void *result)
{
	for (int i = 0; i < ROUNDS; i++)
		with_cleanup_now();
	return result;
}

static void in_threads(size_t count, void *(*first)(void *result),
		       void *(*others)(void *result))
{
	char *before = testing_descriptors();
	pthread_t threads[THREADS];

	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						i ? others : first, &threads),
				 0);
	for (size_t i = 0; i < count; i++) {
		void *result;

		pthread_join(threads[i], &result);
		ck_assert_ptr_nonnull(result);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}

START_TEST(eight_threads_create_and_close_at_once)
{
	in_threads(THREADS, create_and_close, create_and_close);
}
END_TEST

static void run_thread(void *(*work)(void *), void *data)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, work, data), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void *make_numbered(void *dirs)
{
	((struct tempfile_dir **)dirs)[1] = numbered(1);
	return NULL;
}

START_TEST(threads_that_start_and_end_keep_the_order)
{
	struct tempfile_dir *dirs[3] = { numbered(0) };

	run_thread(make_numbered, dirs);
	dirs[2] = numbered(2);
	expect_newest_first(3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(tempfile_dir_close(&dirs[i]), 0);
}
END_TEST

/* It makes many, and stays alive until it is told to end. */
struct busy {
	struct tempfile_dir *dirs[202];
	pthread_barrier_t made, end;
};

static void *make_many(void *data)
{
	struct busy *busy = data;

	for (int i = 1; i <= 200; i++)
		busy->dirs[i] = numbered(i);
	pthread_barrier_wait(&busy->made);
	pthread_barrier_wait(&busy->end);
	return NULL;
}

START_TEST(a_thread_that_made_little_is_not_left_behind)
{
	static struct busy busy;
	pthread_t thread;

	pthread_barrier_init(&busy.made, NULL, 2);
	pthread_barrier_init(&busy.end, NULL, 2);
	busy.dirs[0] = numbered(0);
	ck_assert_int_eq(pthread_create(&thread, NULL, make_many, &busy), 0);
	pthread_barrier_wait(&busy.made);
	busy.dirs[201] = numbered(201);
	expect_newest_first(202);
	pthread_barrier_wait(&busy.end);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	for (size_t i = 0; i < 202; i++)
		ck_assert_int_eq(tempfile_dir_close(&busy.dirs[i]), 0);
	pthread_barrier_destroy(&busy.made);
	pthread_barrier_destroy(&busy.end);
}
END_TEST

#define AT_ONCE 40

static void *publish_and_withdraw(void *unused)
{
	struct with__entry entries[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++)
		entries[i] = publish("/nowhere");
	for (size_t i = 0; i < AT_ONCE; i++)
		with__registry_withdraw(&entries[i]);
	return unused;
}

START_TEST(slots_of_threads_that_have_ended_are_used_again)
{
	uint32_t count;

	run_thread(publish_and_withdraw, NULL);
	count = with__slot_count();
	for (int i = 0; i < 20; i++)
		run_thread(publish_and_withdraw, NULL);
	ck_assert_uint_eq(with__slot_count(), count);
}
END_TEST

struct handing {
	pthread_barrier_t barrier;
	struct with__entry entries[AT_ONCE];
};

static void *withdraw_what_is_handed(void *data)
{
	struct handing *handing = data;

	for (int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&handing->barrier);
		for (size_t i = 0; i < AT_ONCE; i++)
			with__registry_withdraw(&handing->entries[i]);
		pthread_barrier_wait(&handing->barrier);
	}
	return NULL;
}

START_TEST(slots_that_another_thread_frees_are_used_again)
{
	uint32_t count = with__slot_count();
	struct handing handing;
	pthread_t thread;

	pthread_barrier_init(&handing.barrier, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, withdraw_what_is_handed,
					&handing), 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < AT_ONCE; i++)
			handing.entries[i] = publish("/nowhere");
		pthread_barrier_wait(&handing.barrier);
		pthread_barrier_wait(&handing.barrier);
	}
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&handing.barrier);
	/* A few more stay with the thread that frees. */
	ck_assert_uint_le(with__slot_count(), count + 3 * AT_ONCE);
}
END_TEST

/* Whatever was made goes from under their feet: they may fail, not leak. */
static void *create_and_close_anyhow(void *result)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct tempfile_named *named = tempfile_named_open();
		struct tempfile_dir *dir =
			tempfile_dir_open(.random_length = 5);

		if ((!named || !dir) && errno != ECANCELED)
			return NULL;
		if (tempfile_named_close(&named) < 0 ||
		    tempfile_dir_close(&dir) < 0)
			return NULL;
	}
	return result;
}

START_TEST(threads_create_and_close_while_another_cleans_up)
{
	in_threads(4, clean_up_often, create_and_close_anyhow);
}
END_TEST

static void fill(TCase *tcase)
{
	tcase_add_test(tcase, what_is_removed_is_gone_and_owned_no_more);
	tcase_add_test(tcase, what_is_released_or_withdrawn_is_left_alone);
	tcase_add_test(tcase, long_paths_are_kept_whole);
	tcase_add_test(tcase, slots_are_used_again);
	tcase_add_test(tcase,
		a_hundred_thousand_live_temporaries_go_newest_first);
	tcase_add_test(tcase, newest_first_is_by_age_and_not_by_slot);
	tcase_add_test(tcase, a_child_owns_nothing_of_its_parents);
	tcase_add_test(tcase, what_a_clean_up_cannot_remove_the_next_one_can);
	tcase_add_test(tcase, eight_threads_create_and_close_at_once);
	tcase_add_test(tcase, threads_that_start_and_end_keep_the_order);
	tcase_add_test(tcase, a_thread_that_made_little_is_not_left_behind);
	tcase_add_test(tcase, slots_of_threads_that_have_ended_are_used_again);
	tcase_add_test(tcase, slots_that_another_thread_frees_are_used_again);
	tcase_add_test(tcase,
		threads_create_and_close_while_another_cleans_up);
}

TESTING_MAIN_CASE("registry", fill)
