/* SPDX-License-Identifier: MIT */
/*
 * inherited.c - a hash table of addresses, without locks
 *
 * A lock could be held by another thread at the moment of a fork, and stay
 * locked in the child for ever. So: chunks of growing size, never freed; an
 * address belongs into one of the PROBES places from its hash on, in any
 * chunk. A place is claimed by exchanging its 0 for CLAIMED, filled, and
 * published by storing the address; it is given back by storing 0. As long as
 * there is one thread only, a plain store claims it, which is 20 ns less.
 *
 * What is read of a place belongs to whoever has the thing, which is one
 * thread at a time. Only with_adopt() and with_disown() change owners of
 * others' things, and atomically.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#if __has_include(<sys/single_threaded.h>)	/* glibc 2.32 */
#include <sys/single_threaded.h>
#define IS_SINGLE_THREADED __libc_single_threaded
#else
#define IS_SINGLE_THREADED 0
#endif

#include "base/process.h"
#include "life/exit.h"
#include "life/inherited.h"

#define FIRST_CHUNK 64u
#define CHUNKS 24
#define PROBES 8u
#define CLAIMED ((uintptr_t)1)

struct place {
	_Atomic uintptr_t thing;
	_Atomic uint64_t owner;
	with__discard *discard;
	void *companion;
};

static struct place first_chunk[FIRST_CHUNK];
static _Atomic(struct place *) chunks[CHUNKS] = { first_chunk };

static struct place *chunk_at(unsigned chunk)
{
	struct place *none = NULL;
	struct place *places = atomic_load_explicit(&chunks[chunk],
						    memory_order_acquire);

	if (places)
		return places;
	places = calloc((size_t)FIRST_CHUNK << chunk, sizeof(*places));
	if (!places)
		return NULL;
	if (atomic_compare_exchange_strong(&chunks[chunk], &none, places))
		return places;
	free(places);
	return none;
}

static inline struct place *place_of(struct place *places, unsigned chunk,
				     const void *thing, unsigned probe)
{
	uint64_t hash = (uint64_t)(uintptr_t)thing * UINT64_C(0x9E3779B97F4A7C15);
	uint32_t mask = (FIRST_CHUNK << chunk) - 1;

	return &places[((uint32_t)(hash >> 32) + probe) & mask];
}

static inline bool take(struct place *place)
{
	uintptr_t empty = atomic_load_explicit(&place->thing,
					       memory_order_relaxed);

	if (empty)
		return false;
	if (!IS_SINGLE_THREADED)
		return atomic_compare_exchange_strong_explicit(
			&place->thing, &empty, CLAIMED, memory_order_acquire,
			memory_order_relaxed);
	atomic_store_explicit(&place->thing, CLAIMED, memory_order_relaxed);
	return true;
}

static inline bool has(struct place *place, const void *thing)
{
	return atomic_load_explicit(&place->thing, memory_order_acquire) ==
		(uintptr_t)thing;
}

static __attribute__((noinline)) struct place *claim_any(const void *thing)
{
	unsigned chunk, probe;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct place *places = chunk_at(chunk);

		for (probe = 0; places && probe < PROBES; probe++) {
			struct place *place =
				place_of(places, chunk, thing, probe);

			if (take(place))
				return place;
		}
		if (!places)
			break;
	}
	errno = ENOMEM;
	return NULL;
}

static __attribute__((noinline)) struct place *find_any(const void *thing)
{
	unsigned chunk, probe;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct place *places = atomic_load_explicit(
			&chunks[chunk], memory_order_acquire);

		for (probe = 0; places && probe < PROBES; probe++) {
			struct place *place =
				place_of(places, chunk, thing, probe);

			if (has(place, thing))
				return place;
		}
		if (!places)
			break;
	}
	return NULL;
}

/* The very first place is right nearly always. */
static inline struct place *claim(const void *thing)
{
	struct place *place = place_of(first_chunk, 0, thing, 0);

	return take(place) ? place : claim_any(thing);
}

static inline struct place *find(const void *thing)
{
	struct place *place = place_of(first_chunk, 0, thing, 0);

	return has(place, thing) ? place : find_any(thing);
}

int with__inherited_note(void *thing, with__discard *discard)
{
	struct place *place;

	/* Its discarding at exit is all that some programs need exit for. */
	if (with__exit_arm() < 0)
		return -1;
	place = claim(thing);
	if (!place)
		return -1;
	atomic_store_explicit(&place->owner, with__process(),
			      memory_order_relaxed);
	place->discard = discard;
	place->companion = NULL;
	atomic_store_explicit(&place->thing, (uintptr_t)thing,
			      memory_order_release);
	return 0;
}

void with__inherited_accompany(void *thing, void *companion)
{
	struct place *place = find(thing);

	if (place)
		place->companion = companion;
}

void *with__inherited_companion(void *thing)
{
	struct place *place = find(thing);

	return place ? place->companion : NULL;
}

bool with__inherited_is_noted(void *thing)
{
	return find(thing) != NULL;
}

bool with__inherited_is_foreign(void *thing)
{
	struct place *place = find(thing);

	return place && atomic_load(&place->owner) != with__process();
}

static bool is_ours(struct place *place)
{
	return atomic_load_explicit(&place->owner, memory_order_relaxed) ==
		with__process();
}

static void give_back(struct place *place)
{
	atomic_store_explicit(&place->thing, 0, memory_order_release);
}

bool with__inherited_strike(void *thing)
{
	struct place *place = find(thing);
	bool ours;

	if (!place)
		return true;
	ours = is_ours(place);
	if (!ours)
		place->discard(thing);
	give_back(place);
	return ours;
}

bool with__inherited_strike_simple(void *thing)
{
	struct place *place = find(thing);

	if (!place)
		return true;
	if (place->companion || !is_ours(place))
		return false;
	give_back(place);
	return true;
}

static void visit_all(void (*visit)(struct place *place, uint64_t from,
				    uint64_t to), uint64_t from, uint64_t to)
{
	unsigned chunk;
	size_t i;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct place *places = atomic_load(&chunks[chunk]);

		for (i = 0; places && i < (size_t)FIRST_CHUNK << chunk; i++)
			if (atomic_load(&places[i].thing) > CLAIMED)
				visit(&places[i], from, to);
	}
}

static void set_owner(struct place *place, uint64_t from, uint64_t to)
{
	(void)atomic_compare_exchange_strong(&place->owner, &from, to);
}

static void discard_foreign(struct place *place, uint64_t owner, uint64_t unused)
{
	(void)unused;
	if (atomic_load(&place->owner) != owner)
		place->discard((void *)atomic_load(&place->thing));
}

void with__inherited_hand_over(uint64_t from, uint64_t to)
{
	visit_all(set_owner, from, to);
}

void with__inherited_discard(void)
{
	uint64_t owner = with__process();

	/* A child of vfork() uses its parent's memory: hands off. */
	if (with__process_in_handler() == owner)
		visit_all(discard_foreign, owner, 0);
}
