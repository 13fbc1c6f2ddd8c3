/* SPDX-License-Identifier: MIT */
/* test-names.c - names are random, in every process and thread its own. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/names.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"

#define LENGTH WITH__NAME_LENGTH

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, LENGTH);
}

START_TEST(names_are_lower_case_letters_and_digits)
{
	char name[1001] = { 0 };

	ck_assert_int_eq(with__name_random(name, 1000), 0);
	ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz234567"),
			  1000);
}
END_TEST

START_TEST(all_thirty_two_characters_are_drawn_equally)
{
	static char text[32 * 1000];
	unsigned counts[256] = { 0 };
	unsigned different = 0;

	ck_assert_int_eq(with__name_random(text, sizeof(text)), 0);
	for (size_t i = 0; i < sizeof(text); i++)
		counts[(unsigned char)text[i]]++;
	for (size_t i = 0; i < 256; i++) {
		if (!counts[i])
			continue;
		different++;
		/* 1000 is expected of each; 300 away is 9.6 sigma. */
		ck_assert_uint_gt(counts[i], 700);
		ck_assert_uint_lt(counts[i], 1300);
	}
	ck_assert_uint_eq(different, 32);
}
END_TEST

START_TEST(ten_thousand_names_differ)
{
	static char names[10000][LENGTH];

	for (size_t i = 0; i < 10000; i++)
		ck_assert_int_eq(with__name_random(names[i], LENGTH), 0);
	qsort(names, 10000, LENGTH, compare);
	for (size_t i = 1; i < 10000; i++)
		ck_assert_mem_ne(names[i - 1], names[i], LENGTH);
}
END_TEST

START_TEST(nothing_is_written_behind_the_name)
{
	char name[20] = "...................";

	ck_assert_int_eq(with__name_random(name + 1, 3), 0);
	ck_assert_int_eq(name[0], '.');
	ck_assert_str_eq(name + 4, "...............");
	ck_assert_int_eq(with__name_random(name, 0), 0);
	ck_assert_int_eq(name[0], '.');
}
END_TEST

static char *shared_page(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	return page;
}

static void draw(void *where)
{
	testing_expect(with__name_random(where, LENGTH) == 0);
}

/* Draws until the pool is empty, so that the next name has to fill it. */
static void empty_the_pool(void)
{
	char letter;

	meddle_begin(NULL, NULL);
	do
		ck_assert_int_eq(with__name_random(&letter, 1), 0);
	while (!meddle_count(NULL));
	for (size_t i = 1; i < 400; i++)
		ck_assert_int_eq(with__name_random(&letter, 1), 0);
	meddle_end();
}

START_TEST(a_forked_child_draws_other_names_than_its_parent)
{
	char *page = shared_page();
	char mine[LENGTH];

	/* So that there is a full pool that the child could go on with. */
	empty_the_pool();
	draw(mine);
	ck_assert(testing_exited(testing_in_child(draw, page), 0));
	ck_assert(testing_exited(testing_in_child(draw, page + 64), 0));
	draw(mine);
	ck_assert_mem_ne(page, page + 64, LENGTH);
	ck_assert_mem_ne(page, mine, LENGTH);
	ck_assert_mem_ne(page + 64, mine, LENGTH);
	munmap(page, 4096);
}
END_TEST

static void *draw_many(void *names)
{
	for (size_t i = 0; i < 1000; i++)
		if (with__name_random((char *)names + i * LENGTH, LENGTH) < 0)
			return NULL;
	return names;
}

START_TEST(threads_draw_different_names)
{
	static char names[8][1000][LENGTH];
	char (*all)[LENGTH] = names[0];
	pthread_t threads[8];

	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, draw_many,
						names[i]), 0);
	for (size_t i = 0; i < 8; i++) {
		void *result;

		pthread_join(threads[i], &result);
		ck_assert_ptr_nonnull(result);
	}
	qsort(all, 8000, LENGTH, compare);
	for (size_t i = 1; i < 8000; i++)
		ck_assert_mem_ne(all[i - 1], all[i], LENGTH);
}
END_TEST

