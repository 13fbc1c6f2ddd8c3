/* SPDX-License-Identifier: MIT */
/*
 * with/guard.h - the statement: a block of code owns a resource and gives it
 * back on every way out
 *
 * Two forms of every guard. The block form has an arm for the failure:
 *
 *	WITH_TEMPDIR (dir, .prefix = "myapp_") {
 *		puts(dir->path);
 *	} else {
 *		perror("tempdir");
 *	}
 *
 * The body runs if the resource exists, the optional else if it does not,
 * with errno set. However the block is left (its end, return, goto out of it,
 * break, continue) the resource is given back, and errno is kept. Nested
 * guards are given back newest first.
 *
 *	*** break and continue leave the BLOCK, not a loop around it. ***
 *
 * A block inside a loop does not end the loop by break: use the declaration
 * form there, which lasts for the rest of the enclosing scope and captures
 * nothing:
 *
 *	for (int i = 0; i < n; i++) {
 *		SCOPED_TEMPDIR(dir);
 *		if (!dir)
 *			break;
 *		...
 *	}
 *
 * A guard of one's own takes one line, see WITH_DEFINE; any function call can
 * be put off to the end of the scope, see SCOPED_DEFER.
 *
 * What a guard cannot do. It is code of the block it stands in: exit(), a
 * fatal signal and longjmp() pass it by (for temporaries the registry takes
 * over, see with/life.h; for longjmp() see WITH_UNWINDABLE below);
 * pthread_exit() and pthread_cancel() run it only where the caller was
 * compiled with -fexceptions. Never jump into the scope of a guard with goto
 * or switch: clang refuses, gcc does not see it. Never assign to the variable
 * of a guard; hand its value out with with_steal().
 *
 * Two warnings of gcc cannot be avoided: -Wreturn-type at -O0 for a function
 * whose body and else both return, and -Wdangling-else for a block *with*
 * else under an unbraced if.
 *
 * These macros are C (C11 with the GNU extensions of GCC and Clang). C++ has
 * destructors: it uses the functions, and gets an error that says so here.
 *
 * This header is longer than 400 lines, since most of it is the manual.
 */
#ifndef WITH_GUARD_H
#define WITH_GUARD_H

#include <errno.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * WITH_UNWINDABLE - defined before the include, guards survive longjmp()
 *
 * Every guard entered in that file is also put on a stack of its thread, and
 * with_unwind() (with/life.h) gives back what a longjmp() skipped. It costs a
 * call and a copy of the variable per guard, below 100 ns.
 */

/* ------------------------------------------------------------------------
 * What the macros call. Not for programs, and not part of what is promised.
 */

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

/* Tells the error hook of a failure that nobody else can see; uses errno. */
void with__report(const char *operation, const char *what, const char *source);

/* Reads a pointer variable, sets it to NULL and forgets that it was guarded. */
void *with__steal(void *variable) __attribute__((__warn_unused_result__));

#ifdef __cplusplus
}
#endif

#ifdef __cplusplus

#define WITH__C_ONLY static_assert(false, \
	"the statements of libwith are C; in C++ call the functions from a destructor")
#define WITH(...)		WITH__C_ONLY
#define SCOPED(...)		WITH__C_ONLY
#define SCOPED_DEFER(...)	WITH__C_ONLY
#define WITH_DEFINE(...)	WITH__C_ONLY
#define WITH_DEFERRABLE(...)	WITH__C_ONLY
#define with_steal(...)		WITH__C_ONLY

#else /* C */

/* ------------------------------------------------------------------------
 * The guard of a type of one's own
 */

/*
 * WITH_DEFINE - give a type a guard, in one line at file scope
 *
 *	WITH_DEFINE(my_gz, gzFile, gzopen, gzclose)
 *
 *	WITH (my_gz, in, "data.gz", "rb") {
 *		gzread(in, ...);
 *	} else {
 *		perror("data.gz");
 *	}
 *
 * name:  of the guard; it becomes the beginning of the names below, so that
 *        close cannot itself be called name_close.
 * type:  of the variable: a pointer, an integer (a descriptor) or a struct.
 * open:  the function that makes one; WITH and SCOPED pass it their further
 *        arguments. It may be variadic. Not a macro: wrap one in a function.
 * close: called with the value; a function or macro returning int (0: done)
 *        or void. Never called with the value that means none.
 * And, where the defaults do not fit:
 * none:  the value that means "nothing held": NULL for pointers and -1 for
 *        integers by default; a struct must name it, for instance
 *        (struct box){ 0 }; with a comma in the braces, in parentheses.
 * held:  an expression in `self`, the value: is it held? By default, that it
 *        is not none; a struct must name it, for instance self.live.
 *
 * It defines
 *	int  name_close(type *variable);   ends it early: what close returned;
 *	                                   the variable becomes none, closing
 *	                                   again does nothing and returns 0
 *	type name_steal(type *variable);   hands it out, disarms the guard; the
 *	                                   result must be used
 * and lets WITH (name, variable, arguments...) and
 * SCOPED (name, variable, arguments...) work.
 *
 * At the end of a scope nobody can see what close returned: a result other
 * than 0 is told to the error hook, like an open that failed.
 */
