/* SPDX-License-Identifier: MIT */
/*
 * demo-peak LIMIT COMMAND... - run a command, say how much memory it held at
 * its peak, and fail if that is LIMIT KiB or more
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t child;

	if (argc < 3)
		return 2;
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		perror("demo-peak");
		return 2;
	}
	if (!WIFEXITED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "    peak resident size: %ld KiB, to be below %s\n",
		usage.ru_maxrss, argv[1]);
	return usage.ru_maxrss < atol(argv[1]) ? 0 : 1;
}
