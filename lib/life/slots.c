/* SPDX-License-Identifier: MIT */
/*
 * slots.c - a table of slots that grows by chunks and never moves or shrinks
 *
 * A handler may look at any slot at any time, so that no memory here is ever
 * freed. Chunk c has FIRST_CHUNK << c slots and is reached by one pointer.
 *
 * A free slot stands on the stack of a thread or on the common list. Each
 * thread keeps a few for itself, so that it seldom needs a locked instruction
 * to find one, and never a line of the cache that another thread writes to.
 * What is more than that, what a clean-up frees, and what a thread leaves
 * when it ends goes to the common list: a stack linked by index, whose head
 * carries a count of changes beside the index, so that a slot taken off and
 * put back meanwhile does not pass for an unchanged list. A thread that finds
 * both empty takes a slot that never was in use.
 *
 * Serials too are taken from the common counter by the batch. So what one
 * thread makes is in its order; what several make is as well where the one
 * was started or had ended in between, since a new thread begins with a batch
 * newer than all before, and one that ends makes all batches void. Between
 * threads that run side by side the order is that of the batches; a thread that
 * others have left behind by more than one takes a new one.
 *
 * What may come between, and what it finds:
 *  - A handler that frees slots while the interrupted code takes one off: it
 *    leaves the thread's stack alone; the head of the common list has changed,
 *    and the interrupted code tries again. Claiming itself is not for
 *    handlers: it may allocate, and uses a variable of the thread, for which
 *    a library that was opened late may allocate too.
 *  - A slot taken off the list and put back meanwhile (ABA): the count differs,
 *    until it has wrapped around, which is 2^32 changes between two
 *    instructions.
 *  - A reader of a slot that is freed and let again: readers are counted in
 *    the word, and the last one out frees it.
 *  - fork() or siglongjmp() out of a handler, in the middle of a claim: one
 *    slot is lost. In a forked child, those on the stacks of other threads.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/local.h"
#include "life/slots.h"

#define FIRST_CHUNK 64u
#define CHUNKS 26		/* FIRST_CHUNK << 26 slots overflow the index */
#define OWN_MOST 16u		/* slots that a thread keeps for itself */
#define BATCH 64u		/* serials that it takes at once */

static _Atomic(struct with__slot *) chunks[CHUNKS];
static _Atomic uint32_t in_use;		/* slots that were ever claimed */
static _Alignas(64) _Atomic uint64_t free_list;	/* changes << 32 | index + 1 */
static _Alignas(64) _Atomic uint64_t last_serial;
static _Alignas(64) _Atomic uint64_t threads_ended;

static WITH__LOCAL struct own {
	struct with__slot *top;
	uint64_t serial, last_of_batch;
	uint64_t ended;		/* threads_ended when the batch was taken */
	uintptr_t thread;	/* since the first batch */
	bool has_destructor;
} own;

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

static struct with__slot *pop(void)
{
	uint64_t head = atomic_load(&free_list);
	uint64_t next;
	struct with__slot *slot;

	do {
		if (!(uint32_t)head)
			return NULL;
		slot = with__slot_at((uint32_t)head - 1);
		next = ((head >> 32) + 1) << 32 |
		       atomic_load_explicit(&slot->next_free,
					    memory_order_relaxed);
	} while (!atomic_compare_exchange_weak(&free_list, &head, next));
	return slot;
}

/* Runs inside a signal handler. */
static void push(struct with__slot *slot)
{
	uint64_t head = atomic_load(&free_list);
	uint64_t next;

	do {
		atomic_store_explicit(&slot->next_free, (uint32_t)head,
				      memory_order_relaxed);
		next = ((head >> 32) + 1) << 32 | (slot->index + 1);
	} while (!atomic_compare_exchange_weak(&free_list, &head, next));
}

static struct with__slot *pop_own(struct own *mine)
{
	struct with__slot *slot = mine->top;

	if (slot)
		mine->top = slot->below;
	return slot;
}

static void end_of_thread(void *ended)
{
	struct own *mine = ended;
	struct with__slot *slot;

	while ((slot = pop_own(mine)))
		push(slot);
	mine->has_destructor = false;
	atomic_fetch_add(&threads_ended, 1);
}

/* Without it the thread would take what it keeps with it when it ends. */
static void set_destructor(struct own *mine)
{
	static _Atomic uint64_t key;

	mine->has_destructor = with__local_at_end(&key, end_of_thread, mine);
}

static void push_own(struct with__slot *slot)
{
	struct own *mine = &own;

	if (!mine->has_destructor)
		set_destructor(mine);
	slot->depth = mine->top ? mine->top->depth + 1 : 1;
	if (slot->depth > OWN_MOST || !mine->has_destructor) {
		push(slot);
		return;
	}
	slot->below = mine->top;
	/* A handler may jump out of here. */
	atomic_signal_fence(memory_order_release);
	mine->top = slot;
}

static void take_batch(struct own *mine, uint64_t ended)
{
	mine->serial = atomic_fetch_add(&last_serial, BATCH);
	mine->last_of_batch = mine->serial + BATCH;
	mine->ended = ended;
	mine->thread = (uintptr_t)pthread_self();
	/* Only with it the end of this thread makes batches void. */
	if (!mine->has_destructor)
		set_destructor(mine);
}

static uint64_t next_serial(struct own *mine)
{
	uint64_t ended = atomic_load_explicit(&threads_ended,
					      memory_order_acquire);

	if (mine->serial == mine->last_of_batch || mine->ended != ended ||
	    atomic_load_explicit(&last_serial, memory_order_relaxed) -
			    mine->last_of_batch > BATCH)
		take_batch(mine, ended);
	return ++mine->serial;
}

