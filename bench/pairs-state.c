/* SPDX-License-Identifier: MIT */
/* pairs-state.c - the state of the process, and the exit stack. */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>
#include <with/capture.h>
#include <with/exit_stack.h>
#include <with/process.h>

#include "pairs.h"

static const char *tempdir;

/* The way back is a descriptor, since the old path may be renamed. */
BY_HAND(chdir)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back >= 0) {
		if (chdir("/") == 0)
			USE(back);
		if (fchdir(back) != 0)
			pairs_lost++;
		close(back);
	}
}

GUARDED(chdir)
{
	WITH_CHDIR (back, "/")
		USE(back);
}

/* setenv() may free what getenv() gave; and unset is not the same as empty. */
BY_HAND(env)
{
	const char *now = getenv("BENCH");
	char *old = now ? strdup(now) : NULL;

	if (!now || old) {
		if (setenv("BENCH", "x", 1) == 0)
			USE(old);
		if ((old ? setenv("BENCH", old, 1) : unsetenv("BENCH")) != 0)
			pairs_lost++;
		free(old);
	}
}

GUARDED(env)
{
	WITH_ENV (env, "BENCH", "x")
		USE(env);
}

BY_HAND(umask)
{
	mode_t old = umask(022);

	USE(old);
	umask(old);
}

GUARDED(umask)
{
	WITH_UMASK (old, 022u)
		USE(old);
}

BY_HAND(sigmask)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, &old) == 0) {
		USE(&old);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
}

GUARDED(sigmask)
{
	WITH_SIGMASK (old, SIG_BLOCK, SIGUSR1)
		USE(&old);
}

/* The hard limit stays what it is, and may be lower by the end. */
BY_HAND(rlimit)
{
	struct rlimit old, new;

	if (getrlimit(RLIMIT_NOFILE, &old) != 0)
		return;
	new = old;
	new.rlim_cur = 50;
	if (setrlimit(RLIMIT_NOFILE, &new) == 0)
		USE(&old);
	if (getrlimit(RLIMIT_NOFILE, &new) != 0)
		pairs_lost++;
	new.rlim_cur = old.rlim_cur < new.rlim_max ? old.rlim_cur : new.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &new) != 0)
		pairs_lost++;
}

GUARDED(rlimit)
{
	WITH_RLIMIT (old, RLIMIT_NOFILE, 50)
		USE(&old);
}

/* All categories, so that there is nothing of the old one to copy. */
BY_HAND(locale)
{
	locale_t new = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (new) {
		locale_t old = uselocale(new);

		USE(new);
		uselocale(old);
		freelocale(new);
	}
}

GUARDED(locale)
{
	WITH_LOCALE (locale, LC_ALL, "C")
		USE(locale.entered_);
}

/*
 * What is pending belongs outside at the beginning, and inside at the end. The
 * number is close-on-exec again if it was; the old file moves out of the way of
 * the numbers that programs expect to be free.
 */
BY_HAND(capture)
{
	int flags = fcntl(1, F_GETFD), old = -1, file = -1;

	if (flags >= 0 && fflush(stdout) == 0)
		old = fcntl(1, F_DUPFD_CLOEXEC, 10);
	if (old >= 0)
		file = open(tempdir, O_TMPFILE | O_RDWR | O_EXCL |
			    O_CLOEXEC | O_APPEND, 0600);
	if (file >= 0) {
		if (dup3(file, 1, flags & FD_CLOEXEC ? O_CLOEXEC : 0) >= 0)
			USE(file);
		if (fflush(stdout) != 0)
			pairs_lost++;
		if (dup3(old, 1, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
			pairs_lost++;
		close(file);
	}
	close(old);
}

GUARDED(capture)
{
	WITH_CAPTURE (out, stdout)
		USE(out);
}

/* By hand: an array with a bound, of which the newest is called first. */
struct stack {
	size_t count;
	struct {
		void (*fn)(void *argument);
		void *argument;
	} things[WITH_EXIT_STACK_FIRST];
};

static int push(struct stack *stack, void (*fn)(void *), void *argument)
{
	if (stack->count == WITH_EXIT_STACK_FIRST)
		return -1;
	stack->things[stack->count].fn = fn;
	stack->things[stack->count].argument = argument;
	stack->count++;
	return 0;
}

static __attribute__((noinline)) void nothing(void *unused)
{
	USE(unused);
}

BY_HAND(exit_stack)
{
	struct stack stack;

	stack.count = 0;
	USE(&stack);
	if (push(&stack, nothing, &stack) != 0)
		pairs_lost++;
	USE(&stack);
	while (stack.count > 0) {
		stack.count--;
		stack.things[stack.count].fn(stack.things[stack.count].argument);
	}
}

GUARDED(exit_stack)
{
	WITH_EXIT_STACK (stack) {
		USE(&stack);
		if (with_exit_stack_push(&stack, nothing, &stack) != 0)
			pairs_lost++;
		USE(&stack);
	}
}

const struct pair pairs_of_state[] = {
	PAIR(chdir, 1),
	PAIR(env, 3),
	PAIR(umask, 5),
	PAIR(sigmask, 5),
	PAIR(rlimit, 2),
	PAIR(locale, 100),
	PAIR(capture, 1),
	PAIR(exit_stack, 300),
	{ .name = NULL }
};

void pairs_prepare_state(void)
{
	setenv("BENCH", "old", 1);
	tempdir = tempfile_gettempdir();
}
