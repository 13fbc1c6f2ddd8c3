/* SPDX-License-Identifier: MIT */
/*
 * near.c - streams that a program has noted by itself
 *
 * They stand in with__near.streams, where the hash says, and belong to
 * near_owner; or to nobody, where the lowest bit is set. Beside each such place
 * there is one on the page that is wiped in children, with
 *
 *	0		nobody notes here: in a child, and at first
 *	a thread's mark	that thread may
 *	a stream	the same as in with__near; whoever ends it puts the mark
 *			of the thread that does so
 *
 * So only a place's thread takes it from its mark to a stream, and only who
 * holds the stream takes it back. Streams for which malloc() uses the same piece
 * of memory time after time, as it does in each thread, find their place so.
 * near_owner changes only while it is another process, so that nobody notes.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include <with/near.h>

#include "base/process.h"
#include "life/near.h"

#define NOBODYS_BIT ((uintptr_t)1)

static struct with__page nowhere;
struct with__near with__near = { .page = &nowhere };
static _Atomic uint64_t near_owner = WITH__NOBODYS;
static _Atomic(with__discard *) discard_near;

int *with__errno_find(void)
{
#ifdef WITH__THREAD_IS_NEAR
	__atomic_store_n(&with__near.errno_offset,
			 (char *)&errno - (char *)__builtin_thread_pointer(),
			 __ATOMIC_RELAXED);
#endif
	return &errno;
}

static uintptr_t word_at(size_t i)
{
	return (uintptr_t)__atomic_load_n(&with__near.streams[i],
					  __ATOMIC_ACQUIRE);
}

static void *thing_at(size_t i)
{
	return (void *)(word_at(i) & ~NOBODYS_BIT);
}

static uint64_t owner_at(size_t i)
{
	return word_at(i) & NOBODYS_BIT ? WITH__NOBODYS :
					  atomic_load(&near_owner);
}

/* On the page. */
static void **place_at(size_t i)
{
	return &__atomic_load_n(&with__near.page, __ATOMIC_RELAXED)->streams[i];
}

static void replace(size_t i, void *before, void *after)
{
	(void)__atomic_compare_exchange_n(place_at(i), &before, after, false,
					  __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

bool with__near_has(const void *thing)
{
	return thing_at(WITH__NEAR_HASH(thing)) == thing;
}

uint64_t with__near_owner(const void *thing)
{
	return owner_at(WITH__NEAR_HASH(thing));
}

with__discard *with__near_discard(void)
{
	return atomic_load(&discard_near);
}

#ifdef WITH__THREAD_IS_NEAR
static bool is_empty(void)
{
	size_t i = 0;

	while (i < WITH__NEAR_STREAMS && !word_at(i))
		i++;
	return i == WITH__NEAR_STREAMS;
}

static bool make_owner(uint64_t owner)
{
	uint64_t before = atomic_load(&near_owner);

	return before == owner ||
	       (is_empty() &&
		atomic_compare_exchange_strong(&near_owner, &before, owner));
}

void with__near_let(const void *thing, uint64_t owner, with__discard *discard)
{
	size_t i = WITH__NEAR_HASH(thing);
	struct with__page *page = (void *)atomic_load(&with__process_page);

	if (!page || !make_owner(owner) || word_at(i))
		return;
	(void)with__errno_find();
	atomic_store(&discard_near, discard);
	__atomic_store_n(&with__near.page, page, __ATOMIC_RELEASE);
	replace(i, NULL, with__thread_mark());
}

void with__near_strike(void *thing)
{
	size_t i = WITH__NEAR_HASH(thing);

	__atomic_store_n(&with__near.streams[i], NULL, __ATOMIC_RELEASE);
	replace(i, thing, with__thread_mark());
}
#else
void with__near_let(const void *thing, uint64_t owner, with__discard *discard)
{
	(void)thing;
	(void)owner;
	(void)discard;
}

/* Nothing is ever here. */
void with__near_strike(void *thing)
{
	(void)thing;
}
#endif

void with__near_let_nobody(void)
{
	for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
		__atomic_store_n(place_at(i), NULL, __ATOMIC_RELAXED);
}

/* Whoever ends it meanwhile puts 0 and a mark there. */
static void make_nobodys(size_t i)
{
	void *thing = thing_at(i), *before = thing;

	if (thing &&
	    __atomic_compare_exchange_n(&with__near.streams[i], &before,
					(char *)thing + NOBODYS_BIT, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		replace(i, thing, NULL);
}

/* What a process gives up, others of its threads may be about to end. */
void with__near_hand_over(uint64_t from, uint64_t to)
{
	uint64_t owner = from;

	if (to)
		(void)atomic_compare_exchange_strong(&near_owner, &owner, to);
	else if (atomic_load(&near_owner) == from)
		for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
			make_nobodys(i);
}

void with__near_discard_foreign(uint64_t owner)
{
	for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
		if (thing_at(i) && owner_at(i) != owner)
			with__near_discard()(thing_at(i));
}
