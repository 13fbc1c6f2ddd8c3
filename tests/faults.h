/* SPDX-License-Identifier: MIT */
/*
 * faults.h - count the system calls of the library, and make them fail
 *
 *	for (unsigned long at = 1; ; at++) {
 *		faults_watch();
 *		faults_fail(at, EIO);
 *		... the calls under test ...
 *		faults_rest();
 *		if (!faults_failed())
 *			break;		all of them had their turn
 *	}
 *
 * Only calls made through with__sys are seen. A close() that is made to fail
 * closes all the same, as the kernel's does. For one thread.
 */
#ifndef FAULTS_H
#define FAULTS_H

/* From here calls are counted, from zero, and none fails. */
void faults_watch(void);

/* The table is what it was before faults_watch(). */
void faults_rest(void);

/* The call with this number, from 1, fails with error and is not made. */
void faults_fail(unsigned long number, int error);

/* This call and every later one. */
void faults_fail_from(unsigned long number, int error);

/* Every call of this name fails with error. */
void faults_fail_all(const char *call, int error);

/* The name of the last call that was made to fail, as "openat", or NULL. */
const char *faults_failed(void);

/* How many calls there were; of one name only. */
unsigned long faults_calls(void);
unsigned long faults_calls_of(const char *call);

/* Called before each call is made, with its name and number; NULL: nobody. */
typedef void faults_visitor(const char *call, unsigned long number);
void faults_visit(faults_visitor *visitor);

#endif /* FAULTS_H */
