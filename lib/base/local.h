/* SPDX-License-Identifier: MIT */
/*
 * local.h - variables of a thread, reached without a call
 *
 * In a shared library a variable of a thread costs a call of the C library each
 * time, unless it lies in the memory that every thread begins with. glibc keeps
 * some of that for libraries that dlopen() brings in later; musl does not.
 */
#ifndef BASE_LOCAL_H
#define BASE_LOCAL_H

#include <errno.h>

#ifdef __GLIBC__
#define WITH__LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define WITH__LOCAL _Thread_local
#endif

#endif /* BASE_LOCAL_H */
