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
 * is compared with the id that the generation was taken for, beside which it
 * stands in one word.
 *
 * Threads: the first to replace a 0 wins, the others take its number.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/process.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/* In memory that a child gets as a copy. */
static _Atomic uint64_t last_generation;
static _Atomic long process_id;		/* that last_generation was taken for */

/* The wiped page; NULL before the first question, or where there is none. */
static _Atomic(_Atomic uint64_t *) page;
static _Atomic bool page_refused;

#ifdef MADV_WIPEONFORK
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
#else
static _Atomic uint64_t *map_page(void)
{
	return NULL;
}
#endif

static _Atomic uint64_t *find_page(void)
{
	_Atomic uint64_t *mine = atomic_load(&page);
	_Atomic uint64_t *other = NULL;

	if (mine || atomic_load(&page_refused))
		return mine;
	mine = map_page();
	if (!mine) {
		atomic_store(&page_refused, true);
		return NULL;
	}
	if (atomic_compare_exchange_strong(&page, &other, mine))
		return mine;
	munmap((void *)mine, (size_t)sysconf(_SC_PAGESIZE));
	return other;
}

static uint64_t next_generation(void)
{
	/* The id first: a handler that sees the generation compares it. */
	atomic_store(&process_id, (long)getpid());
	return atomic_fetch_add(&last_generation, 1) + 1;
}

/* Number and id in one word, so that threads that ask together agree. */
static _Atomic uint64_t numbered_id;	/* generation << 32 | process id */

static uint64_t generation_by_pid(void)
{
	uint64_t word = atomic_load(&numbered_id);
	uint64_t id = (uint32_t)getpid();
	uint64_t next;

	do {
		if ((uint32_t)word == id)
			break;
		next = ((word >> 32) + 1) << 32 | id;
	} while (!atomic_compare_exchange_weak(&numbered_id, &word, next));
	word = atomic_load(&numbered_id);
	return word >> 32;
}

static uint64_t take_generation(void)
{
	_Atomic uint64_t *where = find_page();
	uint64_t mine, found = 0;

	if (!where)
		return generation_by_pid();
	mine = next_generation();
	if (atomic_compare_exchange_strong(where, &found, mine))
		return mine;
	return found;
}

uint64_t with__process(void)
{
	_Atomic uint64_t *where = atomic_load_explicit(&page,
						       memory_order_acquire);
	uint64_t generation;

	if (where) {
		generation = atomic_load_explicit(where, memory_order_relaxed);
		if (generation)
			return generation;
	}
	return take_generation();
}

/* Runs inside a signal handler. */
uint64_t with__process_in_handler(void)
{
	_Atomic uint64_t *where = atomic_load(&page);
	uint64_t word;

	if (!where) {
		word = atomic_load(&numbered_id);
		return (uint32_t)word == (uint32_t)getpid() ? word >> 32 : 0;
	}
	return atomic_load(&process_id) == (long)getpid() ?
	       atomic_load(where) : 0;
}
