/* SPDX-License-Identifier: MIT */
/*
 * meddle.h - something happens before each system call of the library.
 *
 *	for (unsigned long at = 0; ; at++) {
 *		meddle_fail_at(at, EIO);
 *		... the calls under test ...
 *		meddle_end();
 *		if (!meddle_failed())
 *			break;		all of them had their turn
 *	}
 *
 * Only calls made through with__sys are seen. One that fails is not made, but
 * for close(), which closes all the same, as the kernel's does; nanosleep()
 * never sleeps. For one thread.
 */
#ifndef MEDDLE_H
#define MEDDLE_H

#include <stddef.h>

struct meddle_call {
	unsigned long index;	/* from 0 */
	const char *function;	/* "unlinkat" */
	int fd;			/* its first descriptor, or -1 */
	const char *name;	/* its name, relative to that, or NULL */
};

/*
 * Asked before each call: 0 lets it be made, another value is the errno that
 * it fails with. It uses the plain functions of the C library itself.
 */
typedef int meddle_function(const struct meddle_call *call, void *data);

/*
 * From here calls are counted, from zero, and meddled with until meddle_end(),
 * or until one of these is called again: by a function (NULL: only counted);
 * one call fails; that one and all behind it; all calls of one kind.
 */
void meddle_begin(meddle_function *function, void *data);
void meddle_fail_at(unsigned long index, int error);
void meddle_fail_from(unsigned long index, int error);
void meddle_fail_all(const char *function, int error);

/* The table is what it was. Returns how many calls there were. */
unsigned long meddle_end(void);

/* How many of one kind there were, NULL: of all; also after the end. */
unsigned long meddle_count(const char *function);

/* The name of the last call that was made to fail, or NULL. */
const char *meddle_failed(void);

#endif /* MEDDLE_H */
