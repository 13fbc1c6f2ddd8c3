/* SPDX-License-Identifier: MIT */
/*
 * registry.c - what a slot goes through
 *
 *	FREE ──claim──▶ CLAIMED ──publish──▶ CREATING ──confirm──▶ LIVE
 *	  ▲                                   │    │                │ ▲
 *	  ├──────────── withdraw ─────────────┘ clean-up            │ │
 *	  ├◀──── nobody left ──── CANCELED ◀───────┘                │ │ nobody
 *	  ├◀────────────────── removed or released ◀────────────────┤ │ succeeded
 *	  └◀──── nobody left ──── GONE ◀── done ─── REMOVING ◀──────┘─┘
 *                                                       clean-up
 *
 * A word holds the state, whether an entry holds the slot, the number of its
 * other users, and the tenancy: which use of the slot this is. The entry holds
 * it from the claim until it withdraws, strands, removes or releases. The
 * users are clean-ups, any number of them, since one may interrupt the other
 * or run beside it in another thread. They and the entry's owner all try,
 * because removal is idempotent and the one that was first may never go on;
 * the last to leave frees the slot.
 *
 * There are two places for the word. `own` is written by the holder alone, by
 * plain stores. `shared` is changed by compare-and-swap alone; once it has the
 * tenancy of `own`, it is the word, and `own` means nothing until the slot is
 * free. It gets there by a clean-up that joins, or by a holder that finds a
 * clean-up at work. So without any an entry costs no locked instruction.
 *
 * Invariants:
 *  - A held or used slot is not freed. What a handle was made for and a
 *    clean-up has removed stays GONE until that handle is closed.
 *  - FREE and CLAIMED are for one thread alone, to which a free slot was
 *    given. From CREATING on the holder stores each step in `own` first and
 *    asks then whether a clean-up is at work (closing.h) or was (shared). If
 *    not, the step is done. Else it is done once more, on `shared`, unless
 *    a clean-up is found to have joined after the store.
 *  - A clean-up reads `shared` first, `own` then, and exchanges `shared`
 *    against what it read. What the holder did before the clean-up began it
 *    sees in `own`; what the holder does afterwards changes `shared`, so that
 *    the exchange fails, or is an exchange itself that sees the clean-up's.
 *    Only steps count for this: a claim changes nothing that is due.
 *  - shared is never of a later tenancy than own.
 *  - The path is written while CLAIMED, which nobody else looks at, and read
 *    by who holds or uses the slot. There are no torn reads.
 *  - The identity is written by the creator, its inode last: an inode of 0
 *    says that none is known, and the name alone decides. A guessable name is
 *    never removed without an identity.
 *  - A creator that finds its slot CANCELED makes nothing, or unmakes it. A
 *    clean-up that came before it was made does not count it as removed.
 *  - owner is a generation (base/process.h): of the process that filled the
 *    slot, or that adopted it; 0 after with_disown(). A forked child finds
 *    its parent's slots in any state, and leaves them there.
 *
 * A handle may go from one thread to another. What the one stored in `own` the
 * other reads, and so the program must have ordered the two, as it must for
 * the handle itself.
 *
 * A signal handler on the holder's own thread is a clean-up that begins and
 * ends between two instructions: before the store it finds the old state and
 * leaves its mark in `shared`, behind it the new one. One that jumps out
 * before the step is done leaves the slot as it is, for good or until exit.
 *
 * The steps were checked by going through all interleavings of up to two
 * holders and two clean-ups, in threads and in handlers, with stores that
 * become visible late and out of order.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/direct.h"
#include "base/process.h"
#include "life/exit.h"
#include "life/registry.h"
#include "life/report.h"
#include "life/slots.h"

static int copy_path(struct with__slot *slot, const char *path, size_t size)
{
	if (size > PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	slot->path = slot->short_path;
	if (size > sizeof(slot->short_path)) {
		if (!slot->long_path)
			slot->long_path = malloc(PATH_MAX);
		slot->path = slot->long_path;
	}
	if (!slot->path)
		return -1;
	memcpy(slot->path, path, size);
	return 0;
}

/* The end of "directory/file.c:123" is what tells. */
static void copy_source(struct with__slot *slot, const char *source)
{
	size_t length = source ? strlen(source) : 0;

	if (length >= sizeof(slot->source)) {
		source += length - (sizeof(slot->source) - 1);
		length = sizeof(slot->source) - 1;
	}
	if (length)
		memcpy(slot->source, source, length);
	slot->source[length] = '\0';
}

