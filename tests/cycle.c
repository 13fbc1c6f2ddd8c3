/* SPDX-License-Identifier: MIT */
/*
 * cycle.c - one cycle of cycles.h in a process that is meddled with from
 * outside, for storm-calls.sh
 *
 *	cycle list		the names; "raw" after those that a signal
 *				leaves
 *	cycle run NAME		between two marks, calls of getpgid(4711); says
 *				the errno that the cycle got, and how many
 *				descriptors and bytes there are more than before
 *	cycle die NAME		the same with the signals asked for
 *	cycle check NAME FILE	is all as it must be? FILE: what the run said
 *
 * What a run says goes out by writev(), and descriptors are counted by poll(),
 * which the library never calls and which so are not made to fail.
 */
#include "config.h"

#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <with.h>

#include "cycles.h"

enum { DESCRIPTORS = 64 };

__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	char text[4300];
	va_list arguments;
	struct iovec out = { .iov_base = text };

	va_start(arguments, format);
	out.iov_len = (size_t)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (writev(STDOUT_FILENO, &out, 1) < 0)
		_exit(98);
}

static void say_what_is_left(const struct with_error *error, void *data)
{
	(void)data;
	say("told %s\n", error->path);
}

static int open_descriptors(void)
{
	struct pollfd polled[DESCRIPTORS];
	int count = DESCRIPTORS;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		polled[fd] = (struct pollfd) { .fd = fd };
	if (poll(polled, DESCRIPTORS, 0) < 0)
		_exit(98);
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count -= (polled[fd].revents & POLLNVAL) != 0;
	return count;
}

static long bytes_in_use(void)
{
#ifdef HAVE_MALLINFO2
	struct mallinfo2 info = mallinfo2();

	return (long)(info.uordblks + info.hblkhd);
#else
	return 0;
#endif
}

static void mark(void)
{
	(void)syscall(SYS_getpgid, 4711);
}

static int run(const struct cycle *cycle)
{
	int descriptors, error;
	long bytes;

	with_set_error_hook(say_what_is_left, NULL);
	/* What is had once and for good is had the first time. */
	if (!cycles_prepare(cycle) || cycle->run() != 0 || !cycles_clear() ||
	    !cycles_prepare(cycle))
		return 99;
	descriptors = open_descriptors();
	bytes = bytes_in_use();
	mark();
	error = cycle->run();
	mark();
	bytes = bytes_in_use() - bytes;
	say("error %d\ndescriptors %d\nbytes %ld\n", error,
	    open_descriptors() - descriptors, bytes);
	return 0;
}

static int check(const struct cycle *cycle, const char *path)
{
	char told[65536] = "";
	FILE *file = fopen(path, "r");
	const char *wrong;

	if (!file)
		return 99;
	told[fread(told, 1, sizeof(told) - 1, file)] = '\0';
	fclose(file);
	wrong = cycles_wrong(cycle, strstr(told, "told ") ? told : "");
	if (wrong)
		printf("%s\n", wrong);
	return !cycles_clear() || wrong;
}

static const struct cycle *find(const char *name)
{
	for (size_t i = 0; i < cycles_count; i++)
		if (strcmp(cycles[i].name, name) == 0)
			return &cycles[i];
	exit(99);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	for (size_t i = 0; strcmp(what, "list") == 0 && i < cycles_count; i++)
		printf("%s%s\n", cycles[i].name, cycles[i].raw ? " raw" : "");
	if (strcmp(what, "run") == 0 && argc == 3)
		return run(find(argv[2]));
	if (strcmp(what, "die") == 0 && argc == 3 &&
	    with_cleanup_on_signals(NULL, 0) == 0)
		return run(find(argv[2]));
	if (strcmp(what, "check") == 0 && argc == 4)
		return check(find(argv[2]), argv[3]);
	return strcmp(what, "list") ? 99 : 0;
}
