/* SPDX-License-Identifier: MIT */
/*
 * slots.c - a table of slots that grows by chunks and never moves or shrinks
 *
 * A handler may look at any slot at any time, so that no memory here is ever
 * freed. Chunk c has FIRST_CHUNK << c slots and is reached by one pointer.
 *
 * Free slots stand on lists: stacks linked by index, whose heads carry a count
 * of changes beside the index, so that a slot taken off and put back meanwhile
 * does not pass for an unchanged list. There are several, and a thread keeps
 * to one, so that threads seldom touch the same head. A thread that finds all
 * lists empty takes a slot that never was in use.
 *
 * What may come between, and what it finds:
 *  - A handler that frees slots while the interrupted code takes one off: the
 *    head has changed, the interrupted code tries again. Claiming itself is
 *    not for handlers: it may allocate, and uses a variable of the thread,
 *    for which a library that was opened late may allocate too.
 *  - A slot taken off a list and put back meanwhile (ABA): the count differs,
 *    until it has wrapped around, which is 2^32 changes between two
 *    instructions.
 *  - A reader of a slot that is freed and let again: readers are counted in
 *    the word, and the last one out frees it.
 *  - fork() or siglongjmp() out of a handler, in the middle of a claim: one
 *    slot is lost.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "life/slots.h"

#define FIRST_CHUNK 64u
#define CHUNKS 26		/* FIRST_CHUNK << 26 slots overflow the index */
#define LISTS 8u

struct list {
	_Alignas(64) _Atomic uint64_t head;	/* changes << 32 | index + 1 */
};

static _Atomic(struct with__slot *) chunks[CHUNKS];
static _Atomic uint32_t in_use;		/* slots that were ever claimed */
static struct list free_lists[LISTS];
static _Atomic unsigned threads_seen;
static _Thread_local unsigned own_list;	/* list + 1 */

static unsigned chunk_of(uint32_t index, uint32_t *ret_offset)
{
	unsigned chunk = 31u - (unsigned)__builtin_clz(index / FIRST_CHUNK + 1);

	*ret_offset = index - FIRST_CHUNK * ((1u << chunk) - 1);
	return chunk;
}

/* Runs inside a signal handler. */
struct with__slot *with__slot_at(uint32_t index)
{
	uint32_t offset;
	unsigned chunk = chunk_of(index, &offset);
	struct with__slot *slots = atomic_load(&chunks[chunk]);

	return slots ? &slots[offset] : NULL;
}

/* Runs inside a signal handler. */
uint32_t with__slot_count(void)
{
	return atomic_load(&in_use);
}

static bool provide_chunk(unsigned chunk)
{
	struct with__slot *none = NULL;
	struct with__slot *slots;

	if (chunk >= CHUNKS) {
		errno = ENOMEM;
		return false;
	}
	if (atomic_load(&chunks[chunk]))
		return true;
	slots = calloc((size_t)FIRST_CHUNK << chunk, sizeof(*slots));
	if (!slots)
		return false;
	if (!atomic_compare_exchange_strong(&chunks[chunk], &none, slots))
		free(slots);
	return true;
}

static struct with__slot *claim_new(void)
{
	uint32_t index = atomic_load(&in_use);
	struct with__slot *slot;
	uint32_t offset;

	do {
		if (!provide_chunk(chunk_of(index, &offset)))
			return NULL;
	} while (!atomic_compare_exchange_weak(&in_use, &index, index + 1));
	slot = with__slot_at(index);
	slot->index = index;
	return slot;
}

static struct with__slot *pop(struct list *list)
{
	uint64_t head = atomic_load(&list->head);
	uint64_t next;
	struct with__slot *slot;

	do {
		if (!(uint32_t)head)
			return NULL;
		slot = with__slot_at((uint32_t)head - 1);
		next = ((head >> 32) + 1) << 32 |
		       atomic_load_explicit(&slot->next_free,
					    memory_order_relaxed);
	} while (!atomic_compare_exchange_weak(&list->head, &head, next));
	return slot;
}

