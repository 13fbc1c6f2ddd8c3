/* SPDX-License-Identifier: MIT */
/*
 * exit_stack.c - things to be closed newest first
 *
 * A stack is in one of two shapes. Near: the entries stand in the variable,
 * and things_ is NULL. Far: they stand behind things_, which never moves, so
 * that a copy of that pointer on the stack of WITH_UNWINDABLE stays good while
 * entries come and go. A near stack becomes far with its 17th entry.
 *
 * An entry is taken off, and read, before it runs: what it calls may push
 * onto the same stack, which is closed until nothing is left.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <with/exit_stack.h>

struct with__exit_things {
	size_t count;
	size_t capacity;
	struct with__exit_entry *entries;	/* first, until there are more */
	struct with__exit_entry first[];
};

/* What pushes of large values hold. */
struct large {
	int (*finish)(void *value);
	void *value;
};

_Static_assert(sizeof(struct large) <=
	       sizeof(((struct with__exit_entry *)0)->value),
	       "an entry has room for it");

int with__exit_call_void(void *value)
{
	const struct with__exit_call *call = value;

	call->fn.without_result(call->argument);
	return 0;
}

int with__exit_call_int(void *value)
{
	const struct with__exit_call *call = value;

	return call->fn.with_result(call->argument);
}

static int finish_large(void *value)
{
	struct large *large = value;
	int result = large->finish(large->value);
	int error = errno;

	free(large->value);
	errno = error;
	return result;
}

static bool is_large(size_t size, size_t alignment)
{
	struct with__exit_entry entry;

	return size > sizeof(entry.value) || alignment > __alignof__(entry.value);
}

static struct with__exit_things *new_things(size_t capacity)
{
	struct with__exit_things *things =
		malloc(sizeof(*things) + capacity * sizeof(things->first[0]));

	if (!things)
		return NULL;
	things->count = 0;
	things->capacity = capacity;
	things->entries = things->first;
	return things;
}

struct with__exit_things *with__exit_things_new(void)
{
	return new_things(WITH_EXIT_STACK_FIRST);
}

static int become_far(struct with_exit_stack *stack)
{
	struct with__exit_things *things =
		new_things((size_t)2 * WITH_EXIT_STACK_FIRST);

	if (!things)
		return -1;
	memcpy(things->entries, stack->first_, sizeof(stack->first_));
	things->count = stack->count_;
	stack->count_ = 0;
	stack->things_ = things;
	return 0;
}

static int grow(struct with__exit_things *things)
{
	bool grown = things->entries != things->first;
	struct with__exit_entry *entries =
		reallocarray(grown ? things->entries : NULL, things->capacity,
			     2 * sizeof(*entries));

	if (!entries)
		return -1;
	if (!grown)
		memcpy(entries, things->first, things->count * sizeof(*entries));
	things->entries = entries;
	things->capacity *= 2;
	return 0;
}

/* Where the next entry goes; NULL with ENOMEM. */
static struct with__exit_entry *next_entry(struct with_exit_stack *stack)
{
	struct with__exit_things *things;

	if (!stack->things_) {
		if (stack->count_ < WITH_EXIT_STACK_FIRST)
			return &stack->first_[stack->count_];
		if (become_far(stack) < 0)
			return NULL;
	}
	things = stack->things_;
	if (things->count == things->capacity && grow(things) < 0)
		return NULL;
	return &things->entries[things->count];
}

static void count_entry(struct with_exit_stack *stack)
{
	if (stack->things_)
		stack->things_->count++;
	else
		stack->count_++;
}

/* Memory for a large value waits in the entry that with__exit_stack_put fills. */
int with__exit_stack_reserve(struct with_exit_stack *stack, size_t size,
			     size_t alignment)
{
	struct with__exit_entry *entry;
	struct large large = { .finish = NULL };

	if (!stack->held_) {
		errno = EINVAL;
		return -1;
	}
	entry = next_entry(stack);
	if (entry && is_large(size, alignment)) {
		if (alignment < sizeof(void *))
			alignment = sizeof(void *);
		size = (size + alignment - 1) / alignment * alignment;
		large.value = aligned_alloc(alignment, size);
		if (!large.value)
			entry = NULL;
		else
			memcpy(&entry->value, &large, sizeof(large));
	}
	if (!entry)
		errno = ENOMEM;
	return entry ? 0 : -1;
}

