/* SPDX-License-Identifier: MIT */
/*
 * inherited.h - things in memory that a forked child must not act on
 *
 * A child gets a copy of its parent's streams with the bytes that are not
 * written yet. If it flushed them, the parent's file would have them twice.
 * So whoever opens such a thing notes it here, with what makes it harmless;
 * a process that did not note it itself calls that before closing it, and at
 * exit.
 */
#ifndef LIFE_INHERITED_H
#define LIFE_INHERITED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* glibc 2.32; and its header is in the way of others on the same machine. */
#if defined(__GLIBC__) && __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define WITH__SINGLE_THREADED __libc_single_threaded
#else
#define WITH__SINGLE_THREADED 0
#endif

#include "base/process.h"
#include "life/exit.h"

typedef void with__discard(void *thing);

/*
 * Private: places of the table, of which inherited.c tells. What every guarded
 * stream does stands here, so that it is one run of instructions: each function
 * more was measured to cost 5 ns, on code that a system call drove out of the
 * processor's caches.
 */
struct with__inherited_place {
	_Atomic uintptr_t thing;	/* 0, CLAIMED, or an address */
	_Atomic uint64_t owner;
	with__discard *discard;
	void *companion;
	bool simple;
	char padding[64 - 4 * sizeof(uint64_t) - 1];	/* one line of a cache */
};

#define WITH__INHERITED_FIRST 64u
#define WITH__INHERITED_CLAIMED ((uintptr_t)1)

extern struct with__inherited_place
	with__inherited_first[WITH__INHERITED_FIRST]
	__attribute__((visibility("hidden")));
struct with__inherited_place *with__inherited_find_any(const void *thing);

static inline uint32_t with__inherited_hash(const void *thing)
{
	return (uint32_t)((uint64_t)(uintptr_t)thing *
			  UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static inline bool with__inherited_take(struct with__inherited_place *place)
{
	uintptr_t empty = atomic_load_explicit(&place->thing,
					       memory_order_relaxed);

	if (empty)
		return false;
	if (!WITH__SINGLE_THREADED)
		return atomic_compare_exchange_strong_explicit(
			&place->thing, &empty, WITH__INHERITED_CLAIMED,
			memory_order_acquire, memory_order_relaxed);
	atomic_store_explicit(&place->thing, WITH__INHERITED_CLAIMED,
			      memory_order_relaxed);
	return true;
}

static inline bool with__inherited_has(struct with__inherited_place *place,
				       const void *thing)
{
	return atomic_load_explicit(&place->thing, memory_order_acquire) ==
		(uintptr_t)thing;
}

/* The first place of the first chunk is right nearly always. */
static inline struct with__inherited_place *with__inherited_at(const void *thing)
{
	return &with__inherited_first[with__inherited_hash(thing) &
				      (WITH__INHERITED_FIRST - 1)];
}

static inline struct with__inherited_place *
with__inherited_find(const void *thing)
{
	struct with__inherited_place *place = with__inherited_at(thing);

	return with__inherited_has(place, thing) ? place :
		with__inherited_find_any(thing);
}

static inline bool with__inherited_is_ours(struct with__inherited_place *place)
{
	return atomic_load_explicit(&place->owner, memory_order_relaxed) ==
		with__process();
}

static inline void with__inherited_give_back(struct with__inherited_place *place)
{
	atomic_store_explicit(&place->thing, 0, memory_order_release);
}

/*
 * thing: its address, not NULL. simple: it needs no more than to be closed, as
 * long as it gets no companion. -1 with ENOMEM.
 */
int with__inherited_note(void *thing, with__discard *discard, bool simple);

static inline void with__inherited_fill(struct with__inherited_place *place,
					void *thing, with__discard *discard,
					bool simple, uint64_t owner)
{
	atomic_store_explicit(&place->owner, owner, memory_order_relaxed);
	place->discard = discard;
	place->companion = NULL;
	place->simple = simple;
	atomic_store_explicit(&place->thing, (uintptr_t)thing,
			      memory_order_release);
}

/* The same for the commonest: false, if it is not, and nothing is noted. */
static inline bool with__inherited_note_simple(void *thing,
					       with__discard *discard)
{
	struct with__inherited_place *place = with__inherited_at(thing);
	uint64_t owner = with__process_if_known();

	if (!with__exit_is_armed() || !owner || !WITH__SINGLE_THREADED ||
	    atomic_load_explicit(&place->thing, memory_order_relaxed))
		return false;
	with__inherited_fill(place, thing, discard, true, owner);
	return true;
}

/*
 * A companion is memory that belongs to a noted thing: whoever closes the thing
 * asks for it first. NULL: there is none.
 */
void with__inherited_accompany(void *thing, void *companion);
void *with__inherited_companion(void *thing);

bool with__inherited_is_noted(void *thing);

/* Another process noted it. */
bool with__inherited_is_foreign(void *thing);

/*
 * Strikes it out. True if it is to be closed as usual; false if another
 * process noted it, after it has been made harmless. A thing that was never
 * noted is to be closed as usual.
 */
bool with__inherited_strike(void *thing);

/*
 * Strikes it out if this process noted it, it is simple, and where it was noted
 * is found at once. Else false, and it stays.
 */
static inline bool with__inherited_strike_simple(void *thing)
{
	struct with__inherited_place *place = with__inherited_at(thing);
	uint64_t owner = with__process_if_known();

	if (!owner || !with__inherited_has(place, thing) || !place->simple ||
	    atomic_load_explicit(&place->owner, memory_order_relaxed) != owner)
		return false;
	with__inherited_give_back(place);
	return true;
}

/* What one process noted is another's from here; 0: nobody's. */
void with__inherited_hand_over(uint64_t from, uint64_t to);

/* Makes all harmless that the present process did not note. For exit. */
void with__inherited_discard(void);

#endif /* LIFE_INHERITED_H */
