/* SPDX-License-Identifier: MIT */
/*
 * with/statement.h - what the macros of with/guard.h expand to
 *
 * Not for programs, and nothing here is part of what is promised: the names
 * with with__ and WITH__ change as the library does. with/guard.h is the
 * manual, and includes this; so do the headers of the ready-made guards by it.
 *
 * In this order: the exported functions; arguments and values; the stack of
 * WITH_UNWINDABLE; the statement; the functions that WITH_DEFINE makes, and
 * those of ready-made guards; deferred calls.
 */
#ifndef WITH_STATEMENT_H
#define WITH_STATEMENT_H

#include <errno.h>
#include <stddef.h>

#include <with/near.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Puts a guard on this thread's stack: a copy of the size bytes at value, to
 * be given to unwind() by with_unwind(). -1 with ENOMEM if it cannot.
 */
int with__enter(void *variable, const void *value, size_t size,
		void (*unwind)(void *value));

/* Takes it off. 1 if it was there, 0 if with_unwind() was faster. */
int with__leave(void *variable);

/* The variable's value has changed; it keeps its place on the stack. */
void with__update(void *variable, const void *value, size_t size);

/*
 * Tells the error hook of a failure that nobody else can see; uses errno. Cold:
 * a line of code more between two system calls was measured to cost 5 ns.
 */
void with__report(const char *operation, const char *what, const char *source)
	__attribute__((__cold__));

/* Reads a pointer variable, sets it to NULL and forgets that it was guarded. */
void *with__steal(void *variable) __attribute__((__warn_unused_result__));

#ifdef __cplusplus
}
#else

#define WITH__STRING_(x) #x
#define WITH__STRING(x) WITH__STRING_(x)
#define WITH__SOURCE __FILE__ ":" WITH__STRING(__LINE__)

/* The first of some arguments; the others, of which there may be none. */
#define WITH__FIRST(first, ...) first
#define WITH__REST(...) \
	WITH__SIXTEENTH(__VA_ARGS__, WITH__REST_SOME, WITH__REST_SOME, \
			WITH__REST_SOME, WITH__REST_SOME, WITH__REST_SOME, \
			WITH__REST_SOME, WITH__REST_SOME, WITH__REST_SOME, \
			WITH__REST_SOME, WITH__REST_SOME, WITH__REST_SOME, \
			WITH__REST_SOME, WITH__REST_SOME, WITH__REST_SOME, \
			WITH__REST_NONE, ~)(__VA_ARGS__)
#define WITH__REST_NONE(first)
#define WITH__REST_SOME(first, ...) __VA_ARGS__
#define WITH__SIXTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...) p

/* A warning (pointer and integer mixed) where something else is given. */
#define WITH__IS_POINTER(pointer) (void)sizeof(1 ? (pointer) : (void *)0)

/* The type of its value: without const and volatile. */
#define WITH__TYPE_OF(pointer) __typeof__(1 ? (pointer) : (pointer))

/*
 * gcc sees through a cast that the result of a call is dropped, but not out of
 * a statement expression; clang does not see through the cast. So clang calls
 * the function by another name, under which it returns the right type.
 */
#ifdef __clang__
#define WITH__STEAL(pointer)		WITH__STEAL_(pointer, __COUNTER__)
#define WITH__STEAL_(pointer, number)	WITH__STEAL_AS(pointer, number)
#define WITH__STEAL_AS(pointer, number) \
	(__extension__({ \
		WITH__TYPE_OF(pointer) with__steal_##number(void *) \
			__asm__("with__steal") \
			__attribute__((__warn_unused_result__)); \
		with__steal_##number((WITH__IS_POINTER(pointer), \
				      (void *)&(pointer))); \
	}))
#else
#define WITH__STEAL(pointer) \
	((WITH__TYPE_OF(pointer)) \
	 with__steal((WITH__IS_POINTER(pointer), (void *)&(pointer))))
#endif

/*
 * Clang's analyser does not know that the end of a scope calls anything, and
 * takes what a guard holds for lost: it sees it put on the stack instead.
 */
#if defined(WITH_UNWINDABLE) || defined(__clang_analyzer__)
#define WITH__STACK_ENTER(variable, value, unwind) \
	(with__enter(variable, &(value), sizeof(value), unwind) == 0)
#define WITH__STACK_LEAVE(variable) with__leave(variable)
#define WITH__STACK_UPDATE(variable, value) \
	with__update(variable, &(value), sizeof(value))
#else
#define WITH__STACK_ENTER(variable, value, unwind) ((void)(variable), 1)
#define WITH__STACK_LEAVE(variable) 1
#define WITH__STACK_UPDATE(variable, value) ((void)(variable))
#endif

