/* SPDX-License-Identifier: MIT */
/*
 * near.h - streams that a program has noted by itself
 *
 * What life/inherited.h notes in a table, programs do for streams of WITH_FILE
 * in a few instructions of their own (with/file.h): a call, and what the table
 * takes, was measured at 100 ns where system calls have driven it out of the
 * processor's caches.
 */
#ifndef LIFE_NEAR_H
#define LIFE_NEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "life/inherited.h"

#define WITH__NOBODYS UINT64_MAX

bool with__near_has(const void *thing);

/* Of one that is here: which process noted it; or nobody any more. */
uint64_t with__near_owner(const void *thing);

/* What makes all of these harmless. */
with__discard *with__near_discard(void);

void with__near_strike(void *thing);

/*
 * From here on this thread may note by itself where this one belongs; owner is
 * the process. Not if another thread may, or something stands there.
 */
void with__near_let(const void *thing, uint64_t owner, with__discard *discard);

/* No thread may, until it is let: the handler for exit will not run again. */
void with__near_let_nobody(void);

/* The same as with__inherited_hand_over() and with__inherited_discard(). */
void with__near_hand_over(uint64_t from, uint64_t to);
void with__near_discard_foreign(uint64_t owner);

#endif /* LIFE_NEAR_H */
