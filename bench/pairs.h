/* SPDX-License-Identifier: MIT */
/*
 * pairs.h - ready-made guards, and beside each what a careful program would
 * write by hand for the same end, with the same system calls
 *
 * Each runs in a loop of its own. The pairs do less than the guards, so the
 * comparison is in their favour: none keeps errno, none tells anybody where a
 * close failed, none stays whole if its thread is cancelled, none keeps a
 * forked child from flushing.
 */
#ifndef PAIRS_H
#define PAIRS_H

#include <stddef.h>

struct pair {
	const char *name;
	int times;		/* as many take a microsecond or a little more */
	void (*by_hand)(int times);
	void (*guarded)(int times);
};

/* A list each, which ends with a name that is NULL. */
extern const struct pair pairs_of_things[];
extern const struct pair pairs_of_state[];

/* Before any of them runs. */
void pairs_prepare_things(void);
void pairs_prepare_state(void);

/* How many calls failed that must not. */
extern int pairs_lost;

/* Private to the files with the pairs. */
#define PAIR(name, times) { #name, times, by_hand_##name, guarded_##name }

/* The compiler must believe that it is used. */
#define USE(value) __asm__ volatile("" : : "g"(value) : "memory")

/* Each in a loop of its own: neither is compiled into the other's. */
#define LOOP(name) \
	static inline __attribute__((always_inline)) void name##_once(void); \
	static __attribute__((noinline, aligned(64))) void name(int times) \
	{ \
		while (times-- > 0) \
			name##_once(); \
	} \
	static inline __attribute__((always_inline)) void name##_once(void)
#define BY_HAND(name) LOOP(by_hand_##name)
#define GUARDED(name) LOOP(guarded_##name)

#endif /* PAIRS_H */
