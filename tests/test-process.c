/* SPDX-License-Identifier: MIT */
/*
 * test-process.c - a process and its children have different generations
 *
 * Each test is made twice: with the page that the kernel wipes, and with a
 * second copy of process.c, compiled as where the kernel has no such page.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

/* MADV_WIPEONFORK stands behind the include guard of sys/mman.h. */
#define with__process process_by_pid
#define with__process_if_known process_by_pid_if_known
#define with__process_page process_by_pid_page
#define with__process_take process_by_pid_take
#define with__process_in_handler process_by_pid_in_handler
#define with__process_parent process_by_pid_parent
#define with__process_end_in_handler process_by_pid_end_in_handler
#undef MADV_WIPEONFORK
#define MADV_WIPEONFORK (-1)
#include "base/process.c"
#undef with__process
#undef with__process_if_known
#undef with__process_page
#undef with__process_take
#undef with__process_in_handler
#undef with__process_parent
#undef with__process_end_in_handler
#undef BASE_PROCESS_H
#include "base/process.h"

static const struct way {
	uint64_t (*process)(void);
	uint64_t (*in_handler)(void);
	uint64_t (*parent)(void);
	uint64_t (*end)(void);
} ways[] = {
	{ with__process, with__process_in_handler, with__process_parent,
	  with__process_end_in_handler },
	{ process_by_pid, process_by_pid_in_handler, process_by_pid_parent,
	  process_by_pid_end_in_handler },
};

START_TEST(a_process_keeps_its_generation)
{
	const struct way *way = &ways[_i];
	uint64_t first = way->process();

	ck_assert_uint_ne(first, 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(way->process(), first);
	ck_assert_uint_eq(way->in_handler(), first);
}
END_TEST

static void expect_nothing_asked(void *data)
{
	const struct way *way = data;

	testing_expect(way->in_handler() == 0);
	testing_expect(way->process() != 0);
	testing_expect(way->in_handler() == way->process());
}

START_TEST(who_has_not_asked_owns_nothing_in_a_handler)
{
	struct way way = ways[_i];

	/* The child has not asked, whatever its parent did. */
	(void)way.process();
	ck_assert(testing_exited(
		testing_in_child(expect_nothing_asked, &way), 0));
}
END_TEST

struct line {
	struct way way;
	uint64_t seen[8];
	int depth;
};

static void descend(void *data)
{
	struct line *line = data;
	uint64_t mine = line->way.process();

	testing_expect(mine != 0);
	for (int i = 0; i < line->depth; i++)
		testing_expect(mine != line->seen[i]);
	if (line->depth)
		testing_expect(line->way.parent() ==
			       line->seen[line->depth - 1]);
	line->seen[line->depth++] = mine;
	if (line->depth < 8)
		testing_expect(testing_exited(
			testing_in_child(descend, line), 0));
	testing_expect(line->way.process() == mine);
}

START_TEST(seven_generations_all_differ)
{
	struct line line = { .way = ways[_i] };

	descend(&line);
}
END_TEST

static void ask_in_vfork_child(const struct way *way)
{
	static volatile uint64_t mine, in_child;
	pid_t child;

	mine = way->process();
	child = vfork();
	if (child == 0) {
		/* Its parent's memory, and nothing it may act on. */
		in_child = way->in_handler();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	ck_assert_uint_eq(in_child, 0);
	ck_assert_uint_eq(way->process(), mine);
	ck_assert_uint_eq(way->in_handler(), mine);
}

START_TEST(a_child_of_vfork_owns_nothing_in_a_handler)
{
	ask_in_vfork_child(&ways[_i]);
}
END_TEST

static _Atomic bool answered;

static void *ask_once(void *way)
{
	(void)((const struct way *)way)->process();
	answered = true;
	return NULL;
}

static void end_without_having_asked(void *data)
{
	struct way *way = data;
	pthread_t thread;

	testing_expect(way->end() == 0);
	testing_expect(!pthread_create(&thread, NULL, ask_once, way));
	usleep(20000);
	testing_expect(!answered);
}

static void end_after_having_asked(void *data)
{
	struct way *way = data;
	uint64_t mine = way->process();
	pid_t child;

	testing_expect(way->end() == mine);
	/* A child that is forked in the midst does not end. */
	child = fork();
	if (child == 0) {
		(void)ask_once(way);
		_exit(answered ? 0 : 1);
	}
	testing_expect(testing_exited(testing_end_child(child), 0));
}

START_TEST(nobody_asks_any_more_in_a_process_that_ends)
{
	struct way way = ways[_i];

	(void)way.process();
	ck_assert(testing_exited(
		testing_in_child(end_without_having_asked, &way), 0));
	ck_assert(testing_exited(
		testing_in_child(end_after_having_asked, &way), 0));
}
END_TEST

#define THREADS 2

static struct way race_way;
static _Atomic int ready;

static void *ask(void *ret)
{
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < THREADS)
		;
	*(uint64_t *)ret = race_way.process();
	return NULL;
}

static void race(void *data)
{
	pthread_t threads[THREADS];
	uint64_t seen[THREADS];

	race_way = *(const struct way *)data;
	for (int i = 0; i < THREADS; i++)
		testing_expect(pthread_create(&threads[i], NULL, ask,
					      &seen[i]) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		testing_expect(seen[i] == race_way.process());
}

START_TEST(threads_that_ask_first_at_the_same_time_hear_the_same)
{
	struct way way = ways[_i];

	for (int i = 0; i < 50; i++)
		ck_assert(testing_exited(testing_in_child(race, &way), 0));
}
END_TEST

static void fill(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_process_keeps_its_generation, 0, 2);
	tcase_add_loop_test(tcase, who_has_not_asked_owns_nothing_in_a_handler,
			    0, 2);
	tcase_add_loop_test(tcase, nobody_asks_any_more_in_a_process_that_ends,
			    0, 2);
	tcase_add_loop_test(tcase, seven_generations_all_differ, 0, 2);
	tcase_add_loop_test(tcase, a_child_of_vfork_owns_nothing_in_a_handler,
			    0, 2);
	tcase_add_loop_test(tcase,
		threads_that_ask_first_at_the_same_time_hear_the_same, 0, 2);
}

TESTING_MAIN_CASE("process", fill)
