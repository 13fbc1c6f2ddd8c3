/* SPDX-License-Identifier: MIT */
/*
 * exit.h - the handler that exit(), quick_exit() and a return from main run
 */
#ifndef LIFE_EXIT_H
#define LIFE_EXIT_H

#include <stdatomic.h>
#include <stdbool.h>

/* Private to the next. */
extern _Atomic bool with__exit_armed __attribute__((visibility("hidden")));
int with__exit_register(void);

static inline bool with__exit_is_armed(void)
{
	return atomic_load_explicit(&with__exit_armed, memory_order_acquire);
}

/*
 * Sees to it that the handler runs. Called for everything registered; after
 * the handler has run (an older handler makes a temporary) it is registered
 * again. -1 with ENOMEM.
 */
static inline int with__exit_arm(void)
{
	return with__exit_is_armed() ? 0 : with__exit_register();
}

#endif /* LIFE_EXIT_H */
