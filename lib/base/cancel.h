/* SPDX-License-Identifier: MIT */
/*
 * cancel.h - no public function is itself cut short by pthread_cancel()
 *
 * open(), close(), fsync() and most of stdio are cancellation points: a
 * thread cancelled in one of them would leave a file without its handle. The
 * request stays pending, and is acted on by the caller's next such point.
 *
 * To turn it off and on again was measured at 40 ns. So a function that has
 * such points in rare cases only does it there, and what is made and removed
 * every time has none: base/direct.h, and the raw calls of base/syscalls.c.
 */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H

#include <pthread.h>

static inline int with__cancel_off(void)
{
	int state = PTHREAD_CANCEL_ENABLE;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state;
}

static inline void with__cancel_restore(const int *state)
{
	int ignored;

	(void)pthread_setcancelstate(*state, &ignored);
}

/* For the rest of the scope. */
#define WITH__NO_CANCEL \
	const int no_cancel __attribute__((cleanup(with__cancel_restore), \
					   unused)) = with__cancel_off()

#endif /* BASE_CANCEL_H */
