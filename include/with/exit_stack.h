/* SPDX-License-Identifier: MIT */
/*
 * with/exit_stack.h - any number of resources, known at run time, owned by one
 * scope: Python's contextlib.ExitStack
 *
 *	WITH_EXIT_STACK (stack) {
 *		for (int i = 0; i < count; i++) {
 *			SCOPED_FD(fd, paths[i], O_RDONLY);
 *			if (with_exit_stack_take(&stack, with_fd, fd) < 0)
 *				...
 *		}
 *		...
 *	}
 *
 * Choose it when a guard for each resource cannot be written down: in a loop,
 * or under a condition. What was pushed is closed newest first.
 *
 * The first WITH_EXIT_STACK_FIRST things need no memory but that of the
 * variable (in a file with WITH_UNWINDABLE it is allocated, since the variable
 * may be gone when the stack is unwound). The variable is a struct: give its
 * address to functions, and do not copy it but with with_exit_stack_pop_all().
 *
 * A stack belongs to one thread at a time.
 */
#ifndef WITH_EXIT_STACK_H
#define WITH_EXIT_STACK_H

#include <stddef.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many things find room in the variable itself. */
#define WITH_EXIT_STACK_FIRST 16

/* One thing: how it ends, and a copy of it. Private. */
struct with__exit_entry {
	int (*finish)(void *value);
	union {
		struct with__exit_call {
			union {
				void (*without_result)(void *argument);
				int (*with_result)(void *argument);
			} fn;
			void *argument;
		} call;
		long long number;
		unsigned char bytes[24];
	} value;
};

struct with__exit_things;

/* All members are private. */
struct with_exit_stack {
	struct with__exit_things *things_;	/* NULL: first_ has them */
	size_t count_;
	int held_;
	struct with__exit_entry first_[WITH_EXIT_STACK_FIRST];
};

/*
 * with_exit_stack_open - an empty stack
 *
 * It cannot fail. For with_exit_stack_close().
 */
static inline struct with_exit_stack with_exit_stack_open(void)
{
	struct with_exit_stack stack;

	stack.things_ = (struct with__exit_things *)0;
	stack.count_ = 0;
	stack.held_ = 1;
	return stack;
}

/*
 * with_exit_stack_push_void - have fn(argument) called when the stack closes
 * with_exit_stack_push_int - the same; a result other than 0 is a failure
 *
 * with_exit_stack_push(stack, fn, argument), in C, is the one that fits.
 *
 * stack: not NULL, and open; it may be closing, and is closed further then.
 *
 * Return 0, or -1 with errno, and nothing is pushed:
 *	EINVAL	fn is NULL; the stack is not open
 *	ENOMEM	no memory for more than WITH_EXIT_STACK_FIRST
 */
int with_exit_stack_push_void(struct with_exit_stack *stack,
			      void (*fn)(void *argument), void *argument);
int with_exit_stack_push_int(struct with_exit_stack *stack,
			     int (*fn)(void *argument), void *argument);

/*
 * with_exit_stack_close - close all that is on it now, newest first
 *
 * stack: address of the variable, which is not open from here on; closing it
 *        again is success.
 *
 * Everything is closed, whatever fails. Returns 0, or -1 with the errno of
 * the first failure.
 */
int with_exit_stack_close(struct with_exit_stack *stack);

/* Private: the end of a scope, which keeps errno and tells the error hook. */
void with__exit_stack_end(struct with_exit_stack *stack);
struct with__exit_things *with__exit_things_new(void);
void with__exit_things_end(struct with__exit_things *things);
int with__exit_call_void(void *value);
int with__exit_call_int(void *value);
int with__exit_stack_reserve(struct with_exit_stack *stack, size_t size,
			     size_t alignment);
void with__exit_stack_put(struct with_exit_stack *stack,
			  int (*finish)(void *value), const void *value,
			  size_t size, size_t alignment);

#ifdef __cplusplus
}
#define WITH_EXIT_STACK(...)	WITH__C_ONLY
#define SCOPED_EXIT_STACK(...)	WITH__C_ONLY
#else

/* By the type of fn, which is one of two: anything else does not compile. */
#define with_exit_stack_push(stack, fn, argument) \
	(__extension__ _Generic((fn), \
		void (*)(void *): with__exit_stack_push_void, \
		int (*)(void *): with__exit_stack_push_int)(stack, fn, argument))

/* Private: in the variable there is room without asking anybody. */
static inline WITH__UNUSED struct with__exit_entry *
with__exit_stack_near(struct with_exit_stack *stack)
{
	if (!stack || !stack->held_ || stack->things_ ||
	    stack->count_ >= WITH_EXIT_STACK_FIRST)
		return (struct with__exit_entry *)0;
#ifdef __clang_analyzer__
	/* It cannot see who calls what is stored there, and says it leaks. */
	return (struct with__exit_entry *)0;
#endif
	return &stack->first_[stack->count_];
}

static inline WITH__UNUSED int
with__exit_stack_push_void(struct with_exit_stack *stack,
			   void (*fn)(void *argument), void *argument)
{
	struct with__exit_entry *entry = with__exit_stack_near(stack);

	if (!entry || !fn)
		return with_exit_stack_push_void(stack, fn, argument);
	entry->finish = with__exit_call_void;
	entry->value.call.fn.without_result = fn;
	entry->value.call.argument = argument;
	stack->count_++;
	return 0;
}

