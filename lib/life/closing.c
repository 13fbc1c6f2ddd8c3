/* SPDX-License-Identifier: MIT */
/*
 * closing.c - one word that holds creators back while a clean-up is at work
 *
 * It has four parts:
 *
 *	process    whose it is (base/process.h); a child that is forked
 *	           meanwhile must not wait for somebody who does not exist there
 *	clean-ups  how many are at work
 *	UNFENCED   the barrier below cannot be had
 *	level      OPEN, PASSING, EXITING or DYING (closing.h)
 *
 * The level only rises, until the last clean-up of a PASSING ends: a signal
 * that comes during exit(), and with_cleanup_now() while another thread is
 * dying of one, must not let creators go on.
 *
 * Creators store first what they do and look at this word afterwards; a
 * clean-up changes it first and looks at what they have done afterwards: one of
 * them sees the other, if neither's load comes before its own store. For that
 * each would need a locked instruction. There are many creations and few
 * clean-ups, so these do it for both: membarrier() (Linux 4.14) makes
 * every thread that runs go through a barrier. Whoever had looked before
 * it, and found 0, has what it stored visible from then on.
 *
 * It must be registered for, which is done when the library is loaded, while
 * there are no other threads: then it takes half a microsecond, later it was
 * measured at 12 ms. A plugin that is loaded later does without, and so does
 * everybody where the call is refused: UNFENCED makes the word look as if there
 * always were a clean-up at work, and locked instructions are used. What if
 * it is refused only afterwards, by a filter that the program has put on?
 * Processors do not hold stores back: a millisecond is ten thousand times as
 * long as one was ever seen to wait. That is waited once.
 */
#include "config.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <time.h>

#include <with/near.h>

#include "base/cancel.h"
#include "base/process.h"
#include "base/syscalls.h"
#include "life/closing.h"

#define EXIT_WAITS_MS 1000
#define STORES_WAIT_MS 1

#define LEVEL UINT64_C(3)
#define UNFENCED UINT64_C(4)
#define CLEAN_UP UINT64_C(8)
#define PROCESS_SHIFT 26	/* more clean-ups than there can be threads */
#define CLEAN_UPS ((UINT64_C(1) << PROCESS_SHIFT) - CLEAN_UP)

_Atomic uint64_t with__closing_word = UNFENCED;
static _Atomic uintptr_t cleaner;	/* the thread that raised the level */

static enum with__closing level_of(uint64_t word)
{
	return (enum with__closing)(word & LEVEL);
}

static uint64_t with_level(uint64_t word, enum with__closing level)
{
	return (word & ~LEVEL) | (uint64_t)level;
}

/* Runs inside a signal handler. */
void with__closing_sleep(long ms)
{
	struct timespec left = { .tv_nsec = ms * 1000000 };
	int saved = errno;

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	errno = saved;
}

static enum with__closing level_here(void)
{
	uint64_t word = atomic_load(&with__closing_word);

	return word >> PROCESS_SHIFT &&
	       word >> PROCESS_SHIFT == with__process() ?
	       level_of(word) : WITH__OPEN;
}

/* Runs inside a signal handler. */
bool with__closing_for_good(void)
{
	return level_here() >= WITH__EXITING;
}

/* What the parent was doing at the fork does not slow its child for ever. */
static void forget_parent(void)
{
	uint64_t word = atomic_load(&with__closing_word);

	if (word >> PROCESS_SHIFT && word >> PROCESS_SHIFT != with__process())
		(void)atomic_compare_exchange_strong(&with__closing_word, &word,
						     word & UNFENCED);
}

bool with__closing_must_wait(bool patient)
{
	enum with__closing level;

	forget_parent();
	level = level_here();
	if (level == WITH__OPEN || (level == WITH__EXITING && !patient))
		return false;
	return atomic_load(&cleaner) != (uintptr_t)pthread_self();
}

bool with__closing_wait(void)
{
	WITH__NO_CANCEL;
	enum with__closing level;
	int waited_ms = 0;

	while ((level = level_here()) != WITH__OPEN) {
		if (level == WITH__EXITING && waited_ms++ >= EXIT_WAITS_MS)
			return false;
		with__closing_sleep(1);
	}
	return true;
}

void with__closing_wait_for_death(void)
{
	WITH__NO_CANCEL;

	while (level_here() == WITH__DYING)
		with__closing_sleep(1);
}

/* Runs inside a signal handler. */
static bool barrier(void)
{
	if (with__sys.membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
		return true;
	/* Registered in a parent, perhaps, and not here. */
	return errno == EPERM &&
	       with__sys.membarrier(
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
	       with__sys.membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

/*
 * Runs inside a signal handler.
 *
 * UNFENCED only after the wait: another clean-up relies on it at once.
 */
static void wait_for_stores(void)
{
	if (barrier())
		return;
	with__closing_sleep(STORES_WAIT_MS);
	atomic_fetch_or(&with__closing_word, UNFENCED);
}

/* Runs inside a signal handler. */
void with__closing_raise(uint64_t owner, enum with__closing how)
{
	uint64_t word = atomic_load(&with__closing_word);
	uint64_t here, raised;

	do {
		here = word >> PROCESS_SHIFT == owner ? word :
		       owner << PROCESS_SHIFT | (word & UNFENCED);
		raised = here + CLEAN_UP;
		if (level_of(here) < how)
			raised = with_level(raised, how);
	} while (!atomic_compare_exchange_weak(&with__closing_word, &word,
					       raised));
	if (level_of(raised) != level_of(here))
		atomic_store(&cleaner, (uintptr_t)pthread_self());
	if (!(raised & UNFENCED))
		wait_for_stores();
}

/*
 * Runs inside a signal handler.
 *
 * A child that was forked in the midst may have made it its own.
 */
void with__closing_lower(uint64_t owner)
{
	uint64_t word = atomic_load(&with__closing_word);
	uint64_t lowered;

	do {
		if (word >> PROCESS_SHIFT != owner)
			return;
		lowered = word - CLEAN_UP;
		if (!(lowered & CLEAN_UPS) && level_of(lowered) <= WITH__PASSING)
			lowered &= UNFENCED;
	} while (!atomic_compare_exchange_weak(&with__closing_word, &word,
					       lowered));
}

void with__closing_prepare(void)
{
	int saved = errno;

	if (with__sys.membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0
	    && with__sys.membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
		atomic_fetch_and(&with__closing_word, ~UNFENCED);
	errno = saved;
}

__attribute__((constructor)) static void prepare_early(void)
{
	if (!WITH__HAS_THREADS)
		with__closing_prepare();
}