START_TEST(one_system_call_serves_many_names)
{
	char name[LENGTH];

	meddle_begin(NULL, NULL);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(with__name_random(name, LENGTH), 0);
	meddle_end();
	/* 100 names of 16 are four pools, and one that was begun before. */
	ck_assert_uint_le(meddle_count(NULL), 5);
	ck_assert_uint_ge(meddle_count("getrandom"), 4);
}
END_TEST

START_TEST(without_getrandom_the_device_serves)
{
	char *before = testing_descriptors();
	char name[LENGTH + 1] = { 0 };
	char letter;

	empty_the_pool();
	meddle_fail_all("getrandom", ENOSYS);
	errno = EDOM;
	ck_assert_int_eq(with__name_random(name, LENGTH), 0);
	ck_assert_int_eq(errno, EDOM);
	meddle_end();
	ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz234567"),
			  LENGTH);
	ck_assert_uint_eq(meddle_count("read"), 1);
	ck_assert_uint_eq(meddle_count("close"), 1);
	ck_assert_int_eq(with__name_random(&letter, 1), 0);
	testing_same_descriptors(before);
}
END_TEST

static unsigned reads;

/* A signal, then one byte at a time. */
static ssize_t slow_read(int fd, void *buffer, size_t size)
{
	if (++reads == 1 && size) {
		errno = EINTR;
		return -1;
	}
	return read(fd, buffer, 1);
}

static ssize_t no_getrandom(void *buffer, size_t size, unsigned flags)
{
	(void)buffer, (void)size, (void)flags;
	errno = EAGAIN;
	return -1;
}

START_TEST(short_and_interrupted_reads_go_on)
{
	char name[LENGTH] = { 0 };

	empty_the_pool();
	reads = 0;
	with__sys.getrandom = no_getrandom;
	with__sys.read = slow_read;
	ck_assert_int_eq(with__name_random(name, LENGTH), 0);
	ck_assert_uint_eq(reads, 251);
	for (size_t i = 0; i < LENGTH; i++)
		ck_assert_ptr_nonnull(strchr("abcdefghijklmnopqrstuvwxyz234567",
					     name[i] ? name[i] : '?'));
}
END_TEST

static ssize_t no_read(int fd, void *buffer, size_t size)
{
	(void)fd, (void)buffer, (void)size;
	errno = EIO;
	return -1;
}

static ssize_t empty_read(int fd, void *buffer, size_t size)
{
	(void)fd, (void)buffer, (void)size;
	return 0;
}

START_TEST(without_any_randomness_the_error_is_told)
{
	char *before = testing_descriptors();
	char name[LENGTH];

	empty_the_pool();
	with__sys.getrandom = no_getrandom;
	with__sys.read = no_read;
	ck_assert_int_eq(with__name_random(name, LENGTH), -1);
	ck_assert_int_eq(errno, EIO);
	with__sys.read = empty_read;
	errno = 0;
	ck_assert_int_eq(with__name_random(name, LENGTH), -1);
	ck_assert_int_eq(errno, EIO);
	meddle_fail_all("openat", ENOENT);
	ck_assert_int_eq(with__name_random(name, LENGTH), -1);
	ck_assert_int_eq(errno, ENOENT);
	meddle_end();
	with__sys.getrandom = getrandom;
	ck_assert_int_eq(with__name_random(name, LENGTH), 0);
	testing_same_descriptors(before);
}
END_TEST

TESTING_MAIN("names",
	names_are_lower_case_letters_and_digits,
	all_thirty_two_characters_are_drawn_equally,
	ten_thousand_names_differ,
	nothing_is_written_behind_the_name,
	a_forked_child_draws_other_names_than_its_parent,
	threads_draw_different_names,
	one_system_call_serves_many_names,
	without_getrandom_the_device_serves,
	short_and_interrupted_reads_go_on,
	without_any_randomness_the_error_is_told)
