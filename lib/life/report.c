/* SPDX-License-Identifier: MIT */
/*
 * report.c - the error hook, and the line that LIBWITH_DEBUG=1 asks for
 *
 * The hook is set before there are threads and only read afterwards. The
 * default one writes a single line in a single write(), so that it serves in
 * signal handlers too; errors are given by number there, because strerror()
 * is not for handlers.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/local.h"
#include "life/report.h"

#define LINE_SIZE 512

struct line {
	char text[LINE_SIZE];
	size_t length;
};

static with_error_hook *hook;
static void *hook_data;
static WITH__LOCAL bool in_hook;	/* its own failures are not told to it */
static _Atomic int debugging;		/* 0: not looked up, 1: no, 2: yes */

void with_set_error_hook(with_error_hook *new_hook, void *data)
{
	hook = new_hook;
	hook_data = data;
	in_hook = false;	/* one that left by longjmp() */
}

void with__report_init(void)
{
	const char *value;

	if (atomic_load(&debugging))
		return;
	value = secure_getenv("LIBWITH_DEBUG");
	atomic_store(&debugging, value && strcmp(value, "1") == 0 ? 2 : 1);
}

/* Runs inside a signal handler. */
bool with__report_debugging(void)
{
	return atomic_load(&debugging) == 2;
}

/* Keeps room for the end of the line; what is too long is cut. */
static void add(struct line *line, const char *text)
{
	while (text && *text && line->length < LINE_SIZE - 1)
		line->text[line->length++] = *text++;
}

static void add_number(struct line *line, int number)
{
	char digits[16];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	add(line, first);
}

/* Runs inside a signal handler. */
void with__report_line(const char *operation, const char *path,
		       const char *message, const char *source)
{
	struct line line = { .length = 0 };
	int saved = errno;

	add(&line, "libwith: ");
	if (source && *source) {
		add(&line, source);
		add(&line, ": ");
	}
	add(&line, operation);
	add(&line, " ");
	add(&line, path);
	add(&line, ": ");
	add(&line, message);
	line.text[line.length++] = '\n';
	if (write(STDERR_FILENO, line.text, line.length) < 0)
		errno = saved;	/* nobody is left to be told */
	errno = saved;
}

/* Runs inside a signal handler. */
void with__report_in_handler(const char *operation, const char *path,
			     int error, const char *source)
{
	struct line number = { .length = 0 };

	if (!with__report_debugging())
		return;
	add(&number, "errno ");
	add_number(&number, error);
	number.text[number.length] = '\0';
	with__report_line(operation, path, number.text, source);
}

void with__report_error(const char *operation, const char *path, int error,
			const char *source)
{
	const struct with_error told = {
		.operation = operation,
		.path = path,
		.error = error,
		.source = source && *source ? source : NULL,
	};
	WITH__NO_CANCEL;
	int saved = errno;

	with__report_init();
	if (in_hook) {
		/* Nobody else could be told. */
	} else if (hook) {
		in_hook = true;
		hook(&told, hook_data);
		in_hook = false;
	} else if (with__report_debugging()) {
		/* Safe among threads in musl, and in glibc since 2.32. */
		with__report_line(operation, path, strerror(error), source);
	}
	errno = saved;
}

void with__report(const char *operation, const char *what, const char *source)
{
	with__report_error(operation, what, errno, source);
}