/* Runs inside a signal handler. */
static void push(struct list *list, struct with__slot *slot)
{
	uint64_t head = atomic_load(&list->head);
	uint64_t next;

	do {
		atomic_store_explicit(&slot->next_free, (uint32_t)head,
				      memory_order_relaxed);
		next = ((head >> 32) + 1) << 32 | (slot->index + 1);
	} while (!atomic_compare_exchange_weak(&list->head, &head, next));
}

static struct with__slot *claim_freed(void)
{
	struct with__slot *slot = NULL;
	unsigned i;

	if (!own_list)
		own_list = atomic_fetch_add(&threads_seen, 1) % LISTS + 1;
	for (i = 0; !slot && i < LISTS; i++)
		slot = pop(&free_lists[(own_list - 1 + i) % LISTS]);
	return slot;
}

struct with__slot *with__slot_claim(void)
{
	struct with__slot *slot = claim_freed();
	uint64_t tenancy;

	if (!slot)
		slot = claim_new();
	if (!slot)
		return NULL;
	slot->home = own_list - 1;
	/* A fresh tenancy: claims to the former one are stale from here. */
	tenancy = with__slot_tenancy(atomic_load(&slot->word)) + 1;
	atomic_store_explicit(&slot->word,
			      with__slot_word(tenancy, 0, WITH__SLOT_CLAIMED),
			      memory_order_release);
	return slot;
}

/* Runs inside a signal handler. */
static bool change(struct with__slot *slot, uint64_t from, uint64_t to)
{
	return atomic_compare_exchange_strong(&slot->word, &from, to);
}

/* Runs inside a signal handler. */
bool with__slot_free(struct with__slot *slot, uint64_t word)
{
	if (!change(slot, word, with__slot_word(with__slot_tenancy(word), 0,
						WITH__SLOT_FREE)))
		return false;
	/* Back to where its last user looks first. */
	push(&free_lists[slot->home], slot);
	return true;
}

/* Runs inside a signal handler. */
bool with__slot_join(struct with__slot *slot, uint64_t word)
{
	uint64_t joined = word + WITH__SLOT_USER;

	if ((word & WITH__SLOT_USERS) == WITH__SLOT_USERS)
		return false;
	switch (with__slot_state(word)) {
	case WITH__SLOT_CREATING:
		joined += WITH__SLOT_CANCELED - WITH__SLOT_CREATING;
		break;
	case WITH__SLOT_LIVE:
		joined += WITH__SLOT_REMOVING - WITH__SLOT_LIVE;
		break;
	case WITH__SLOT_CANCELED:
	case WITH__SLOT_REMOVING:
		break;
	default:
		return false;
	}
	return change(slot, word, joined);
}

/* Runs inside a signal handler. */
static enum with__slot_state state_after(enum with__slot_state state,
					 enum with__outcome outcome, bool last)
{
	if (state == WITH__SLOT_REMOVING && outcome == WITH__DONE)
		state = WITH__SLOT_GONE;
	if (state == WITH__SLOT_CANCELED && outcome == WITH__STRANDED)
		state = WITH__SLOT_REMOVING;
	if (!last)
		return state;
	return state == WITH__SLOT_REMOVING ? WITH__SLOT_LIVE : WITH__SLOT_FREE;
}

/* Runs inside a signal handler. */
void with__slot_leave(struct with__slot *slot, enum with__outcome outcome)
{
	uint64_t word, left;
	enum with__slot_state state;

	do {
		word = atomic_load(&slot->word);
		left = word - WITH__SLOT_USER;
		state = state_after(with__slot_state(word), outcome,
				    !(left & WITH__SLOT_USERS));
		if (state == WITH__SLOT_FREE) {
			if (with__slot_free(slot, word))
				return;
			continue;
		}
	} while (state == WITH__SLOT_FREE ||
		 !change(slot, word, (left & ~UINT64_C(7)) | state));
}
