/* SPDX-License-Identifier: MIT */
/*
 * meddle.h - something happens before each system call of the library.
 *
 * meddle_begin() puts a wrapper around every entry of with__sys. Before each call, meddle(call, data) is asked: 0 lets the call be
 * made, another value is the errno it fails with, without being made (close()
 * is made all the same, as the kernel does). The function itself uses the
 * plain functions of the C library.
 */
#ifndef MEDDLE_H
#define MEDDLE_H

#include <stddef.h>

struct meddle_call {
	unsigned long index;	/* since meddle_begin(), from 0 */
	const char *function;	/* "unlinkat" */
	const char *name;	/* its name argument, or NULL */
};

typedef int meddle_function(const struct meddle_call *call, void *data);

/* NULL: only count. */
void meddle_begin(meddle_function *function, void *data);

/* The table as it was; returns how many calls there were. */
unsigned long meddle_end(void);

/* How many of one kind since meddle_begin(). */
unsigned long meddle_count(const char *function);

#endif /* MEDDLE_H */
