/* SPDX-License-Identifier: MIT */
/*
 * process.c - tell a forked child from its parent without a system call
 *
 * The generation stands in a page of its own that the kernel gives to a
 * child zeroed (MADV_WIPEONFORK, Linux 4.14), however the child was made. A
 * child that finds 0 there takes the next number after its parent's, which
 * it knows from ordinary memory.
 *
 * Where the page cannot be had, every question costs a getpid(): the answer
 * is compared with the id that the generation was taken for. Two processes of
 * one line of descent that have the same id, in different pid namespaces, are
 * not told apart then.
 *
 * Threads: the first to replace a 0 wins, the others take its number. Without
 * the page, number and id stand in one word, so that a handler never sees the
 * id of a child with the number of its parent.
 *
 * A handler that is about to end a process in which nobody has asked finds
 * nothing to do, and could not say whom it holds back. It leaves its id, and
 * looks once more; who asks looks for that id afterwards: one of them sees the
 * other.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/process.h"
#include "base/syscalls.h"

/* In memory that a child gets as a copy. */
static _Atomic uint64_t last_generation;
static _Atomic uint64_t present, before_it;	/* and its parent's */
static _Atomic uint64_t with_id;	/* generation << 32 | process id */

/* The wiped page; NULL before the first question, or where there is none. */
_Atomic(_Atomic uint64_t *) with__process_page;

static _Atomic pid_t ending;	/* 0: none */
static _Atomic bool page_refused;

static _Atomic uint64_t *map_page(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	/* An emulator that ignores all advice says yes to nonsense as well. */
	if (madvise(map, size, MADV_WIPEONFORK) < 0 ||
	    madvise(map, size, -1) == 0) {
		munmap(map, size);
		return NULL;
	}
	return map;
}

static _Atomic uint64_t *find_page(void)
{
	_Atomic uint64_t *mine = atomic_load(&with__process_page);
	_Atomic uint64_t *other = NULL;

	if (mine || atomic_load(&page_refused))
		return mine;
	mine = map_page();
	if (!mine) {
		atomic_store(&page_refused, true);
		return atomic_load(&with__process_page);
	}
	if (atomic_compare_exchange_strong(&with__process_page, &other, mine))
		return mine;
	munmap((void *)mine, (size_t)sysconf(_SC_PAGESIZE));
	return other;
}

static bool is_of_this_id(uint64_t word)
{
	return word && (uint32_t)word == (uint32_t)getpid();
}

static uint64_t generation_by_id(void)
{
	uint64_t word = atomic_load(&with_id);
	uint64_t mine;

	do {
		if (is_of_this_id(word))
			return word >> 32;
		mine = (word >> 32) + 1;
	} while (!atomic_compare_exchange_weak(
			 &with_id, &word, mine << 32 | (uint32_t)getpid()));
	atomic_store(&before_it, mine - 1);
	return mine;
}

static uint64_t take(void)
{
	_Atomic uint64_t *where = find_page();
	uint64_t before = atomic_load(&present);
	uint64_t mine, found = 0;

	if (!where)
		return generation_by_id();
	mine = atomic_fetch_add(&last_generation, 1) + 1;
	/* The id first: a handler that sees the page filled compares it. */
	atomic_store(&with_id, mine << 32 | (uint32_t)getpid());
	if (!atomic_compare_exchange_strong(where, &found, mine))
		return found;
	atomic_store(&before_it, before);
	atomic_store(&present, mine);
	return mine;
}

/* Until it has ended. A child of vfork() that ends is no business of ours. */
static void wait_if_ending(void)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };
	WITH__NO_CANCEL;

	while (atomic_load(&ending) && atomic_load(&ending) == getpid())
		(void)with__sys.nanosleep(&millisecond, NULL);
}

uint64_t with__process_take(void)
{
	uint64_t generation = take();

	wait_if_ending();
	return generation;
}

uint64_t with__process_parent(void)
{
	(void)with__process();
	return atomic_load(&before_it);
}

/* Runs inside a signal handler. */
uint64_t with__process_in_handler(void)
{
	_Atomic uint64_t *where = atomic_load(&with__process_page);
	uint64_t word = atomic_load(&with_id);

	if (!is_of_this_id(word))
		return 0;
	return where ? atomic_load(where) : word >> 32;
}

/* Runs inside a signal handler. */
uint64_t with__process_end_in_handler(void)
{
	atomic_store(&ending, getpid());
	return with__process_in_handler();
}