#define WITH_DEFINE(name, type, ...) \
	WITH__DEFINE(__VA_ARGS__)(name, type, __VA_ARGS__)

/*
 * WITH - the block form of a guard made by WITH_DEFINE
 * SCOPED - the declaration form
 *
 * name:     as given to WITH_DEFINE.
 * variable: declared by the statement; visible in the body, in the else arm
 *           (where it is none) and nowhere else.
 * Further arguments are those of the constructor.
 */
#define WITH(name, ...) \
	WITH__BLOCK(name, name##__type, WITH__FIRST(__VA_ARGS__, ~), \
		    name##__open(WITH__REST(__VA_ARGS__)))
#define SCOPED(name, ...) \
	WITH__DECLARATION(name, name##__type, WITH__FIRST(__VA_ARGS__, ~), \
			  name##__open(WITH__REST(__VA_ARGS__)))

/*
 * with_steal - take a pointer out of its guard
 *
 *	return with_steal(dir);
 *
 * pointer: the variable of a guard, or any pointer variable. It becomes NULL,
 * so that the end of the scope does nothing.
 *
 * Returns what it held; ignoring that draws a warning, because then nobody owns
 * it. For guards of other types use the NAME_steal(&variable) of each.
 */
#ifdef __clang__
#define with_steal(pointer)	WITH__STEAL(pointer, __COUNTER__)
#else
#define with_steal(pointer) \
	((WITH__TYPE_OF(pointer)) \
	 with__steal((WITH__IS_POINTER(pointer), (void *)&(pointer))))
#endif

/*
 * SCOPED_DEFER - call fn(argument) at the end of the scope
 *
 *	SCOPED_DEFER(free, buffer);
 *
 * The argument is evaluated where the statement stands; it must have, or
 * convert to, the type that fn takes, which the compiler checks. The call is
 * an ordinary one. Its result, if any, is dropped; errno is kept.
 *
 * WITH_DEFERRABLE - say at file scope which functions are deferred
 *
 *	WITH_DEFERRABLE(free, void *)
 *
 * Clang has no functions inside functions, and where WITH_UNWINDABLE is
 * defined those of GCC do not live long enough: there each fn needs this line,
 * once a file, with the type of its parameter. Elsewhere GCC needs none, and
 * accepts it: programs for both write it.
 */
#define SCOPED_DEFER(fn, argument) WITH__DEFER(fn, argument, __COUNTER__)
#define WITH_DEFERRABLE(fn, type) WITH__DEFERRABLE(fn, fn, type)

/* ------------------------------------------------------------------------
 * Private to the macros
 */

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
#define WITH__STEAL(pointer, number)	WITH__STEAL_AS(pointer, number)
#define WITH__STEAL_AS(pointer, number) \
	(__extension__({ \
		WITH__TYPE_OF(pointer) with__steal_##number(void *) \
			__asm__("with__steal") \
			__attribute__((__warn_unused_result__)); \
		with__steal_##number((WITH__IS_POINTER(pointer), \
				      (void *)&(pointer))); \
	}))

#define WITH__UNUSED __attribute__((__unused__))

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

/* By the number of arguments after the type: two, three or four. */
#define WITH__DEFINE(...) \
	WITH__FIFTH(__VA_ARGS__, WITH__DEFINE_HELD, WITH__DEFINE_NONE, \
		    WITH__DEFINE_PLAIN, ~)
#define WITH__FIFTH(a, b, c, d, e, ...) e
#define WITH__DEFINE_PLAIN(name, type, open, close) \
	WITH__DEFINE_NONE(name, type, open, close, WITH__NONE(type))
#define WITH__DEFINE_NONE(name, type, open, close, none) \
	WITH__DEFINE_HELD(name, type, open, close, none, self != none)

/* NULL for a pointer (class 5 of GCC's type classes), else -1. */
#define WITH__NONE(type) \
	((type)(__PTRDIFF_TYPE__) \
	 (__builtin_classify_type((type)0) == 5 ? 0 : -1))

/* What a call returned, 0 for a function that returns nothing. */
#define WITH__RESULT(call) \
	__builtin_choose_expr( \
		__builtin_types_compatible_p(__typeof__(call), void), \
		((void)(call), 0), (call))

/*
 * drop ends a resource where nobody sees the result; unwind does so for a
 * copy on the thread's stack; leave for the variable at the end of its scope.
 * For the exit stack (with/exit_stack.h) release takes the value out of the
 * variable without more ado, and finish ends it and says how that went.
 */
