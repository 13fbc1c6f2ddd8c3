/* SPDX-License-Identifier: MIT */
/*
 * local.h - variables of a thread: reached without a call, ended with it
 *
 * In a shared library a variable of a thread costs a call of the C library each
 * time, unless it lies in the memory that every thread begins with. glibc keeps
 * some of that for libraries that dlopen() brings in later; musl does not.
 */
#ifndef BASE_LOCAL_H
#define BASE_LOCAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __GLIBC__
#define WITH__LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define WITH__LOCAL _Thread_local
#endif

/*
 * with__local_at_end - call end(variable) when this thread ends
 *
 * known: for this end, 0 at first and the same for all threads. False if the C
 * library has nothing left to remember it by. Not for signal handlers.
 */
bool with__local_at_end(_Atomic uint64_t *known, void (*end)(void *variable),
			void *variable);

#endif /* BASE_LOCAL_H */
