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
 *
 * The commonest things by far, streams of WITH_FILE, stand elsewhere as long as
 * they have no companion: see near.h.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <with/near.h>

#include "base/process.h"
#include "life/exit.h"
#include "life/inherited.h"
#include "life/near.h"

#define FIRST_CHUNK 64u
#define CHUNKS 24
#define PROBES 8u
#define CLAIMED ((uintptr_t)1)

struct place {
	_Atomic uintptr_t thing;	/* 0, CLAIMED, or an address */
	_Atomic uint64_t owner;
	with__discard *discard;
	void *companion;
};

static struct place first[FIRST_CHUNK];
static _Atomic(struct place *) chunks[CHUNKS] = { first };

/*
 * Something stands, or stood, in another place than its first. As long as
 * nothing does, one look tells that a thing was never noted.
 */
static _Atomic bool crowded;

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

static size_t hash(const void *thing, unsigned chunk)
{
	if (chunk == 0)
		return (uintptr_t)thing / 32;
	return (size_t)((uint64_t)(uintptr_t)thing *
			UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static struct place *place_of(struct place *places, unsigned chunk,
			      const void *thing, unsigned probe)
{
	return &places[(hash(thing, chunk) + probe) &
		       ((FIRST_CHUNK << chunk) - 1)];
}

static bool take(struct place *place)
{
	uintptr_t empty = 0;

	if (!WITH__SINGLE_THREADED)
		return atomic_compare_exchange_strong(&place->thing, &empty,
						      CLAIMED);
	if (atomic_load_explicit(&place->thing, memory_order_relaxed))
		return false;
	atomic_store_explicit(&place->thing, CLAIMED, memory_order_relaxed);
	return true;
}

static struct place *claim(const void *thing)
{
	unsigned chunk, probe;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct place *places = chunk_at(chunk);

		for (probe = 0; places && probe < PROBES; probe++) {
			struct place *place =
				place_of(places, chunk, thing, probe);

			if (!take(place))
				continue;
			if (chunk || probe)
				atomic_store_explicit(&crowded, true,
						      memory_order_relaxed);
			return place;
		}
		if (!places)
			break;
	}
	errno = ENOMEM;
	return NULL;
}

static bool has(struct place *place, const void *thing)
{
	return atomic_load_explicit(&place->thing, memory_order_acquire) ==
		(uintptr_t)thing;
}

static struct place *find_anywhere(const void *thing)
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

static struct place *find(const void *thing)
{
	struct place *place = place_of(first, 0, thing, 0);

	if (has(place, thing))
		return place;
	return atomic_load_explicit(&crowded, memory_order_relaxed) ?
		find_anywhere(thing) : NULL;
}

static struct place *note(void *thing, uint64_t owner, with__discard *discard)
{
	struct place *place = claim(thing);

	if (!place)
		return NULL;
	atomic_store_explicit(&place->owner, owner, memory_order_relaxed);
	place->discard = discard;
	place->companion = NULL;
	atomic_store_explicit(&place->thing, (uintptr_t)thing,
			      memory_order_release);
	return place;
}

int with__inherited_note(void *thing, with__discard *discard, bool simple)
{
	uint64_t owner = with__process();

	/* Its discarding at exit is all that some programs need exit for. */
	if (with__exit_arm() < 0 || !note(thing, owner, discard))
		return -1;
	if (simple)
		with__near_let(thing, owner, discard);
	return 0;
}

/* Whose it is; 0: it was never noted. */
static uint64_t owner_of(void *thing)
{
	struct place *place;

	if (with__near_has(thing))
		return with__near_owner(thing);
	place = find(thing);
	return place ? atomic_load(&place->owner) : 0;
}

/* It leaves what is near for a place. */
static struct place *settle(void *thing)
{
	struct place *place = note(thing, owner_of(thing),
				   with__near_discard());

	if (place)
		with__near_strike(thing);
	return place;
}

int with__inherited_accompany(void *thing, void *companion)
{
	struct place *place = with__near_has(thing) ? settle(thing) : find(thing);

	if (!place)
		return -1;
	place->companion = companion;
	return 0;
}

void *with__inherited_companion(void *thing)
{
	struct place *place = find(thing);

	return place ? place->companion : NULL;
}

bool with__inherited_is_noted(void *thing)
{
	return with__near_has(thing) || find(thing);
}

bool with__inherited_is_foreign(void *thing)
{
	uint64_t owner = owner_of(thing);

	return owner && owner != with__process();
}

bool with__inherited_strike(void *thing)
{
	uint64_t owner = owner_of(thing);
	struct place *place;
	bool ours;

	if (!owner)
		return true;
	ours = owner == with__process();
	place = find(thing);
	if (!ours)
		(place ? place->discard : with__near_discard())(thing);
	if (place)
		atomic_store_explicit(&place->thing, 0, memory_order_release);
	else
		with__near_strike(thing);
	return ours;
}

typedef void visitor(struct place *place, uint64_t from, uint64_t to);

static void visit_all(visitor *visit, uint64_t from, uint64_t to)
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

void with__inherited_hand_over(uint64_t from, uint64_t to)
{
	visit_all(set_owner, from, to ? to : WITH__NOBODYS);
	with__near_hand_over(from, to);
}

static void discard_foreign(struct place *place, uint64_t owner,
			    uint64_t unused)
{
	(void)unused;
	if (atomic_load(&place->owner) != owner)
		place->discard((void *)atomic_load(&place->thing));
}

void with__inherited_discard(void)
{
	uint64_t owner = with__process();

	/* A child of vfork() uses its parent's memory: hands off. */
	if (with__process_in_handler() != owner)
		return;
	visit_all(discard_foreign, owner, 0);
	with__near_discard_foreign(owner);
}