static void set_identity(struct with__slot *slot,
			 const struct with__identity *identity)
{
	atomic_store_explicit(&slot->inode, 0, memory_order_relaxed);
	if (!identity)
		return;
	atomic_signal_fence(memory_order_release);
	atomic_store_explicit(&slot->device, identity->device,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->birth_ns, identity->birth_ns,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->generation, identity->generation,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->inode, identity->inode,
			      memory_order_release);
}

static int fill(struct with__slot *slot, const struct with__record *record)
{
	if (copy_path(slot, record->path, record->path_size) < 0)
		return -1;
	copy_source(slot, record->source);
	set_identity(slot, NULL);
	slot->place = record->place;
	slot->kind = (unsigned char)record->kind;
	slot->threads = record->threads;
	slot->ignore_errors = record->ignore_errors;
	slot->guessable = record->guessable;
	atomic_store_explicit(&slot->owner, with__process(),
			      memory_order_relaxed);
	return 0;
}

static void let_go(struct with__entry *entry, enum with__outcome outcome)
{
	with__slot_let_go(entry->slot, outcome);
	entry->slot = NULL;
}

static int claim(struct with__entry *ret, const struct with__record *record)
{
	struct with__slot *slot = with__slot_claim();

	if (!slot)
		return -1;
	*ret = (struct with__entry) {
		.slot = slot,
		.tenancy = with__slot_tenancy(atomic_load_explicit(
				&slot->own, memory_order_relaxed)),
	};
	if (fill(slot, record) == 0)
		return 0;
	let_go(ret, WITH__DONE);
	return -1;
}

int with__registry_publish(struct with__entry *ret,
			   const struct with__record *record)
{
	bool patient = true;

	for (;;) {
		if (with__exit_arm() < 0 || claim(ret, record) < 0)
			return -1;
		if (with__slot_publish(ret->slot, ret->tenancy) ||
		    !with__closing_must_wait(patient))
			return 0;
		/* Not in its way, nor taken for something that is made. */
		with__registry_withdraw(ret);
		patient = with__closing_wait();
	}
}

void with__registry_withdraw(struct with__entry *entry)
{
	let_go(entry, WITH__DONE);
}

void with__registry_strand(struct with__entry *entry)
{
	let_go(entry, WITH__STRANDED);
}

int with__registry_confirm(struct with__entry *entry,
			   const struct with__identity *identity)
{
	set_identity(entry->slot, identity);
	if (with__slot_confirm(entry->slot, entry->tenancy))
		return 0;
	errno = ECANCELED;
	return -1;
}

void with__registry_identify(struct with__entry *entry,
			     const struct with__identity *identity)
{
	set_identity(entry->slot, identity);
}

/* Not a copy of an entry that was given up. */
static bool is_held(const struct with__entry *entry)
{
	uint64_t word;

	if (!entry->slot)
		return false;
	word = with__slot_view(entry->slot).word;
	return (word & WITH__SLOT_HELD) &&
	       with__slot_tenancy(word) == entry->tenancy;
}

static bool is_of_this_process(const struct with__slot *slot)
{
	return atomic_load_explicit(&slot->owner, memory_order_relaxed) ==
	       with__process();
}

bool with__registry_owns(const struct with__entry *entry)
{
	return is_held(entry) && is_of_this_process(entry->slot) &&
	       with__slot_state(with__slot_view(entry->slot).word) >=
	       WITH__SLOT_LIVE;
}

bool with__registry_is_canceled(const struct with__entry *entry)
{
	return is_held(entry) &&
	       with__slot_state(with__slot_view(entry->slot).word) ==
	       WITH__SLOT_CANCELED;
}

void with__registry_release(struct with__entry *entry)
{
	if (is_held(entry))
		let_go(entry, WITH__DONE);
	entry->slot = NULL;
}

/* False if a clean-up has removed it. */
static bool is_there(const struct with__slot *slot)
{
	return with__slot_state(with__slot_view(slot).word) !=
	       WITH__SLOT_GONE;
}

int with__registry_remove(struct with__entry *entry, int root_fd, bool report)
{
	int result = 0;

	if (!is_held(entry))
		return 0;
	/* Or else it is a child's copy. */
	if (is_of_this_process(entry->slot) && is_there(entry->slot))
		result = with__slot_remove_thing(entry->slot, root_fd, report ?
						 WITH__TELL_HOOK :
						 WITH__TELL_NOBODY);
	let_go(entry, result < 0 && result != -ESTALE ? WITH__FAILED :
							WITH__DONE);
	return with__direct_result(result);
}
