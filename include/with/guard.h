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
 * What the macros expand to is in with/statement.h, which is not for programs.
 */
#ifndef WITH_GUARD_H
#define WITH_GUARD_H

#include <with/statement.h>

/*
 * WITH_UNWINDABLE - defined before the include, guards survive longjmp()
 *
 * Every guard entered in that file is also put on a stack of its thread, and
 * with_unwind() (with/life.h) gives back what a longjmp() skipped. It costs a
 * call and a copy of the variable per guard, below 100 ns.
 */

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
 *	                                   again does nothing and returns 0;
 *	                                   so does NULL
 *	type name_steal(type *variable);   hands it out, disarms the guard; the
 *	                                   result must be used
 * and lets WITH (name, variable, arguments...) and
 * SCOPED (name, variable, arguments...) work.
 *
 * At the end of a scope nobody can see what close returned: a result other
 * than 0 is told to the error hook, like an open that failed; but with the line
 * of WITH_DEFINE, since the end of a scope does not know where it began.
 */
#define WITH_DEFINE(name, type, ...) \
	WITH__DEFINE(__VA_ARGS__)(WITH__SOURCE, name, type, __VA_ARGS__)

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
#define with_steal(pointer) WITH__STEAL(pointer)

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

#endif /* C */
#endif /* WITH_GUARD_H */