void with__exit_stack_put(struct with_exit_stack *stack,
			  int (*finish)(void *value), const void *value,
			  size_t size, size_t alignment)
{
	struct with__exit_entry *entry = next_entry(stack);
	struct large large;

	if (is_large(size, alignment)) {
		memcpy(&large, &entry->value, sizeof(large));
		memcpy(large.value, value, size);
		large.finish = finish;
		memcpy(&entry->value, &large, sizeof(large));
		entry->finish = finish_large;
	} else {
		memcpy(&entry->value, value, size);
		entry->finish = finish;
	}
	count_entry(stack);
}

static int push(struct with_exit_stack *stack, bool has_function,
		int (*finish)(void *value), const struct with__exit_call *call)
{
	if (!stack || !has_function) {
		errno = EINVAL;
		return -1;
	}
	if (with__exit_stack_reserve(stack, sizeof(*call),
				     __alignof__(*call)) < 0)
		return -1;
	with__exit_stack_put(stack, finish, call, sizeof(*call),
			     __alignof__(*call));
	return 0;
}

int with_exit_stack_push_void(struct with_exit_stack *stack,
			      void (*fn)(void *argument), void *argument)
{
	const struct with__exit_call call = {
		.fn.without_result = fn, .argument = argument,
	};

	return push(stack, fn != NULL, with__exit_call_void, &call);
}

int with_exit_stack_push_int(struct with_exit_stack *stack,
			     int (*fn)(void *argument), void *argument)
{
	const struct with__exit_call call = {
		.fn.with_result = fn, .argument = argument,
	};

	return push(stack, fn != NULL, with__exit_call_int, &call);
}

/* The newest, taken off; NULL if there is none. */
static inline struct with__exit_entry *pop(struct with_exit_stack *stack)
{
	struct with__exit_things *things = stack->things_;

	if (!things)
		return stack->count_ ? &stack->first_[--stack->count_] : NULL;
	return things->count ? &things->entries[--things->count] : NULL;
}

/* The commonest without a copy: all of it is read before anything is called. */
static inline int run(const struct with__exit_entry *entry)
{
	const struct with__exit_call *call = &entry->value.call;
	struct with__exit_entry copy;

	if (entry->finish == with__exit_call_void) {
		call->fn.without_result(call->argument);
		return 0;
	}
	if (entry->finish == with__exit_call_int)
		return call->fn.with_result(call->argument);
	copy = *entry;
	return copy.finish(&copy.value);
}

static void free_things(struct with__exit_things *things)
{
	if (things && things->entries != things->first)
		free(things->entries);
	free(things);
}

/* The first error, 0 if there was none; each is told to the hook if asked. */
static int run_all(struct with_exit_stack *stack, bool report)
{
	const struct with__exit_entry *entry;
	int first = 0;

	while ((entry = pop(stack))) {
		if (run(entry) == 0)
			continue;
		/* A function may fail and set no errno; that is a failure too. */
		if (!first)
			first = errno ? errno : -1;
		if (report)
			with__report("close", "exit stack", NULL);
	}
	if (stack->things_)
		free_things(stack->things_);
	stack->things_ = NULL;
	stack->held_ = 0;
	return first;
}

int with_exit_stack_close(struct with_exit_stack *stack)
{
	int saved = errno;
	int error;

	if (!stack || !stack->held_)
		return 0;
	(void)with__leave(stack);
	error = run_all(stack, false);
	errno = error > 0 ? error : error < 0 ? 0 : saved;
	return error ? -1 : 0;
}

void with__exit_stack_end(struct with_exit_stack *stack)
{
	int saved = errno;

	(void)run_all(stack, true);
	errno = saved;
}

void with__exit_things_end(struct with__exit_things *things)
{
	struct with_exit_stack stack = {
		.things_ = things, .count_ = 0, .held_ = 1
	};

	if (things)
		with__exit_stack_end(&stack);
}
