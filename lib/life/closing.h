/* SPDX-License-Identifier: MIT */
/*
 * closing.h - clean-ups are at work: what they and creators know of each other
 *
 * For the registry only (registry.c, slots.c, cleanup.c, remove.c).
 */
#ifndef LIFE_CLOSING_H
#define LIFE_CLOSING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Are creators in other threads to go on?
 *
 *	OPEN     they are
 *	PASSING  with_cleanup_now(): they wait until it is over
 *	EXITING  exit(): they wait, at most a second each, since an older exit
 *	         handler may be waiting for them
 *	DYING    a signal is about to kill the process: they wait for that
 */
enum with__closing {
	WITH__OPEN,
	WITH__PASSING,
	WITH__EXITING,
	WITH__DYING,
};

/* Private to the next; closing.c says what is in it. */
extern _Atomic uint64_t with__closing_word;

/*
 * with__closing_undisturbed - may plain loads and stores do?
 *
 * Asked after a store, and the answer holds for that store: if it is true,
 * every clean-up that has not ended sees it.
 */
static inline bool with__closing_undisturbed(void)
{
	/* To the processor it is membarrier() that keeps the order. */
	atomic_signal_fence(memory_order_seq_cst);
	return atomic_load_explicit(&with__closing_word,
				    memory_order_acquire) == 0;
}

/*
 * with__closing_raise - a clean-up begins
 *
 * owner: with__process_in_handler(), not 0. When it returns, every thread's
 * stores before its last question above are visible; whoever asks from now on
 * is answered false. with__closing_lower() when it is over: what is PASSING
 * then opens with the last one; EXITING and DYING stay. Async-signal-safe.
 */
void with__closing_raise(uint64_t owner, enum with__closing how);
void with__closing_lower(uint64_t owner);

/*
 * with__closing_must_wait - must a creator wait?
 *
 * patient: also for exit(), which may take long. with__closing_wait() waits,
 * and says whether to be patient the next time.
 */
bool with__closing_must_wait(bool patient);
bool with__closing_wait(void);

/* A signal is being died of in another thread: let it. */
void with__closing_wait_for_death(void);

/* For a thread that waits. Async-signal-safe; keeps errno. */
void with__closing_sleep(long ms);

/* Is this process about to end, by exit() or by a signal? */
bool with__closing_for_good(void);

/*
 * with__closing_prepare - from here on plain loads and stores do
 *
 * If the kernel has the barrier for it. For the time before there are threads:
 * later the kernel takes some 10 ms.
 */
void with__closing_prepare(void);

#endif /* LIFE_CLOSING_H */
