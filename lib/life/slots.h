/* SPDX-License-Identifier: MIT */
/*
 * slots.h - the registry's memory, for registry.c and cleanup.c only
 */
#ifndef LIFE_SLOTS_H
#define LIFE_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "life/registry.h"

/* The states of a slot; registry.c says who moves it from which to which. */
enum with__slot_state {
	WITH__SLOT_FREE,
	WITH__SLOT_CLAIMED,
	WITH__SLOT_CREATING,
	WITH__SLOT_LIVE,
	WITH__SLOT_REMOVING,
	WITH__SLOT_TAKEN,
};

#define WITH__SLOT_SOURCE_SIZE 40
#define WITH__SLOT_PATH_SIZE 112

struct with__slot {
	/* tenancy << 3 | state: one word, so that a change checks both. */
	_Atomic uint64_t word;
	_Atomic uint64_t owner;		/* with__process() of its creator */
	_Atomic uint64_t serial;	/* the higher, the newer */
	_Atomic uintptr_t thread;	/* that creates it */
	_Atomic uint32_t next_free;	/* index + 1, on a list of free slots */
	uint32_t index;
	unsigned home;			/* the list it goes back to */
	/* The inode last, and 0 first: 0 says that nothing is known. */
	_Atomic uint64_t device;
	_Atomic uint64_t birth_ns;
	_Atomic uint64_t inode;
	/* Below: written while CLAIMED only. */
	int place;
	enum with__kind kind;
	unsigned threads;
	bool ignore_errors;
	char *path;			/* short_path, or long_path */
	char *long_path;		/* PATH_MAX bytes, kept for good */
	char source[WITH__SLOT_SOURCE_SIZE];
	char short_path[WITH__SLOT_PATH_SIZE];
};

static inline enum with__slot_state with__slot_state(uint64_t word)
{
	return (enum with__slot_state)(word & 7);
}

/* From word, which must still stand there, to the state; same tenancy. */
static inline bool with__slot_move(struct with__slot *slot, uint64_t word,
				   enum with__slot_state state)
{
	return atomic_compare_exchange_strong(&slot->word, &word,
					      (word & ~UINT64_C(7)) | state);
}

/* A slot in CLAIMED, with a new tenancy; NULL with ENOMEM. */
struct with__slot *with__slot_claim(void);

/* From word to FREE, and on a list; false if the word has changed. */
bool with__slot_free(struct with__slot *slot, uint64_t word);

/* How many slots there are; the slot of an index below that. */
uint32_t with__slot_count(void);
struct with__slot *with__slot_at(uint32_t index);

/*
 * Removes what the slot names. The caller has the slot: it is in REMOVING or
 * TAKEN. report: failures are told to the error hook, or from a handler, where
 * no hook can be called, to LIBWITH_DEBUG.
 */
enum with__telling { WITH__TELL_NOBODY, WITH__TELL_HOOK, WITH__TELL_IN_HANDLER };
int with__slot_remove_thing(const struct with__slot *slot, int root_fd,
			    enum with__telling telling);

/* Creators wait while cleanup.c says so. */
bool with__cleanup_closing(void);
void with__cleanup_wait(void);

#endif /* LIFE_SLOTS_H */
