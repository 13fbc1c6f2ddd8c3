/* SPDX-License-Identifier: MIT */
/*
 * bench-life.c - what the registry costs a temporary, and unwinding a guard
 *
 * Without system calls: publish, confirm and release an entry, with one thread
 * and with more, each doing the same number; and enter and leave a guard of a
 * WITH_UNWINDABLE file. It is the time of the processor that is counted, of
 * the slowest thread, and the best of several rounds, since other load can only
 * add. One locked addition is measured beside it, which is dear on virtual
 * machines: the registry does without, unless membarrier() is refused.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WITH_UNWINDABLE
#include <with.h>

#include "base/syscalls.h"
#include "life/registry.h"

#define TIMES 1000000
#define ROUNDS 7
#define THREADS_MOST 8

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void register_many(void)
{
	static const struct with__record record = {
		.path = "/tmp/tmpabcdefghijklmnop",
		.path_size = sizeof("/tmp/tmpabcdefghijklmnop"),
		.place = AT_FDCWD,
		.kind = WITH__FILE,
		.source = "bench-life.c:1",
	};
	static const struct with__identity identity = { .inode = 1 };

	for (int i = 0; i < TIMES; i++) {
		struct with__entry entry;

		if (with__registry_publish(&entry, &record) < 0 ||
		    with__registry_confirm(&entry, &identity) < 0)
			abort();
		with__registry_release(&entry);
	}
}

static int open_it(int value)
{
	return value;
}

static volatile int closed;

static void close_it(int value)
{
	closed = value;
}

WITH_DEFINE(it, int, open_it, close_it)

static void enter_many(void)
{
	for (int i = 0; i < TIMES; i++) {
		WITH (it, value, i) {
			closed = -1;
		}
	}
}

static int refused(int command)
{
	(void)command;
	errno = ENOSYS;
	return -1;
}

static _Atomic unsigned long counter;

static void add_many(void)
{
	for (int i = 0; i < TIMES; i++)
		atomic_fetch_add(&counter, 1);
}

struct run {
	void (*work)(void);
	double ns;
};

static void *time_it(void *data)
{
	struct run *run = data;
	double begin = now_ns();

	run->work();
	run->ns = (now_ns() - begin) / TIMES;
	return NULL;
}

static double once(void (*work)(void), int threads)
{
	pthread_t thread[THREADS_MOST];
	struct run runs[THREADS_MOST];
	double most = 0;

	for (int i = 0; i < threads; i++) {
		runs[i].work = work;
		if (pthread_create(&thread[i], NULL, time_it, &runs[i]) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		if (runs[i].ns > most)
			most = runs[i].ns;
	}
	return most;
}

static double best(void (*work)(void), int threads)
{
	double least = once(work, threads);

	for (int i = 1; i < ROUNDS; i++) {
		double time = once(work, threads);

		if (time < least)
			least = time;
	}
	return least;
}

int main(void)
{
	printf("one locked addition:               %5.1f ns\n",
	       best(add_many, 1));
	for (int threads = 1; threads <= THREADS_MOST; threads *= 2)
		printf("registry, a temporary, %d %-9s %5.1f ns\n", threads,
		       threads == 1 ? "thread:" : "threads:",
		       best(register_many, threads));
	printf("guard on the unwinding stack:      %5.1f ns\n",
	       best(enter_many, 1));
	with__sys.membarrier = refused;
	with_cleanup_now();
	printf("registry, without membarrier():    %5.1f ns\n",
	       best(register_many, 1));
	return 0;
}