#define WITH__DEFINE_HELD(name, type, open, close, none, is_held) \
	typedef type name##__type; \
	static __typeof__(open) *const name##__open WITH__UNUSED = open; \
	static inline WITH__UNUSED int name##__is_held(type self) \
	{ \
		return (is_held) ? 1 : 0; \
	} \
	static inline WITH__UNUSED void name##__drop(type self) \
	{ \
		int with__errno = errno; \
		if (WITH__RESULT(close(self))) \
			with__report("close", #name, (const char *)0); \
		errno = with__errno; \
	} \
	static inline WITH__UNUSED void name##__unwind(void *with__value) \
	{ \
		name##__drop(*(type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__enter( \
		type *with__variable, type self, const char *with__source) \
	{ \
		if (!name##__is_held(self)) { \
			with__report("open", #name, with__source); \
		} else if (!WITH__STACK_ENTER(with__variable, self, \
					      name##__unwind)) { \
			name##__drop(self); \
			self = none; \
		} \
		return self; \
	} \
	static inline WITH__UNUSED int name##__held(type *with__variable) \
	{ \
		return name##__is_held(*with__variable); \
	} \
	static inline WITH__UNUSED void name##__leave(type *with__variable) \
	{ \
		if (name##__is_held(*with__variable) && \
		    WITH__STACK_LEAVE(with__variable)) \
			name##__drop(*with__variable); \
	} \
	static inline WITH__UNUSED int name##_close(type *with__variable) \
	{ \
		type self = *with__variable; \
		if (!name##__is_held(self)) \
			return 0; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = none; \
		return WITH__RESULT(close(self)); \
	} \
	static inline WITH__UNUSED int name##__finish(void *with__value) \
	{ \
		return WITH__RESULT(close(*(type *)with__value)); \
	} \
	static inline WITH__UNUSED type name##__release(type *with__variable) \
	{ \
		type self = *with__variable; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = none; \
		return self; \
	} \
	__attribute__((__warn_unused_result__)) \
	static inline WITH__UNUSED type name##_steal(type *with__variable) \
	{ \
		return name##__release(with__variable); \
	}

/*
 * The guard of a noun of the library: a pointer whose functions are exported.
 * end must cope with errno and the error hook; the constructor has told the
 * hook of a failure.
 */
#define WITH__DEFINE_NOUN(name, type, end) \
	static inline WITH__UNUSED void name##__unwind(void *with__value) \
	{ \
		end(*(type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__enter( \
		type *with__variable, type with__value, const char *with__source) \
	{ \
		(void)with__source; \
		if (with__value && \
		    !WITH__STACK_ENTER(with__variable, with__value, \
				       name##__unwind)) { \
			end(with__value); \
			with__value = (type)0; \
		} \
		return with__value; \
	} \
	static inline WITH__UNUSED int name##__held(type *with__variable) \
	{ \
		return *with__variable ? 1 : 0; \
	} \
	static inline WITH__UNUSED void name##__leave(type *with__variable) \
	{ \
		if (*with__variable && WITH__STACK_LEAVE(with__variable)) \
			end(*with__variable); \
	} \
	static inline WITH__UNUSED int name##__finish(void *with__value) \
	{ \
		return name##_close((type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__release(type *with__variable) \
	{ \
		type with__value = *with__variable; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = (type)0; \
		return with__value; \
	} \
	__attribute__((__warn_unused_result__)) \
	static inline WITH__UNUSED type name##_steal(type *with__variable) \
	{ \
		return (type)with__steal(with__variable); \
	}

/*
 * A ready-made guard, of any type: name_close and end are functions of the
 * library as above, but the statement tells the hook of a failure to open.
 * none is the value of nothing held; held an expression in self.
 */
#define WITH__DEFINE_READY(name, type, none, is_held, end) \
	static inline WITH__UNUSED int name##__is_held(type self) \
	{ \
		return (is_held) ? 1 : 0; \
	} \
	static inline WITH__UNUSED void name##__unwind(void *with__value) \
	{ \
		end(*(type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__enter( \
		type *with__variable, type self, const char *with__source) \
	{ \
		if (!name##__is_held(self)) { \
			with__report("open", #name, with__source); \
		} else if (!WITH__STACK_ENTER(with__variable, self, \
					      name##__unwind)) { \
			end(self); \
			self = none; \
		} \
		return self; \
	} \
	static inline WITH__UNUSED int name##__held(type *with__variable) \
	{ \
		return name##__is_held(*with__variable); \
	} \
	static inline WITH__UNUSED void name##__leave(type *with__variable) \
	{ \
		if (name##__is_held(*with__variable) && \
		    WITH__STACK_LEAVE(with__variable)) \
			end(*with__variable); \
	} \
	static inline WITH__UNUSED int name##__finish(void *with__value) \
	{ \
		return name##_close((type *)with__value); \
	} \
	static inline WITH__UNUSED type name##__release(type *with__variable) \
	{ \
		type self = *with__variable; \
		(void)WITH__STACK_LEAVE(with__variable); \
		*with__variable = none; \
		return self; \
	} \
	__attribute__((__warn_unused_result__)) \
	static inline WITH__UNUSED type name##_steal(type *with__variable) \
	{ \
		return name##__release(with__variable); \
	}

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
#endif /* WITH_GUARD_H */