struct with__slot *with__slot_claim(void)
{
	struct own *mine = &own;
	struct with__slot *slot = pop_own(mine);
	uint64_t tenancy;

	if (!slot)
		slot = pop();
	if (!slot)
		slot = claim_new();
	if (!slot)
		return NULL;
	atomic_store_explicit(&slot->serial, next_serial(mine),
			      memory_order_relaxed);
	atomic_store_explicit(&slot->thread, mine->thread,
			      memory_order_relaxed);
	/* A fresh tenancy: claims to the former one are stale from here. */
	tenancy = with__slot_tenancy(atomic_load_explicit(
					&slot->own, memory_order_relaxed)) + 1;
	atomic_store_explicit(&slot->own,
			      with__slot_held(tenancy, WITH__SLOT_CLAIMED),
			      memory_order_release);
	return slot;
}

/*
 * Runs inside a signal handler.
 *
 * True if the shared word is of a former tenancy, and now is this.
 */
static bool share(struct with__slot *slot, uint64_t *shared, uint64_t word)
{
	while (with__slot_tenancy(*shared) < with__slot_tenancy(word))
		if (atomic_compare_exchange_weak(&slot->shared, shared, word))
			return true;
	return false;
}

bool with__slot_publish(struct with__slot *slot, uint64_t tenancy)
{
	uint64_t creating = with__slot_held(tenancy, WITH__SLOT_CREATING);
	uint64_t shared;

	if (with__slot_step(slot, creating))
		return true;
	shared = atomic_load(&slot->shared);
	(void)share(slot, &shared, creating);
	return false;
}

/* Not CANCELED: a clean-up joined afterwards. */
bool with__slot_confirm(struct with__slot *slot, uint64_t tenancy)
{
	uint64_t live = with__slot_held(tenancy, WITH__SLOT_LIVE);
	uint64_t shared;

	if (with__slot_step(slot, live))
		return true;
	shared = atomic_load(&slot->shared);
	if (share(slot, &shared, live))
		return true;
	if (with__slot_state(shared) == WITH__SLOT_CREATING &&
	    atomic_compare_exchange_strong(&slot->shared, &shared, live))
		return true;
	return with__slot_state(shared) != WITH__SLOT_CANCELED;
}

/* Runs inside a signal handler. */
bool with__slot_join(struct with__slot *slot, struct with__view view)
{
	uint64_t joined = view.word + WITH__SLOT_USER;

	if ((view.word & WITH__SLOT_USERS) == WITH__SLOT_USERS)
		return false;
	if (with__slot_state(view.word) == WITH__SLOT_CREATING)
		joined += WITH__SLOT_CANCELED - WITH__SLOT_CREATING;
	else if (with__slot_state(view.word) == WITH__SLOT_LIVE)
		joined += WITH__SLOT_REMOVING - WITH__SLOT_LIVE;
	return atomic_compare_exchange_strong(&slot->shared, &view.shared,
					      joined);
}

/* Runs inside a signal handler. */
static enum with__slot_state state_with(enum with__slot_state state,
					enum with__outcome outcome)
{
	if (outcome == WITH__STRANDED &&
	    (state == WITH__SLOT_CREATING || state == WITH__SLOT_CANCELED))
		return WITH__SLOT_REMOVING;
	if (outcome != WITH__DONE)
		return state;
	if (state == WITH__SLOT_LIVE || state == WITH__SLOT_REMOVING)
		return WITH__SLOT_GONE;
	return state == WITH__SLOT_CREATING ? WITH__SLOT_CANCELED : state;
}

/* left: the word with one holder or user less. Runs inside a signal handler. */
static uint64_t word_after(uint64_t left, enum with__outcome outcome)
{
	enum with__slot_state state = state_with(with__slot_state(left),
						 outcome);

	if (!(left & WITH__SLOT_USERS)) {
		if (state == WITH__SLOT_REMOVING)
			state = WITH__SLOT_LIVE;
		if (state != WITH__SLOT_LIVE && !(left & WITH__SLOT_HELD))
			state = WITH__SLOT_FREE;
	}
	return (left & ~UINT64_C(7)) | state;
}

/* Runs inside a signal handler. */
void with__slot_leave(struct with__slot *slot, enum with__outcome outcome)
{
	uint64_t shared = atomic_load(&slot->shared);
	uint64_t after;

	do
		after = word_after(shared - WITH__SLOT_USER, outcome);
	while (!atomic_compare_exchange_weak(&slot->shared, &shared, after));
	if (with__slot_state(after) == WITH__SLOT_FREE)
		push(slot);
}

/* Not held: a clean-up joined afterwards, and whoever leaves last frees it. */
static bool let_go_shared(struct with__slot *slot, uint64_t after,
			  enum with__outcome outcome)
{
	uint64_t shared = atomic_load(&slot->shared);

	if (share(slot, &shared, after))
		return with__slot_state(after) == WITH__SLOT_FREE;
	do {
		if (with__slot_tenancy(shared) != with__slot_tenancy(after) ||
		    !(shared & WITH__SLOT_HELD))
			return false;
		after = word_after(shared - WITH__SLOT_HELD, outcome);
	} while (!atomic_compare_exchange_weak(&slot->shared, &shared, after));
	return with__slot_state(after) == WITH__SLOT_FREE;
}

void with__slot_let_go(struct with__slot *slot, enum with__outcome outcome)
{
	uint64_t held = atomic_load_explicit(&slot->own, memory_order_relaxed);
	uint64_t after = word_after(held - WITH__SLOT_HELD, outcome);

	if (with__slot_step(slot, after) ?
	    with__slot_state(after) == WITH__SLOT_FREE :
	    let_go_shared(slot, after, outcome))
		push_own(slot);
}
