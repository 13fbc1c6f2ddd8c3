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

#include "base/process.h"
#include "life/exit.h"
#include "life/inherited.h"

#define FIRST_CHUNK WITH__INHERITED_FIRST
#define CHUNKS 24
#define PROBES 8u

struct with__inherited_place with__inherited_first[FIRST_CHUNK]
	__attribute__((aligned(64)));
static _Atomic(struct with__inherited_place *) chunks[CHUNKS] = {
	with__inherited_first
};

/*
 * Something stands, or stood, in another place than its first. As long as
 * nothing does, one look tells that a thing was never noted.
 */
static _Atomic bool crowded;

static struct with__inherited_place *chunk_at(unsigned chunk)
{
	struct with__inherited_place *none = NULL;
	struct with__inherited_place *places = atomic_load_explicit(
		&chunks[chunk], memory_order_acquire);

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

static struct with__inherited_place *
place_of(struct with__inherited_place *places, unsigned chunk,
	 const void *thing, unsigned probe)
{
	return &places[(with__inherited_hash(thing) + probe) &
		       ((FIRST_CHUNK << chunk) - 1)];
}

static struct with__inherited_place *claim_any(const void *thing)
{
	unsigned chunk, probe;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct with__inherited_place *places = chunk_at(chunk);

		for (probe = 0; places && probe < PROBES; probe++) {
			struct with__inherited_place *place =
				place_of(places, chunk, thing, probe);

			if (!with__inherited_take(place))
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

int with__inherited_note(void *thing, with__discard *discard, bool simple)
{
	struct with__inherited_place *place = with__inherited_at(thing);

	/* Its discarding at exit is all that some programs need exit for. */
	if (with__exit_arm() < 0)
		return -1;
	if (!with__inherited_take(place))
		place = claim_any(thing);
	if (!place)
		return -1;
	with__inherited_fill(place, thing, discard, simple, with__process());
	return 0;
}

struct with__inherited_place *with__inherited_find_any(const void *thing)
{
	unsigned chunk, probe;

	if (!atomic_load_explicit(&crowded, memory_order_relaxed))
		return NULL;
	for (chunk = 0; chunk < CHUNKS; chunk++) {
		struct with__inherited_place *places = atomic_load_explicit(
			&chunks[chunk], memory_order_acquire);

		for (probe = 0; places && probe < PROBES; probe++) {
			struct with__inherited_place *place =
				place_of(places, chunk, thing, probe);

			if (with__inherited_has(place, thing))
				return place;
		}
		if (!places)
			break;
	}
	return NULL;
}

void with__inherited_accompany(void *thing, void *companion)
{
	struct with__inherited_place *place = with__inherited_find(thing);

	if (!place)
		return;
	place->companion = companion;
	place->simple = false;
}

void *with__inherited_companion(void *thing)
{
	struct with__inherited_place *place = with__inherited_find(thing);

	return place ? place->companion : NULL;
}

bool with__inherited_is_noted(void *thing)
{
	return with__inherited_find(thing) != NULL;
}

bool with__inherited_is_foreign(void *thing)
{
	struct with__inherited_place *place = with__inherited_find(thing);

	return place && atomic_load(&place->owner) != with__process();
}

bool with__inherited_strike(void *thing)
{
	struct with__inherited_place *place = with__inherited_find(thing);
	bool ours;

	if (!place)
		return true;
	ours = with__inherited_is_ours(place);
	if (!ours)
		place->discard(thing);
	with__inherited_give_back(place);
	return ours;
}

typedef void visitor(struct with__inherited_place *place, uint64_t from,
		     uint64_t to);

static void visit_all(visitor *visit, uint64_t from, uint64_t to)
{
	struct with__inherited_place *places;
	unsigned chunk;
	size_t i;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		places = atomic_load(&chunks[chunk]);
		for (i = 0; places && i < (size_t)FIRST_CHUNK << chunk; i++)
			if (atomic_load(&places[i].thing) >
			    WITH__INHERITED_CLAIMED)
				visit(&places[i], from, to);
	}
}

static void set_owner(struct with__inherited_place *place, uint64_t from,
		      uint64_t to)
{
	(void)atomic_compare_exchange_strong(&place->owner, &from, to);
}

static void discard_foreign(struct with__inherited_place *place, uint64_t owner,
			    uint64_t unused)
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
