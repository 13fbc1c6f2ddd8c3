/* SPDX-License-Identifier: MIT */
/*
 * slots.h - the registry's memory, for registry.c and cleanup.c only
 */
#ifndef LIFE_SLOTS_H
#define LIFE_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "life/closing.h"
#include "life/registry.h"

/* The states of a slot; registry.c says who moves it from which to which. */
enum with__slot_state {
	WITH__SLOT_FREE,
	WITH__SLOT_CLAIMED,
	WITH__SLOT_CREATING,
	WITH__SLOT_CANCELED,
	WITH__SLOT_LIVE,
	WITH__SLOT_REMOVING,
	WITH__SLOT_GONE,
};

#define WITH__SLOT_SOURCE_SIZE 40
#define WITH__SLOT_PATH_SIZE 96

/*
 * A multiple of 64 bytes, and what is written at its beginning: threads that
 * have neighbours seldom write to one line of the cache.
 */
struct with__slot {
	/* The word: own, or shared if that is of the same tenancy. */
	_Atomic uint64_t own;
	_Atomic uint64_t shared;
	_Atomic uint64_t owner;		/* with__process() of its creator */
	_Atomic uint64_t serial;	/* the higher, the newer */
	_Atomic uintptr_t thread;	/* that creates it */
	struct with__slot *below;	/* on a thread's own stack of such */
	_Atomic uint32_t next_free;	/* index + 1, on the list of free slots */
	uint32_t index;
	unsigned depth;			/* of that stack, from here down */
	/* Below: written while CLAIMED only, but for the identity. */
	int place;
	/* The inode last, and 0 first: 0 says that nothing is known. */
	_Atomic uint64_t device;
	_Atomic uint64_t birth_ns;
	_Atomic uint64_t generation;
	_Atomic uint64_t inode;
	unsigned threads;
	unsigned char kind;		/* enum with__kind */
	bool ignore_errors;
	bool guessable;			/* the name alone proves nothing */
	char *path;			/* short_path, or long_path */
	char *long_path;		/* PATH_MAX bytes, kept for good */
	char source[WITH__SLOT_SOURCE_SIZE];
	char short_path[WITH__SLOT_PATH_SIZE];
};

#define WITH__SLOT_HELD UINT64_C(8)
#define WITH__SLOT_USER UINT64_C(16)
#define WITH__SLOT_USERS (UINT64_C(4095) * WITH__SLOT_USER)
#define WITH__SLOT_TENANCY_SHIFT 16

static inline enum with__slot_state with__slot_state(uint64_t word)
{
	return (enum with__slot_state)(word & 7);
}

static inline uint64_t with__slot_tenancy(uint64_t word)
{
	return word >> WITH__SLOT_TENANCY_SHIFT;
}

/* What a slot's entry holds and nobody uses. */
static inline uint64_t with__slot_held(uint64_t tenancy,
				       enum with__slot_state state)
{
	return tenancy << WITH__SLOT_TENANCY_SHIFT | WITH__SLOT_HELD | state;
}

/*
 * The word, and what it is to be exchanged against (shared). Only for the
 * entry, which nobody else moves on without that, and for clean-ups.
 */
struct with__view {
	uint64_t shared, word;
};

static inline struct with__view with__slot_view(const struct with__slot *slot)
{
	uint64_t shared = atomic_load(&slot->shared);
	uint64_t own = atomic_load(&slot->own);

	return (struct with__view) {
		.shared = shared,
		.word = with__slot_tenancy(shared) == with__slot_tenancy(own) ?
			shared : own,
	};
}

/*
 * with__slot_step - move a slot on; for its holder
 *
 * False: perhaps it is not moved yet, since a clean-up is at work or was; the
 * function below that belongs to the step does it then.
 */
static inline bool with__slot_step(struct with__slot *slot, uint64_t to)
{
	atomic_store_explicit(&slot->own, to, memory_order_release);
	return with__closing_undisturbed() &&
	       with__slot_tenancy(atomic_load_explicit(
			&slot->shared, memory_order_acquire)) !=
	       with__slot_tenancy(to);
}

/*
 * with__slot_claim - a slot in CLAIMED, held, with a new tenancy and serial,
 * and the thread
 *
 * NULL with ENOMEM. Not for signal handlers.
 */
struct with__slot *with__slot_claim(void);

/*
 * with__slot_publish, with__slot_confirm - from CLAIMED, and from CREATING on
 *
 * False: a clean-up is at work, perhaps, and false: it has taken the entry.
 */
bool with__slot_publish(struct with__slot *slot, uint64_t tenancy);
bool with__slot_confirm(struct with__slot *slot, uint64_t tenancy);

/*
 * with__slot_join - become a user of the slot that was viewed
 *
 * For clean-ups, between with__closing_raise() and with__closing_lower().
 * False if the slot has changed, or has more users than can be counted.
 * with__slot_leave - be one no more, with what came of it.
 * with__slot_let_go - the entry is given up, with what came of it. Not for
 * signal handlers.
 * The last one out frees the slot, or makes it LIVE again where nobody
 * succeeded.
 */
enum with__outcome {
	WITH__DONE,		/* the thing is not there */
	WITH__FAILED,		/* it is still there, perhaps */
	WITH__STRANDED,		/* it is, and its creator gives it up */
};
bool with__slot_join(struct with__slot *slot, struct with__view view);
void with__slot_leave(struct with__slot *slot, enum with__outcome outcome);
void with__slot_let_go(struct with__slot *slot, enum with__outcome outcome);

/* How many slots there are; the slot of an index below that. */
uint32_t with__slot_count(void);
struct with__slot *with__slot_at(uint32_t index);

/*
 * Removes what the slot names. The caller uses the slot, or holds it. telling:
 * failures are told to the error hook, or from a handler, where no hook can be
 * called, to LIBWITH_DEBUG. An error is returned as its negative number; errno
 * stays as it is.
 */
enum with__telling { WITH__TELL_NOBODY, WITH__TELL_HOOK, WITH__TELL_IN_HANDLER };
int with__slot_remove_thing(const struct with__slot *slot, int root_fd,
			    enum with__telling telling);

/*
 * For a thread that will never run again outside its handler: what it was
 * creating is not waited for.
 */
void with__cleanup_abandon_births(void);

#endif /* LIFE_SLOTS_H */
