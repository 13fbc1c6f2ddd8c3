/* SPDX-License-Identifier: MIT */
/* instructions.c - a child is stepped from one stop to the next. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instructions.h"

/* Three stops: between them one turn and two. Once before, to be warm. */
static void run(void (*function)(int times))
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	function(2);
	raise(SIGUSR1);
	function(1);
	raise(SIGUSR1);
	function(2);
	raise(SIGUSR1);
	_exit(0);
}

static int stopped_by(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return -1;
	return WSTOPSIG(status);
}

/* To the next SIGUSR1, which is not delivered. -1: there is none. */
static long count(pid_t child)
{
	long steps = 0;
	int signal;

	do {
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0)
			return -1;
		signal = stopped_by(child);
		steps++;
	} while (signal == SIGTRAP);
	return signal == SIGUSR1 ? steps : -1;
}

long instructions_of_turn(void (*function)(int times))
{
	long one = -1, two = -1;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0)
		run(function);
	if (stopped_by(child) == SIGUSR1) {
		one = count(child);
		two = count(child);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return one < 0 || two < 0 ? -1 : two - one;
}
