/* SPDX-License-Identifier: MIT */
/*
 * with/near.h - what guards look at between the system calls of a pair
 *
 * In few lines of memory, since those have driven it out of the caches of the
 * processor. Not for programs, as with/statement.h is not.
 */
#ifndef WITH_NEAR_H
#define WITH_NEAR_H

#ifndef __cplusplus

#include <errno.h>

#define WITH__UNUSED __attribute__((__unused__))

/* Where errno of this thread is; from then on it is near. */
int *with__errno_find(void);

/*
 * errno_offset: where errno is, from the pointer of each thread on; 0 until
 *     with__errno_find(). To ask the C library was measured to cost 7 ns.
 * process, owner, streams: streams that a forked child must not flush are noted
 *     in the library. Those of WITH_FILE are so here, where the hash says, if
 *     there is the mark of the thread, and if owner, whose streams stand here, is
 *     what is at `process`, the number of this one; by then errno_offset is
 *     known. Whoever ends a stream puts his mark in its place.
 */
#define WITH__NEAR_STREAMS 64u
#define WITH__NEAR_HASH(stream) \
	((__UINTPTR_TYPE__)(stream) / 32 % WITH__NEAR_STREAMS)

struct with__near {
	const __UINT64_TYPE__ *process;
	__UINT64_TYPE__ owner;
	__PTRDIFF_TYPE__ errno_offset;
	void *streams[WITH__NEAR_STREAMS];
} __attribute__((__aligned__(64)));
extern struct with__near with__near;

#if defined(__GLIBC__) && !defined(__clang_analyzer__) && \
	(defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || \
	 defined(__s390x__)) && \
	defined(__has_builtin)
#if __has_builtin(__builtin_thread_pointer)
#define WITH__THREAD_IS_NEAR
#endif
#endif
#ifdef WITH__THREAD_IS_NEAR
/* Different from all others, and from all streams. */
static inline WITH__UNUSED void *with__thread_mark(void)
{
	return (char *)__builtin_thread_pointer() + 1;
}

/* Does what stands here belong to this process? */
static inline WITH__UNUSED int with__near_is_ours(void)
{
	return __atomic_load_n(&with__near.owner, __ATOMIC_RELAXED) ==
		__atomic_load_n(__atomic_load_n(&with__near.process,
						__ATOMIC_RELAXED),
				__ATOMIC_RELAXED);
}

static inline WITH__UNUSED __PTRDIFF_TYPE__ with__errno_offset(void)
{
	return __atomic_load_n(&with__near.errno_offset, __ATOMIC_RELAXED);
}

/* Where it is known to be near. */
static inline WITH__UNUSED int *with__errno_known(void)
{
	return (int *)(void *)((char *)__builtin_thread_pointer() +
			       with__errno_offset());
}

static inline WITH__UNUSED int *with__errno(void)
{
	return __builtin_expect(with__errno_offset() != 0, 1) ?
		with__errno_known() : with__errno_find();
}
#else
#define with__errno() (&errno)
#endif

/*
 * Is there but one thread? glibc 2.32 knows; its header is in the way of other C
 * libraries on the same machine. Elsewhere neither is said.
 */
#if defined(__GLIBC__) && __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define WITH__SINGLE_THREADED __libc_single_threaded
#define WITH__HAS_THREADS (!__libc_single_threaded)
#else
#define WITH__SINGLE_THREADED 0
#define WITH__HAS_THREADS 0
#endif

#endif /* C */
#endif /* WITH_NEAR_H */
