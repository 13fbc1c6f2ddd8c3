/* SPDX-License-Identifier: MIT */
/* Keep an interrupt waiting until two things that belong together are done. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <with/process.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

int main(void)
{
	signal(SIGINT, interrupt);
	WITH_SIGMASK (before, SIG_BLOCK, SIGINT, SIGTERM) {
		raise(SIGINT);
		printf("inside: %d\n", interrupted);
	} else {
		perror("signals");
	}
	printf("outside: %d\n", interrupted);
	return 0;
}