static inline WITH__UNUSED int
with__exit_stack_push_int(struct with_exit_stack *stack,
			  int (*fn)(void *argument), void *argument)
{
	struct with__exit_entry *entry = with__exit_stack_near(stack);

	if (!entry || !fn)
		return with_exit_stack_push_int(stack, fn, argument);
	entry->finish = with__exit_call_int;
	entry->value.call.fn.with_result = fn;
	entry->value.call.argument = argument;
	stack->count_++;
	return 0;
}

/*
 * with_exit_stack_take - move what a guard holds onto the stack
 *
 *	with_exit_stack_take(&stack, with_file, file)
 *	with_exit_stack_take(&stack, my_gz, in)
 *
 * guard:    its name: of WITH_DEFINE, or with_file, with_fd and so on.
 * variable: of that guard, which holds nothing afterwards.
 *
 * Returns 0, or -1 with errno, and the variable still holds it:
 *	EINVAL	it holds nothing; the stack is not open
 *	ENOMEM
 */
#define with_exit_stack_take(stack, guard, variable) \
	__extension__({ \
		struct with_exit_stack *with__stack = (stack); \
		int with__result = -1; \
		\
		if (!guard##__held(&(variable))) { \
			errno = EINVAL; \
		} else if (with__exit_stack_reserve( \
				with__stack, sizeof(variable), \
				__alignof__(variable)) == 0) { \
			__typeof__(variable) with__value = \
				guard##__release(&(variable)); \
			\
			with__exit_stack_put(with__stack, guard##__finish, \
					     &with__value, sizeof(with__value), \
					     __alignof__(with__value)); \
			with__result = 0; \
		} \
		with__result; \
	})

#ifdef WITH_UNWINDABLE
static inline WITH__UNUSED void with_exit_stack__unwind(void *value)
{
	with__exit_things_end(*(struct with__exit_things **)value);
}
#endif

static inline WITH__UNUSED struct with_exit_stack
with_exit_stack__enter(struct with_exit_stack *variable, const char *source)
{
	struct with_exit_stack stack = with_exit_stack_open();

#ifdef WITH_UNWINDABLE
	stack.things_ = with__exit_things_new();
	if (!stack.things_ ||
	    !WITH__STACK_ENTER(variable, stack.things_,
			       with_exit_stack__unwind)) {
		with__report("open", "with_exit_stack", source);
		with__exit_things_end(stack.things_);
		stack.things_ = (struct with__exit_things *)0;
		stack.held_ = 0;
	}
#else
	(void)variable;
	(void)source;
#endif
	return stack;
}

static inline WITH__UNUSED int
with_exit_stack__held(const struct with_exit_stack *variable)
{
	return variable->held_;
}

/* Near, and called without a result: that is ended on the spot. */
static inline WITH__UNUSED int
with__exit_stack_newest_is_simple(const struct with_exit_stack *stack)
{
	return !stack->things_ && stack->count_ > 0 &&
		stack->first_[stack->count_ - 1].finish == with__exit_call_void;
}

static inline WITH__UNUSED void
with__exit_stack_end_here(struct with_exit_stack *stack)
{
	int *at = with__errno(), saved = *at;
	const struct with__exit_call *call;

	while (with__exit_stack_newest_is_simple(stack)) {
		call = &stack->first_[--stack->count_].value.call;
		call->fn.without_result(call->argument);
	}
	*at = saved;
	if (stack->things_ || stack->count_ > 0)
		with__exit_stack_end(stack);
	else
		stack->held_ = 0;
}

static inline WITH__UNUSED void
with_exit_stack__leave(struct with_exit_stack *variable)
{
	if (variable->held_ && WITH__STACK_LEAVE(variable))
		with__exit_stack_end_here(variable);
}

/*
 * with_exit_stack_pop_all - hand out all that is on it
 *
 *	struct with_exit_stack kept = with_exit_stack_pop_all(&stack);
 *
 * The variable is not open from here on, and the end of its scope does
 * nothing. Returns a stack with the same things, which the caller closes with
 * with_exit_stack_close(). It cannot fail, and needs no memory.
 * with_exit_stack_steal() is another name for it.
 */
__attribute__((__warn_unused_result__))
static inline WITH__UNUSED struct with_exit_stack
with_exit_stack_pop_all(struct with_exit_stack *stack)
{
	struct with_exit_stack popped = *stack;

	(void)WITH__STACK_LEAVE(stack);
	stack->things_ = (struct with__exit_things *)0;
	stack->count_ = 0;
	stack->held_ = 0;
	return popped;
}

__attribute__((__warn_unused_result__))
static inline WITH__UNUSED struct with_exit_stack
with_exit_stack_steal(struct with_exit_stack *stack)
{
	return with_exit_stack_pop_all(stack);
}

/* The statement: a block, or the rest of the scope. */
#define WITH_EXIT_STACK(variable) \
	switch (0) default: \
	for (SCOPED_EXIT_STACK(variable); ; WITH__LEAVE_BLOCK) \
		if (with_exit_stack__held(&(variable)))
#define SCOPED_EXIT_STACK(variable) \
	struct with_exit_stack variable \
		__attribute__((__cleanup__(with_exit_stack__leave), \
			       __unused__)) = \
		with_exit_stack__enter(&(variable), WITH__SOURCE)
#endif
#endif /* WITH_EXIT_STACK_H */
