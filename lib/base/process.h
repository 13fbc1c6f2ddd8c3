/* SPDX-License-Identifier: MIT */
/*
 * process.h - which process is this?
 *
 * A forked child has a copy of everything its parent noted down, and must
 * neither remove the parent's things nor draw the parent's random names. So
 * owners are written down as a generation: a number that is never 0, and that
 * no process has in common with one it descends from. (A process id will not
 * do: it can come again among descendants.)
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>

/* Private to the next: the page, and what is done where it does not tell. */
extern _Atomic(_Atomic uint64_t *) with__process_page
	__attribute__((visibility("hidden")));
uint64_t with__process_take(void);

/* The same as the next if that takes no more than a load; else 0. */
static inline uint64_t with__process_if_known(void)
{
	_Atomic uint64_t *where = atomic_load_explicit(&with__process_page,
						       memory_order_acquire);

	return where ? atomic_load_explicit(where, memory_order_relaxed) : 0;
}

/*
 * with__process - the generation of the present process
 *
 * A load, where the kernel wipes a page for children; else one getpid().
 * A child of vfork() is taken for its parent, whose memory it uses.
 */
static inline uint64_t with__process(void)
{
	uint64_t generation = with__process_if_known();

	return generation ? generation : with__process_take();
}

/*
 * with__process_parent - the generation of the one it was forked from
 *
 * Ancestors that never asked do not count. 0: none of them ever did.
 */
uint64_t with__process_parent(void);

/*
 * with__process_in_handler - the same for signal handlers and exit handlers
 *
 * 0, and so the owner of nothing, in a process that has not asked
 * with__process() yet, and in a child of vfork() or clone(CLONE_VM), which
 * sees its parent's memory and must not act for it. Async-signal-safe.
 */
uint64_t with__process_in_handler(void);

/*
 * with__process_end_in_handler - the same where the process is about to end
 *
 * If it is 0, nobody in this process gets an answer from with__process() any
 * more, and so makes nothing. Async-signal-safe.
 */
uint64_t with__process_end_in_handler(void);

#endif /* BASE_PROCESS_H */
