/* SPDX-License-Identifier: MIT */
/*
 * unwind.c - the guards of a thread that longjmp() may pass by
 *
 * A stack of entries for each thread, newest on top. An entry has a copy of
 * the guard's value, since the frame with the variable may be gone when it is
 * needed, and the address of the variable, by which the end of a scope, steal
 * and close find it. After a longjmp() a new frame can have a variable at an
 * old address: the newest entry of an address is the one that is meant.
 *
 * A mark is the number of the newest entry there was: numbers only grow, so
 * that a mark stays right whatever was unwound or closed since.
 *
 * The variables of what was unwound are left as they are. An address does not
 * tell a variable of a frame that is still there from one of a frame that a
 * longjmp() ended, over which another may lie by now; and NAME_close() of a
 * variable without an entry has to close, since it may be no guard's. So what
 * with/life.h forbids after with_unwind() cannot be made harmless here.
 *
 * Entries are taken off before they are acted on. Memory is kept for the next
 * guard, and freed when the thread ends.
 *
 * A siglongjmp() out of a handler can pass by the few instructions between
 * the making of a resource and its entry here, or between its leaving here
 * and its end: that one resource is then left to exit. Nothing here is for
 * handlers themselves, since the stack is a variable of the thread.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <with/guard.h>
#include <with/life.h>

#include "base/cancel.h"
#include "base/local.h"
#include "life/inherited.h"

#define SMALL_SIZE 64		/* values up to this are kept for reuse */

struct entry {
	struct entry *below;
	unsigned long long serial;
	void *variable;
	void (*unwind)(void *value);
	size_t size;		/* that value has room for */
	_Alignas(max_align_t) unsigned char value[];
};

static WITH__LOCAL struct stack {
	struct entry *top;
	struct entry *spare;
	unsigned long long last_serial;
	int has_destructor;
} stack;

static void free_list(struct entry *entry)
{
	while (entry) {
		struct entry *below = entry->below;

		free(entry);
		entry = below;
	}
}

/* What stands in top was passed by: its names go at exit. */
static void free_stack(void *ended)
{
	struct stack *of_thread = ended;

	free_list(of_thread->top);
	free_list(of_thread->spare);
	*of_thread = (struct stack) { .top = NULL };
}

static int prepare_thread(void)
{
	static _Atomic uint64_t key;

	if (!with__local_at_end(&key, free_stack, &stack)) {
		errno = ENOMEM;
		return -1;
	}
	stack.has_destructor = 1;
	return 0;
}

static struct entry *get_entry(size_t size)
{
	struct entry *entry = stack.spare;

	if (entry && size <= SMALL_SIZE) {
		stack.spare = entry->below;
		return entry;
	}
	if (size < SMALL_SIZE)
		size = SMALL_SIZE;
	entry = malloc(sizeof(*entry) + size);
	if (entry)
		entry->size = size;
	return entry;
}

static void put_entry(struct entry *entry)
{
	if (entry->size > SMALL_SIZE) {
		free(entry);
		return;
	}
	entry->below = stack.spare;
	stack.spare = entry;
}

int with__enter(void *variable, const void *value, size_t size,
		void (*unwind)(void *value))
{
	struct entry *entry;

	if (!stack.has_destructor && prepare_thread() < 0)
		return -1;
	entry = get_entry(size);
	if (!entry) {
		errno = ENOMEM;
		return -1;
	}
	entry->variable = variable;
	entry->unwind = unwind;
	memcpy(entry->value, value, size);
	entry->serial = ++stack.last_serial;
	entry->below = stack.top;
	/* A handler may jump out of here, and unwind. */
	atomic_signal_fence(memory_order_release);
	stack.top = entry;
	return 0;
}

/* Where the entry of variable hangs; NULL hangs there if it has none. */
static struct entry **find(const void *variable)
{
	struct entry **link = &stack.top;

	while (*link && (*link)->variable != variable)
		link = &(*link)->below;
	return link;
}

void with__update(void *variable, const void *value, size_t size)
{
	struct entry *entry = *find(variable);

	if (entry)
		memcpy(entry->value, value, size);
}

int with__leave(void *variable)
{
	struct entry **link = find(variable);
	struct entry *entry = *link;

	if (!entry)
		return 0;
	*link = entry->below;
	put_entry(entry);
	return 1;
}

void *with__steal(void *variable)
{
	void *const none = NULL;
	void *stolen;

	/* Not by assignment: the variable is a pointer of another type. */
	memcpy(&stolen, variable, sizeof(stolen));
	memcpy(variable, &none, sizeof(none));
	if (stolen) {
		(void)with__leave(variable);
		/* One with a companion still needs it to be closed. */
		if (!with__inherited_companion(stolen))
			(void)with__inherited_strike(stolen);
	}
	return stolen;
}

struct with_mark with_mark(void)
{
	return (struct with_mark) { .serial_ = stack.last_serial };
}

void with_unwind(struct with_mark mark)
{
	WITH__NO_CANCEL;
	int saved = errno;

	while (stack.top && stack.top->serial > mark.serial_) {
		struct entry *entry = stack.top;

		stack.top = entry->below;
		entry->unwind(entry->value);
		put_entry(entry);
	}
	errno = saved;
}
