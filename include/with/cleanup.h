/* SPDX-License-Identifier: MIT */
/*
 * with/cleanup.h - statements that run at the end of the scope
 *
 *	WITH_SHARED int count = 0;
 *	SCOPED_CLEANUP {
 *		printf("%d\n", count);
 *		free(buffer);
 *	};
 *
 * Choose SCOPED_DEFER (with/guard.h) where one call is enough: it works with
 * every compiler and is given back by with_unwind(). This one needs functions
 * inside functions: GCC has them; Clang has blocks, with -fblocks and, where
 * the system has none, a runtime library for them. Elsewhere it does not
 * compile, and says so.
 *
 * The semicolon after the brace is part of it. The statements run however the
 * scope is left, newest first among the guards of the scope; errno is kept.
 * They may return, which ends only them; they cannot break, continue or goto
 * out. longjmp() passes them by, also where WITH_UNWINDABLE is defined.
 *
 *	*** A variable that changes between here and the end of the scope, or
 *	that the statements change, is declared WITH_SHARED. ***
 *
 * GCC's functions see all variables as they are in the end. Clang's blocks have
 * copies of those that are not WITH_SHARED, made where the statement stands.
 * With GCC nothing is put on an executable stack.
 */
#ifndef WITH_CLEANUP_H
#define WITH_CLEANUP_H

#include <errno.h>

#include <with/guard.h>

#ifdef __cplusplus
#define SCOPED_CLEANUP	WITH__C_ONLY;
#define WITH_SHARED	WITH__C_ONLY;
#else

#define SCOPED_CLEANUP WITH__CLEANUP(__COUNTER__)
#define WITH__CLEANUP(n) WITH__CLEANUP_(n)

#if defined(__clang__) && defined(__BLOCKS__)
#define WITH_SHARED __block
static inline WITH__UNUSED void with__cleanup_run(void (^*block)(void))
{
	int saved = errno;

	(*block)();
	errno = saved;
}
#define WITH__CLEANUP_(n) \
	void (^with__cleanup_block_##n)(void) \
		__attribute__((__cleanup__(with__cleanup_run), __unused__)) = ^
#elif defined(__GNUC__) && !defined(__clang__)
#define WITH_SHARED
static inline WITH__UNUSED void with__cleanup_save(int **saved)
{
	**saved = errno;
}

static inline WITH__UNUSED void with__cleanup_restore(int *saved)
{
	errno = *saved;
}

/*
 * Three variables, given back from the last to the first: errno is saved, the
 * statements run, errno is put back. Nobody takes the address of the function
 * inside the function, so that it needs no trampoline.
 */
#define WITH__CLEANUP_(n) \
	__extension__ auto void with__cleanup_run_##n(char *); \
	int with__cleanup_errno_##n \
		__attribute__((__cleanup__(with__cleanup_restore))) = 0; \
	char with__cleanup_block_##n \
		__attribute__((__cleanup__(with__cleanup_run_##n), __unused__)) = 0; \
	int *with__cleanup_saved_##n \
		__attribute__((__cleanup__(with__cleanup_save), __unused__)) = \
			&with__cleanup_errno_##n; \
	__extension__ void with__cleanup_run_##n( \
		char *with__cleanup_unused_##n WITH__UNUSED)
#else
#define WITH_SHARED
#define WITH__CLEANUP_(n) \
	_Static_assert(0, "SCOPED_CLEANUP needs GCC, or Clang with -fblocks");
#endif
#endif /* C */
#endif /* WITH_CLEANUP_H */