/*
 * Leaves the hidden loop after one turn. GCC takes this break for one of the
 * switch, Clang for one of the for: both end the statement.
 */
#ifdef __clang__
#define WITH__LEAVE_BLOCK __extension__({ \
	_Pragma("clang diagnostic push") \
	_Pragma("clang diagnostic ignored \"-Wgcc-compat\"") \
	break; \
	_Pragma("clang diagnostic pop") })
#else
#define WITH__LEAVE_BLOCK __extension__({ break; })
#endif

/*
 * The statement itself. The hidden loop holds the declaration; an else of the
 * user's belongs to the if; the switch is there for the break above, and
 * lets the compiler see that the end is not reached when body and else return.
 */
#define WITH__BLOCK(guard, type, variable, value) \
	switch (0) default: \
	for (WITH__DECLARATION(guard, type, variable, value); ; \
	     WITH__LEAVE_BLOCK) \
		if (guard##__held(&(variable)))

/* The attribute stands after the name, where it cannot fall on the type. */
#define WITH__DECLARATION(guard, type, variable, value) \
	type variable __attribute__((__cleanup__(guard##__leave), __unused__)) = \
		guard##__enter(&(variable), value, WITH__SOURCE)

/*
 * The functions behind a guard. Given are an expression in self that says
 * whether it is held, and end, which ends it where nobody sees the result.
 * unwind does so for a copy on the thread's stack, leave for the variable at
 * the end of its scope. For the exit stack (with/exit_stack.h) release takes
 * the value out of the variable without more ado, and finish ends it and says
 * how that went. (Without a function for is_held: gcc's analyser loses track of
 * a call more.)
 */
#define WITH__DEFINE_SCOPE(name, type, none, is_held, end, report) \
	static inline WITH__UNUSED void name##__unwind(void *with__value) \
	{ \
		end(*(type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__enter( \
		type *with__variable, type self, const char *with__source) \
	{ \
		if (!(is_held)) { \
			report("open", #name, with__source); \
		} else if (!WITH__STACK_ENTER(with__variable, self, \
					      name##__unwind)) { \
			end(self); \
			self = none; \
		} \
		return self; \
	} \
	static inline WITH__UNUSED int name##__held(type *with__variable) \
	{ \
		type self WITH__UNUSED = *with__variable; \
		return (is_held) ? 1 : 0; \
	} \
	static inline WITH__UNUSED void name##__leave(type *with__variable) \
	{ \
		type self = *with__variable; \
		if ((is_held) && WITH__STACK_LEAVE(with__variable)) \
			end(self); \
	} \
	static inline WITH__UNUSED type name##__release(type *with__variable) \
	{ \
		type self = *with__variable; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = none; \
		return self; \
	}
#define WITH__DEFINE_FINISH(name, type, call) \
	static inline WITH__UNUSED int name##__finish(void *with__value) \
	{ \
		return call; \
	}
#define WITH__DEFINE_STEAL(name, type, call) \
	__attribute__((__warn_unused_result__)) \
	static inline WITH__UNUSED type name##_steal(type *with__variable) \
	{ \
		return call; \
	}

/* By the number of arguments after the type: two, three or four. */
#define WITH__DEFINE(...) \
	WITH__FIFTH(__VA_ARGS__, WITH__DEFINE_HELD, WITH__DEFINE_NONE, \
		    WITH__DEFINE_PLAIN, ~)
#define WITH__FIFTH(a, b, c, d, e, ...) e
#define WITH__DEFINE_PLAIN(source, name, type, open, close) \
	WITH__DEFINE_NONE(source, name, type, open, close, WITH__NONE(type))
#define WITH__DEFINE_NONE(source, name, type, open, close, none) \
	WITH__DEFINE_HELD(source, name, type, open, close, none, self != none)

/* NULL for a pointer (class 5 of GCC's type classes), else -1. */
#define WITH__NONE(type) \
	((type)(__PTRDIFF_TYPE__) \
	 (__builtin_classify_type((type)0) == 5 ? 0 : -1))

/* What a call returned, 0 for a function that returns nothing. */
#define WITH__RESULT(call) \
	__builtin_choose_expr( \
		__builtin_types_compatible_p(__typeof__(call), void), \
		((void)(call), 0), (call))

/* The guard of a user's own type; source is told where its close fails. */
#define WITH__DEFINE_HELD(source, name, type, open, close, none, is_held) \
	typedef type name##__type; \
	static __typeof__(open) *const name##__open WITH__UNUSED = open; \
	static inline WITH__UNUSED void name##__drop(type self) \
	{ \
		int with__errno = errno; \
		if (WITH__RESULT(close(self))) \
			with__report("close", #name, source); \
		errno = with__errno; \
	} \
	WITH__DEFINE_SCOPE(name, type, none, is_held, name##__drop, \
			   with__report) \
	static inline WITH__UNUSED int name##_close(type *with__variable) \
	{ \
		type self = with__variable ? *with__variable : none; \
		if (!(is_held)) \
			return 0; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = none; \
		return WITH__RESULT(close(self)); \
	} \
	WITH__DEFINE_FINISH(name, type, \
			    WITH__RESULT(close(*(type *)with__value))) \
	WITH__DEFINE_STEAL(name, type, name##__release(with__variable))

/*
 * A ready-made guard, of any type: name_close and end are functions of the
 * library, which copes with errno and the error hook; the statement tells the
 * hook of a failure to open. none is the value of nothing held; is_held an
 * expression in self.
 */
#define WITH__DEFINE_READY(name, type, none, is_held, end) \
	WITH__DEFINE_SCOPE(name, type, none, is_held, end, with__report) \
	WITH__DEFINE_FINISH(name, type, name##_close((type *)with__value)) \
	WITH__DEFINE_STEAL(name, type, name##__release(with__variable))

/*
 * The guard of a noun of the library, a pointer: the same, but the constructor
 * has told the hook of a failure, and a stream that is handed out is no longer
 * known as a guarded one.
 */
#define WITH__DEFINE_NOUN(name, type, end) \
	WITH__DEFINE_SCOPE(name, type, (type)0, self != (type)0, end, \
			   WITH__TELL_NOBODY) \
	WITH__DEFINE_FINISH(name, type, name##_close((type *)with__value)) \
	WITH__DEFINE_STEAL(name, type, (type)with__steal(with__variable))
#define WITH__TELL_NOBODY(operation, what, source) (void)(source)

/*
 * A deferred call. Its hidden variable holds the argument, and whether the
 * stack of WITH_UNWINDABLE has a copy too: where there was no memory for that,
 * the end of the scope still makes the call. tag names the three that belong
 * together: with gcc one set per statement, functions inside the function
 * that touch nothing of it (so that they need no trampoline and outlive its
 * frame); with clang one set per deferrable function, at file scope.
 */
#define WITH__DEFERRED_TYPE(tag, type) \
	struct with__deferred_##tag { \
		type argument; \
		int stacked; \
	}
#define WITH__DEFERRED_CALL(tag, fn) \
	WITH__UNUSED void with__call_##tag(void *with__value) \
	{ \
		int with__errno = errno; \
		if (WITH__RESULT(fn(((struct with__deferred_##tag *) \
				     with__value)->argument))) { \
		} \
		errno = with__errno; \
	}
#define WITH__DEFERRED_LEAVE(tag) \
	WITH__UNUSED void with__leave_##tag( \
		struct with__deferred_##tag *with__variable) \
	{ \
		if (!with__variable->stacked || \
		    WITH__STACK_LEAVE(with__variable)) \
			with__call_##tag(with__variable); \
	}
#define WITH__DEFERRED(tag, variable, value) \
	struct with__deferred_##tag variable \
		__attribute__((__cleanup__(with__leave_##tag), __unused__)) = \
		__extension__({ \
			struct with__deferred_##tag with__copy = { (value), 0 }; \
			with__copy.stacked = \
				WITH__STACK_ENTER(&(variable), with__copy, \
						  with__call_##tag); \
			with__copy; \
		})

#if defined(__clang__) || defined(WITH_UNWINDABLE)
#define WITH__DEFERRABLE(tag, fn, type) \
	WITH__DEFERRED_TYPE(tag, type); \
	static inline WITH__DEFERRED_CALL(tag, fn) \
	static inline WITH__DEFERRED_LEAVE(tag)
#define WITH__DEFER(fn, value, n) WITH__DEFER_(fn, value, n)
#define WITH__DEFER_(fn, value, n) \
	WITH__DEFERRED(fn, with__deferred_variable_##n, value)
#else
#define WITH__DEFERRABLE(tag, fn, type) \
	static inline WITH__UNUSED void with__deferrable_##tag(type with__value) \
	{ \
		if (WITH__RESULT(fn(with__value))) { \
		} \
	}
#define WITH__DEFER(fn, value, n) WITH__DEFER_(fn, value, n)
#define WITH__DEFER_(fn, value, n) \
	__extension__ WITH__DEFERRED_TYPE(n, __typeof__(1 ? (value) : (value))); \
	__extension__ WITH__DEFERRED_CALL(n, fn) \
	__extension__ WITH__DEFERRED_LEAVE(n) \
	WITH__DEFERRED(n, with__deferred_variable_##n, value)
#endif

#endif /* C */
#endif /* WITH_STATEMENT_H */
