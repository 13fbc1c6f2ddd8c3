/* SPDX-License-Identifier: MIT */
/*
 * threads.h - is there but one? glibc 2.32 knows; its header is in the way of
 * other C libraries on the same machine. Elsewhere neither is said.
 */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#if defined(__GLIBC__) && __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define WITH__SINGLE_THREADED __libc_single_threaded
#define WITH__HAS_THREADS (!__libc_single_threaded)
#else
#define WITH__SINGLE_THREADED 0
#define WITH__HAS_THREADS 0
#endif

#endif /* BASE_THREADS_H */
