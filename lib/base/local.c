/* SPDX-License-Identifier: MIT */
/*
 * local.c - what a variable of a thread leaves behind
 *
 * Not by pthread_once(), which a fork could leave begun for ever where the C
 * library is musl: two threads may both make a key, and one of them is kept.
 */
#include "config.h"

#include <pthread.h>

#include "base/local.h"

static bool find_key(_Atomic uint64_t *known, void (*end)(void *variable),
		     pthread_key_t *ret)
{
	uint64_t word = atomic_load(known);	/* key + 1 */

	if (!word) {
		if (pthread_key_create(ret, end) != 0)
			return false;
		if (atomic_compare_exchange_strong(known, &word,
						   (uint64_t)*ret + 1))
			return true;
		(void)pthread_key_delete(*ret);
	}
	*ret = (pthread_key_t)(word - 1);
	return true;
}

bool with__local_at_end(_Atomic uint64_t *known, void (*end)(void *variable),
			void *variable)
{
	pthread_key_t key;

	return find_key(known, end, &key) &&
	       pthread_setspecific(key, variable) == 0;
}
