/* SPDX-License-Identifier: MIT */
/*
 * cleanup.c - remove all that this process owns, newest first
 *
 * Three callers: the exit handler, a fatal signal's handler, and
 * with_cleanup_now(). The last two may interrupt anything, the other code of
 * this folder included, so that all here is lock-free and without heap; the
 * memory for putting the slots in order comes straight from mmap(), and where
 * there is none the order is that of the table, backwards.
 *
 * While one thread cleans up, the others go on. What they have done before is
 * seen, and they are held back before they make anything more (closing.h).
 *
 * What other threads are just making is waited for, at most a second: long
 * enough for a thread that a busy machine does not let run, and an answer
 * where one hangs in a dead file server.
 *
 * What may come between, and what it finds:
 *  - A signal during exit(), in that thread or another: its clean-up joins in
 *    the removal under way, and does not trust it to be finished by others.
 *  - exit() while a signal is being died of: waits, before and after its own
 *    clean-up, so that the process ends by the signal.
 *  - with_cleanup_now() in a handler that interrupts a creator: the entry is
 *    CANCELED, the creator unmakes what it goes on to make and reports
 *    ECANCELED. One that interrupts a closer does its work; the closer then
 *    finds nothing left.
 *  - A child of vfork() or clone(CLONE_VM): has another process id, and so
 *    owns nothing (base/process.h).
 *  - pthread_cancel(): held off throughout.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "base/cancel.h"
#include "base/process.h"
#include "life/closing.h"
#include "life/slots.h"

#define CREATING_WAITS_MS 1000

struct candidate {
	uint64_t serial;
	uint32_t index;
};

/* Runs inside a signal handler. */
static bool is_being_born(struct with__slot *slot, uint64_t owner)
{
	switch (with__slot_state(with__slot_view(slot).word)) {
	case WITH__SLOT_CREATING:
	case WITH__SLOT_CANCELED:
		return atomic_load(&slot->owner) == owner;
	default:
		return false;
	}
}

/* Runs inside a signal handler. */
static void wait_for_births(uint64_t owner)
{
	uintptr_t self = (uintptr_t)pthread_self();
	int waited_ms = 0;
	uint32_t i;

	for (i = 0; i < with__slot_count(); i++) {
		struct with__slot *slot = with__slot_at(i);

		while (is_being_born(slot, owner) &&
		       atomic_load(&slot->thread) != self &&
		       atomic_load(&slot->thread) != 0) {
			if (waited_ms++ >= CREATING_WAITS_MS)
				return;
			with__closing_sleep(1);
		}
	}
}

/* Runs inside a signal handler. */
void with__cleanup_abandon_births(void)
{
	uint64_t owner = with__process_in_handler();
	uint32_t i;

	for (i = 0; owner && i < with__slot_count(); i++) {
		struct with__slot *slot = with__slot_at(i);
		uintptr_t self = (uintptr_t)pthread_self();

		if (is_being_born(slot, owner))
			(void)atomic_compare_exchange_strong(&slot->thread,
							     &self, 0);
	}
}

/* Runs inside a signal handler. */
static bool is_due(struct with__slot *slot, uint64_t word, uint64_t owner)
{
	switch (with__slot_state(word)) {
	case WITH__SLOT_CREATING:
	case WITH__SLOT_CANCELED:
		/* Waited for, in vain; or signals were not blocked yet. */
		if (slot->guessable)
			return false;
		/* fall through */
	case WITH__SLOT_LIVE:
	case WITH__SLOT_REMOVING:
		return atomic_load(&slot->owner) == owner;
	default:
		return false;
	}
}

/* Runs inside a signal handler. */
static bool join_if_due(struct with__slot *slot, uint64_t owner,
			enum with__slot_state *ret_before)
{
	struct with__view view;

	do {
		view = with__slot_view(slot);
		if (!is_due(slot, view.word, owner) ||
		    (view.word & WITH__SLOT_USERS) == WITH__SLOT_USERS)
			return false;
	} while (!with__slot_join(slot, view));
	*ret_before = with__slot_state(view.word);
	return true;
}

/* Runs inside a signal handler. */
static void clean_slot(struct with__slot *slot, uint64_t owner,
		       enum with__telling telling)
{
	enum with__slot_state before;
	int result;
	bool done;

