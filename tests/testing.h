/* SPDX-License-Identifier: MIT */
/*
 * testing.h - what every test program needs besides Check itself.
 *
 * A program tests/test-NAME.c is its tests and one line at its end:
 *
 *	#include "testing.h"
 *
 *	START_TEST(open_in_missing_directory_fails_with_enoent)
 *	{
 *		...
 *	}
 *	END_TEST
 *
 *	TESTING_MAIN("NAME",
 *		open_in_missing_directory_fails_with_enoent)
 *
 * tests/local.mk says how it is added to `make check`. It then runs twice,
 * with a process for each test and with one for all, each time in an empty
 * TMPDIR which it must leave empty. By hand:
 *
 *	tests/run-in-sandbox tests/test-NAME.nofork.t
 *
 * A test may change with__sys as it likes (for instance
 * `with__sys.unlinkat = failing_unlinkat;`): the table, the umask, the
 * working directory and RLIMIT_NOFILE are put back after each test, passed or
 * failed.
 */
#ifndef TESTING_H
#define TESTING_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TESTING_NOBODY 65534	/* user and group without any right */

/*
 * A sanitizer that maps memory of its own and has its own malloc. clang says so
 * by a feature only.
 */
#define TESTING_SANITIZED 0
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef TESTING_SANITIZED
#define TESTING_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef TESTING_SANITIZED
#define TESTING_SANITIZED 1
#endif

/* A program of the tests listed, in one test case. */
#define TESTING_MAIN(name, ...)						\
	int main(void)							\
	{								\
		const TTest *const testing_list[] = { __VA_ARGS__ };	\
									\
		return testing_run(name, testing_list,			\
			sizeof(testing_list) / sizeof(*testing_list),	\
			NULL);						\
	}

/*
 * The same where fixtures or loops are wanted: fill(TCase *) adds them and
 * the tests with Check's own functions.
 */
#define TESTING_MAIN_CASE(name, fill)					\
	int main(void)							\
	{								\
		return testing_run(name, NULL, 0, fill);		\
	}

int testing_run(const char *name, const TTest *const *tests, size_t count,
		void (*fill)(TCase *));

/* The private directory of this run, never NULL. */
const char *testing_tmpdir(void);

/* How many entries a directory has, "." and ".." apart; NULL: the TMPDIR. */
size_t testing_entries(const char *path);

/*
 * What is open now, as text to be freed: a line "number target" for each
 * descriptor. Sets are compared, not counts, so that one lost and another
 * closed too often do not cancel out:
 *
 *	char *before = testing_descriptors();
 *	...
 *	testing_same_descriptors(before);	(frees it)
 */
char *testing_descriptors(void);
#define testing_same_descriptors(before)				\
	do {								\
		char *testing_after = testing_descriptors();		\
									\
		ck_assert_str_eq(before, testing_after);		\
		free(testing_after);					\
		free(before);						\
	} while (0)

/*
 * testing_in_child - run function(data) in a forked process
 *
 * Returns its wait status; the child ends by _exit(0) if function returns.
 * In the child use testing_expect() and never ck_assert(): without CK_FORK
 * a failing assertion would jump back into the runner, in the child.
 */
int testing_in_child(void (*function)(void *data), void *data);

/* The two halves of it, for children that run at the same time. */
pid_t testing_begin_child(void (*function)(void *data), void *data);
int testing_end_child(pid_t child);

/* In a child: unless it holds, say so and leave by _exit(1). */
#define testing_expect(condition)					\
	((condition) ? (void)0 :					\
	 testing_expected(__FILE__, __LINE__, #condition))
_Noreturn void testing_expected(const char *file, int line,
				const char *condition);

/*
 * A test whose whole body runs in such a process, because it changes what
 * belongs to all of one: the environment, the user, what is found once.
 *
 *	START_CHILD_TEST(nothing_usable_is_enoent)
 *	{
 *		testing_expect(...);
 *	}
 *	END_CHILD_TEST
 */
#define START_CHILD_TEST(name)						\
	static void name##_in_child(void *);				\
	START_TEST(name)						\
	{								\
		int status = testing_in_child(name##_in_child, NULL);	\
									\
		ck_assert(testing_exited(status, 0));			\
	}								\
	END_TEST							\
	static void name##_in_child(void *testing_data)			\
	{								\
		(void)testing_data;
#define END_CHILD_TEST	}

/* Functions, so that a call given for the status is made once. */
static inline int testing_exited(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static inline int testing_killed(int status, int signal_number)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == signal_number;
}

/*
 * In a child: Check's own handlers, which it inherits, make way for the
 * default.
 */
void testing_default_signals(void);

/* A number below this; the same ones in every run. */
unsigned testing_draw(unsigned below);

/*
 * How often to do a thing: few times in make check, many in make check-storm,
 * which sets TESTING_STORM=1 (or to another factor).
 */
int testing_storm(int few, int many);

/*
 * At file scope of a program whose children end with things alive, because
 * that is what is tested: the leak checker is to leave them alone.
 */
#define TESTING_LEAVES_THINGS_ALIVE					\
	int __lsan_is_turned_off(void);					\
	int __lsan_is_turned_off(void)					\
	{								\
		return 1;						\
	}

/*
 * By valgrind, whose malloc() counts nothing, and which needs memory and
 * descriptors of its own: no hard limit of them is lowered, and a file is made
 * before there is said to be none left. Nor does it run set-uid programs.
 */
bool testing_is_wrapped(void);

/*
 * In a child: become user and group TESTING_NOBODY, for whom permissions mean
 * something; the TMPDIR is given to that user first. Nothing to do for who is
 * not root to begin with.
 */
void testing_drop_privileges(void);

/*
 * In a child, before it makes anything: mounts of its own, which go with it,
 * and the right to make more of them; for who is not root this takes a user
 * namespace, in which the caller is root. Where a system allows neither, the
 * child says so and ends well, having tested nothing; where CI is set it fails.
 */
void testing_own_mounts(void);

#endif /* TESTING_H */
