/* SPDX-License-Identifier: MIT */
/*
 * registry.c - what a slot goes through
 *
 *	FREE ──claim──▶ CLAIMED ──publish──▶ CREATING ──confirm──▶ LIVE
 *	  ▲                                     │                  │  ▲
 *	  ├────────────── withdraw ─────────────┘          remove  │  │ failed
 *	  ├◀─────────────────────── release ───────────────────────┤  │
 *	  └◀─────────────────────── removed ─────────── REMOVING ◀─┴──┘
 *
 *	CREATING, LIVE or REMOVING ──clean-up──▶ TAKEN ──▶ FREE, or LIVE again
 *
 * Invariants:
 *  - Every step is one compare-and-swap of a word with state and tenancy, so
 *    of an owner and a clean-up that want the same slot exactly one gets it,
 *    and an owner that was interrupted for long never touches a later tenant.
 *  - The path is written while CLAIMED only, where no clean-up looks, and read
 *    by whoever has the slot in REMOVING or TAKEN. There are no torn reads.
 *  - The identity is written by the creator, its inode last: an inode of 0
 *    says that none is known, and the name alone decides. So only names that
 *    nobody can guess, or that were made with signals blocked, come here.
 *  - A clean-up takes REMOVING as well, since the thread that removes may be
 *    the one that it interrupted: removal is idempotent.
 *  - The owner that finds its entry TAKEN, or gone, leaves all to the clean-up.
 *    A slot taken in CREATING is never free again, since its creator may still
 *    write the identity.
 *  - owner is a generation (base/process.h): of the process that filled the
 *    slot, or that adopted it; 0 after with_disown().
 *
 * A creator publishes first and looks at the closing flag afterwards; a
 * clean-up sets the flag first and looks at the slots afterwards: one of them
 * sees the other.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "base/rmtree.h"
#include "base/syscalls.h"
#include "life/exit.h"
#include "life/registry.h"
#include "life/report.h"
#include "life/slots.h"

static _Atomic uint64_t last_serial;

static uint64_t word_of(const struct with__entry *entry,
			enum with__slot_state state)
{
	return entry->tenancy << 3 | state;
}

static bool move(const struct with__entry *entry, enum with__slot_state from,
		 enum with__slot_state to)
{
	return with__slot_move(entry->slot, word_of(entry, from), to);
}

static int copy_path(struct with__slot *slot, const char *path)
{
	size_t size = strlen(path) + 1;

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
	atomic_store(&slot->inode, 0);
	if (!identity)
		return;
	atomic_store_explicit(&slot->device, identity->device,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->birth_ns, identity->birth_ns,
			      memory_order_relaxed);
	atomic_store(&slot->inode, identity->inode);
}

static int fill(struct with__slot *slot, const struct with__record *record)
{
	if (copy_path(slot, record->path) < 0)
		return -1;
	copy_source(slot, record->source);
	set_identity(slot, NULL);
	slot->place = record->place;
	slot->kind = record->kind;
	slot->threads = record->threads;
	slot->ignore_errors = record->ignore_errors;
	atomic_store_explicit(&slot->owner, with__process(),
			      memory_order_relaxed);
	atomic_store_explicit(&slot->thread, (uintptr_t)pthread_self(),
			      memory_order_relaxed);
	atomic_store_explicit(&slot->serial,
			      atomic_fetch_add(&last_serial, 1) + 1,
			      memory_order_relaxed);
	return 0;
}

int with__registry_publish(struct with__entry *ret,
			   const struct with__record *record)
{
	struct with__slot *slot;
	uint64_t claimed;

	if (with__exit_arm() < 0)
		return -1;
	slot = with__slot_claim();
	if (!slot)
		return -1;
	claimed = atomic_load(&slot->word);
	if (fill(slot, record) < 0) {
		with__slot_free(slot, claimed);
		return -1;
	}
	*ret = (struct with__entry) { .slot = slot, .tenancy = claimed >> 3 };
	for (;;) {
		atomic_store(&slot->word, word_of(ret, WITH__SLOT_CREATING));
		if (!with__cleanup_closing() ||
		    !move(ret, WITH__SLOT_CREATING, WITH__SLOT_CLAIMED))
			return 0;
		with__cleanup_wait();
	}
}

void with__registry_withdraw(struct with__entry *entry)
{
	with__slot_free(entry->slot, word_of(entry, WITH__SLOT_CREATING));
	entry->slot = NULL;
}

int with__registry_confirm(struct with__entry *entry,
			   const struct with__identity *identity)
{
	set_identity(entry->slot, identity);
	if (move(entry, WITH__SLOT_CREATING, WITH__SLOT_LIVE))
		return 0;
	entry->slot = NULL;
	errno = ECANCELED;
	return -1;
}

void with__registry_identify(struct with__entry *entry,
			     const struct with__identity *identity)
{
	set_identity(entry->slot, identity);
}

bool with__registry_owns(const struct with__entry *entry)
{
	return entry->slot &&
	       atomic_load(&entry->slot->word) ==
	       word_of(entry, WITH__SLOT_LIVE) &&
	       atomic_load(&entry->slot->owner) == with__process();
}

void with__registry_release(struct with__entry *entry)
{
	if (entry->slot)
		with__slot_free(entry->slot, word_of(entry, WITH__SLOT_LIVE));
	entry->slot = NULL;
}

int with__registry_remove(struct with__entry *entry, int root_fd, bool report)
{
	struct with__slot *slot = entry->slot;
	int result;

	if (!slot)
		return 0;
	if (!with__registry_owns(entry)) {
		/* A child's copy; or taken by a clean-up, which then fails. */
		with__registry_release(entry);
		return 0;
	}
	if (!move(entry, WITH__SLOT_LIVE, WITH__SLOT_REMOVING))
		return 0;
	result = with__slot_remove_thing(slot, root_fd, report ?
					 WITH__TELL_HOOK : WITH__TELL_NOBODY);
	if (result < 0 && errno != ESTALE)
		(void)move(entry, WITH__SLOT_REMOVING, WITH__SLOT_LIVE);
	else
		(void)with__slot_free(slot, word_of(entry, WITH__SLOT_REMOVING));
	entry->slot = NULL;
	return result;
}