	if (!join_if_due(slot, owner, &before))
		return;
	result = with__slot_remove_thing(slot, -1, telling);
	done = result == 0 || result == -ESTALE;
	/* What was not there may have been made since, and stranded. */
	if (before == WITH__SLOT_CREATING || before == WITH__SLOT_CANCELED)
		done = false;
	with__slot_leave(slot, done ? WITH__DONE : WITH__FAILED);
}

static void sift_down(struct candidate *heap, size_t root, size_t count)
{
	struct candidate moving = heap[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count &&
		    heap[child + 1].serial > heap[child].serial)
			child++;
		if (heap[child].serial <= moving.serial)
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = moving;
}

typedef void visitor(struct with__slot *slot, uint64_t owner,
		     enum with__telling telling);

/* A heap with the newest at its root: no recursion, no more memory. */
static void visit_newest_first(struct candidate *heap, size_t count,
			       visitor *visit, uint64_t owner,
			       enum with__telling telling)
{
	size_t i;

	for (i = count / 2; i-- > 0; )
		sift_down(heap, i, count);
	while (count > 0) {
		visit(with__slot_at(heap[0].index), owner, telling);
		heap[0] = heap[--count];
		if (count)
			sift_down(heap, 0, count);
	}
}

static size_t collect(struct candidate *heap, uint32_t slots, uint64_t owner)
{
	size_t count = 0;
	uint32_t i;

	for (i = 0; i < slots; i++) {
		struct with__slot *slot = with__slot_at(i);

		if (is_due(slot, with__slot_view(slot).word, owner))
			heap[count++] = (struct candidate) {
				.serial = atomic_load(&slot->serial),
				.index = i,
			};
	}
	return count;
}

/* Runs inside a signal handler. */
static void visit_all(uint64_t owner, visitor *visit,
		      enum with__telling telling)
{
	uint32_t slots = with__slot_count();
	size_t size = slots * sizeof(struct candidate);
	struct candidate *heap;

	if (!slots)
		return;
	heap = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED) {
		while (slots-- > 0)
			visit(with__slot_at(slots), owner, telling);
		return;
	}
	visit_newest_first(heap, collect(heap, slots, owner), visit, owner,
			   telling);
	munmap(heap, size);
}

/* Runs inside a signal handler. */
static void clean_all(enum with__closing how, enum with__telling telling)
{
	WITH__NO_CANCEL;
	uint64_t owner = with__process_in_handler();
	int saved = errno;

	if (!owner)
		return;
	with__closing_raise(owner, how);
	wait_for_births(owner);
	visit_all(owner, clean_slot, telling);
	with__closing_lower(owner);
	errno = saved;
}

void with__registry_remove_all(void)
{
	with__closing_wait_for_death();
	clean_all(WITH__EXITING, WITH__TELL_HOOK);
	with__closing_wait_for_death();
}

void with__registry_remove_rest(void)
{
	clean_all(WITH__EXITING, WITH__TELL_NOBODY);
	with__closing_wait_for_death();
}

/* Runs inside a signal handler. */
void with__registry_remove_all_in_handler(bool keep_closed)
{
	clean_all(keep_closed ? WITH__DYING : WITH__PASSING,
		  WITH__TELL_IN_HANDLER);
}

/* Only the exit handler lists, and only one thread runs it. */
static void (*listing)(const char *path, const char *source);

static void list_slot(struct with__slot *slot, uint64_t owner,
		      enum with__telling telling)
{
	enum with__slot_state before;

	(void)telling;
	if (with__slot_state(with__slot_view(slot).word) != WITH__SLOT_LIVE ||
	    !join_if_due(slot, owner, &before))
		return;
	listing(slot->path, slot->source);
	with__slot_leave(slot, WITH__FAILED);
}

void with__registry_list(void (*visit)(const char *path, const char *source))
{
	uint64_t owner = with__process_in_handler();

	if (!owner)
		return;
	listing = visit;
	with__closing_raise(owner, WITH__OPEN);
	visit_all(owner, list_slot, WITH__TELL_NOBODY);
	with__closing_lower(owner);
}
