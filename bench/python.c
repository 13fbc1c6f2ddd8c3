/* SPDX-License-Identifier: MIT */
/* python.c - two pipes to a Python. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "python.h"

static FILE *commands;
static FILE *answers;

static void run(const int in[2], const int out[2], const char *script)
{
	dup2(in[0], 0);
	dup2(out[1], 1);
	execlp("python3", "python3", script, (char *)NULL);
	_exit(127);
}

bool python_begin(const char *directory)
{
	char script[4096];
	int in[2], out[2];
	double nothing[2];
	pid_t child;

	if (system("command -v python3 >/dev/null 2>&1") != 0)
		return false;
	snprintf(script, sizeof(script), "%s/python.py", directory);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	signal(SIGPIPE, SIG_IGN);
	child = fork();
	if (child == 0)
		run(in, out, script);
	close(in[0]);
	close(out[1]);
	commands = fdopen(in[1], "we");
	answers = fdopen(out[0], "re");
	if (child < 0 || !commands || !answers)
		return false;
	/* What is done for the first time only is done now. */
	python_ask(nothing, "spool 1 1");
	return true;
}

void python_ask(double answer[2], const char *format, ...)
{
	va_list arguments;
	char line[256];

	va_start(arguments, format);
	vfprintf(commands, format, arguments);
	va_end(arguments);
	putc('\n', commands);
	answer[0] = 0;
	answer[1] = 0;
	if (fflush(commands) == 0 && fgets(line, sizeof(line), answers) &&
	    sscanf(line, "%lf %lf", &answer[0], &answer[1]) >= 1)
		return;
	fputs("python did not answer\n", stderr);
	exit(1);
}
