/* SPDX-License-Identifier: MIT */
/*
 * names.h - names that nobody can guess
 *
 * Lower-case letters and digits, five random bits each, from the kernel; so
 * they also differ where a file system ignores case.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

/* 80 bits: nobody guesses it, and no two are the same. */
#define WITH__NAME_LENGTH 16

/*
 * Below this many characters (60 bits) a name can be somebody else's, and
 * must not be removed before it is known to be ours.
 */
#define WITH__NAME_SAFE_LENGTH 12

/*
 * with__name_random - write length random characters to where, no '\0'
 *
 * -1 with errno of getrandom() or of /dev/urandom if there is no randomness.
 * One system call for every 400 characters of a thread.
 */
int with__name_random(char *where, size_t length);

#endif /* BASE_NAMES_H */
