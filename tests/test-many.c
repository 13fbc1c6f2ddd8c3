/* SPDX-License-Identifier: MIT */
/* test-many.c - many files, many names, large files. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with.h>

#include "base/identity.h"
#include "base/names.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

enum {
	FILES = 10000,
	PROCESSES = 4,
	THREADS = 8,
	NAMES = 1000000,
	NAMES_PER_THREAD = NAMES / PROCESSES / THREADS,
	BUCKETS = 1 << 21,	/* at least twice the names */
};

/* So many descriptors as the hard limit allows, up to what is wanted. */
static size_t raise_limit(size_t wanted)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < wanted + 64) {
		limit.rlim_cur = limit.rlim_max < wanted + 64 ?
				 limit.rlim_max : wanted + 64;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	return limit.rlim_cur < wanted + 64 ? (size_t)limit.rlim_cur - 64 : wanted;
}

START_TEST(ten_thousand_files_are_open_at_once)
{
	static struct tempfile_named *files[FILES];
	size_t count = raise_limit(FILES);
	size_t i;

	for (i = 0; i < count; i++) {
		files[i] = tempfile_named_open();
		ck_assert_msg(files[i], "file %zu: %s", i, strerror(errno));
		ck_assert_int_ge(fprintf(files[i]->file, "%zu", i), 1);
	}
	ck_assert_uint_eq(testing_entries(NULL), count);
	/* Newest first: fclose() looks for its stream from that end. */
	for (i = count; i-- > 0;) {
		size_t found;

		rewind(files[i]->file);
		ck_assert_int_eq(fscanf(files[i]->file, "%zu", &found), 1);
		ck_assert_uint_eq(found, i);
		ck_assert_int_eq(tempfile_named_close(&files[i]), 0);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* In memory that all processes share. */
static char (*names)[WITH__NAME_LENGTH];

static void *draw_names(void *first)
{
	size_t index = (size_t)(uintptr_t)first;
	size_t i;

	for (i = 0; i < NAMES_PER_THREAD; i++)
		if (with__name_random(names[index + i], WITH__NAME_LENGTH) < 0)
			return names;	/* anything */
	return NULL;
}

/* The first of the threads is the one that has forked, and has its pool. */
static void draw_in_threads(void *data)
{
	size_t first = *(size_t *)data;
	pthread_t threads[THREADS];
	void *failed;

	for (size_t i = 1; i < THREADS; i++)
		testing_expect(pthread_create(&threads[i], NULL, draw_names,
			(void *)(uintptr_t)(first + i * NAMES_PER_THREAD)) == 0);
	testing_expect(!draw_names((void *)(uintptr_t)first));
	for (size_t i = 1; i < THREADS; i++) {
		testing_expect(pthread_join(threads[i], &failed) == 0);
		testing_expect(!failed);
	}
}

/* Puts a name into the table of those seen. Is it there already? */
static bool seen_before(uint32_t index)
{
	static uint32_t table[BUCKETS];	/* index + 1; 0: free */
	uint64_t hash;
	size_t bucket;

	memcpy(&hash, names[index], sizeof(hash));
	bucket = (size_t)(hash * 0x9e3779b97f4a7c15 >> 43);
	for (; table[bucket]; bucket = (bucket + 1) % BUCKETS)
		if (!memcmp(names[table[bucket] - 1], names[index],
			    WITH__NAME_LENGTH))
			return true;
	table[bucket] = index + 1;
	return false;
}

START_TEST(a_million_names_of_eight_threads_and_four_processes_all_differ)
{
	pid_t children[PROCESSES];
	unsigned bad = 0;

	names = mmap(NULL, (size_t)NAMES * WITH__NAME_LENGTH,
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(names, MAP_FAILED);
	/* A pool that is half used when the processes part. */
	ck_assert_int_eq(with__name_random(names[0], WITH__NAME_LENGTH), 0);
	for (size_t i = 0; i < PROCESSES; i++) {
		size_t first = i * THREADS * NAMES_PER_THREAD;

		children[i] = testing_begin_child(draw_in_threads, &first);
	}
	for (size_t i = 0; i < PROCESSES; i++)
		ck_assert(testing_exited(testing_end_child(children[i]), 0));
	for (uint32_t i = 0; i < NAMES; i++)
		if (!names[i][0] || seen_before(i))
			bad++;
	ck_assert_uint_eq(bad, 0);
	munmap(names, (size_t)NAMES * WITH__NAME_LENGTH);
}
END_TEST

/* With holes: five times 2^30 bytes need no disk. */
#define LARGE ((off_t)5 << 30)

static void check_large(FILE *file)
{
	char line[16];
	struct stat st;

	ck_assert_int_eq(fseeko(file, LARGE, SEEK_SET), 0);
	ck_assert_int_ge(fputs("far away\n", file), 0);
	ck_assert_int_eq(fflush(file), 0);
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	ck_assert_int_eq(st.st_size, LARGE + 9);
	rewind(file);
	ck_assert_int_eq(getc(file), '\0');
	ck_assert_int_eq(fseeko(file, LARGE, SEEK_SET), 0);
	ck_assert_str_eq(fgets(line, sizeof(line), file), "far away\n");
	ck_assert_int_eq(ftello(file), LARGE + 9);
}

START_TEST(files_grow_beyond_four_gigabytes)
{
	char target[4096];

	WITH_TMP (file) {
		check_large(file);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	snprintf(target, sizeof(target), "%s/large", testing_tmpdir());
	WITH_NAMED_TMP (named) {
		FILE *again;

		check_large(named->file);
		again = tempfile_named_reopen(named, "r+");
		ck_assert_ptr_nonnull(again);
		check_large(again);
		ck_assert_int_eq(with_file_close(&again), 0);
		ck_assert_int_eq(tempfile_named_persist(named, target, 0), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(unlink(target), 0);
}
END_TEST

START_TEST(a_directory_with_a_large_file_goes)
{
	WITH_TEMPDIR (dir) {
		FILE *file = fopen(tempfile_dir_join(dir, "large"), "w+");

		ck_assert_ptr_nonnull(file);
		check_large(file);
		ck_assert_int_eq(fclose(file), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void cycle_directory(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	ck_assert_int_eq(dir ? tempfile_dir_close(&dir) : -1, 0);
}

static void cycle_named(void)
{
	struct tempfile_named *named = tempfile_named_open();

	ck_assert_int_eq(named ? tempfile_named_close(&named) : -1, 0);
}

static void cycle_anonymous(void)
{
	FILE *file = tempfile_open();

	ck_assert_int_eq(file ? with_file_close(&file) : -1, 0);
}

static unsigned long calls_of(void (*cycle)(void), unsigned long times)
{
	cycle();
	meddle_begin(NULL, NULL);
	for (unsigned long i = 0; i < times; i++)
		cycle();
	return meddle_end();
}

static bool has_files_without_names(void)
{
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Where inode numbers come again a look at something is two calls. */
static unsigned long calls_of_a_look(void)
{
	struct with__status status;

	trees_must(with__status_at(AT_FDCWD, testing_tmpdir(), &status));
	return status.identity.generation ? 2 : 1;
}

/*
 * The kernel's share is nearly all that a short life costs. Made and looked
 * at, looked at again and removed: four calls; names come 16 to a call. What
 * stdio does with a descriptor is not counted.
 */
START_TEST(a_short_life_takes_few_system_calls)
{
	unsigned long anonymous = has_files_without_names() ? 2 : 6;
	unsigned long named = 2 + 2 * calls_of_a_look();

	ck_assert_uint_le(calls_of(cycle_directory, 160), 160 * named + 10);
	ck_assert_uint_le(calls_of(cycle_named, 160), 160 * named + 10);
	ck_assert_uint_le(calls_of(cycle_anonymous, 160), 160 * anonymous);
}
END_TEST

TESTING_MAIN("many",
	ten_thousand_files_are_open_at_once,
	a_million_names_of_eight_threads_and_four_processes_all_differ,
	files_grow_beyond_four_gigabytes,
	a_directory_with_a_large_file_goes,
	a_short_life_takes_few_system_calls)
