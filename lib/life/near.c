/* SPDX-License-Identifier: MIT */
/*
 * near.c - streams that a program has noted by itself
 *
 * In each place of with__near, of which the hash of a stream finds one, is
 *
 *	0		nobody notes here
 *	a thread's mark	that thread may, if with__near_is_ours()
 *	a stream	of the owner's; whoever ends it puts the mark of the
 *			thread that does so
 *	a stream + 2	nobody's, since with_disown()
 *
 * So only a place's thread takes it from its mark to a stream, and only who
 * holds the stream takes it back. Streams for which malloc() uses the same piece
 * of memory time after time, as it does in each thread, find their place so.
 *
 * The owner changes only while it is another process, so that nobody notes, and
 * while no stream of that one's stands here, or all become the new one's.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include <with/near.h>

#include "base/process.h"
#include "life/near.h"

#define MARK ((uintptr_t)1)	/* of a thread; see with__thread_mark() */
#define NOBODYS ((uintptr_t)2)

static const uint64_t nowhere;
struct with__near with__near = { .process = &nowhere, .owner = WITH__NOBODYS };
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

/* NULL: none. */
static void *thing_at(size_t i)
{
	uintptr_t word = word_at(i);

	return word & MARK ? NULL : (void *)(word & ~NOBODYS);
}

static uint64_t owner_at(size_t i)
{
	return word_at(i) & NOBODYS ? WITH__NOBODYS :
		__atomic_load_n(&with__near.owner, __ATOMIC_SEQ_CST);
}

static bool replace(size_t i, void *before, void *after)
{
	return __atomic_compare_exchange_n(&with__near.streams[i], &before,
					   after, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static bool replace_owner(uint64_t before, uint64_t after)
{
	return __atomic_compare_exchange_n(&with__near.owner, &before, after,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
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

	while (i < WITH__NEAR_STREAMS && !thing_at(i))
		i++;
	return i == WITH__NEAR_STREAMS;
}

static bool make_owner(uint64_t owner)
{
	uint64_t before = __atomic_load_n(&with__near.owner, __ATOMIC_SEQ_CST);

	return before == owner || (is_empty() && replace_owner(before, owner));
}

void with__near_let(const void *thing, uint64_t owner, with__discard *discard)
{
	_Atomic uint64_t *page = atomic_load(&with__process_page);

	if (!page || !make_owner(owner))
		return;
	(void)with__errno_find();
	atomic_store(&discard_near, discard);
	(void)replace(WITH__NEAR_HASH(thing), NULL, with__thread_mark());
	__atomic_store_n(&with__near.process, (void *)page, __ATOMIC_RELEASE);
}

void with__near_strike(void *thing)
{
	size_t i = WITH__NEAR_HASH(thing);

	if (!replace(i, thing, with__thread_mark()))
		(void)replace(i, (char *)thing + NOBODYS, NULL);
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
	__atomic_store_n(&with__near.process, &nowhere, __ATOMIC_RELAXED);
}

/* What a process gives up, others of its threads may be about to end. */
void with__near_hand_over(uint64_t from, uint64_t to)
{
	if (to) {
		(void)replace_owner(from, to);
		return;
	}
	for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
		if (thing_at(i) && owner_at(i) == from)
			(void)replace(i, thing_at(i),
				      (char *)thing_at(i) + NOBODYS);
}

void with__near_discard_foreign(uint64_t owner)
{
	for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
		if (thing_at(i) && owner_at(i) != owner)
			with__near_discard()(thing_at(i));
}
