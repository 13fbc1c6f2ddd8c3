/* SPDX-License-Identifier: MIT */
/*
 * inherited.h - things in memory that a forked child must not act on
 *
 * A child gets a copy of its parent's streams with the bytes that are not
 * written yet. If it flushed them, the parent's file would have them twice.
 * So whoever opens such a thing notes it here, with what makes it harmless;
 * a process that did not note it itself calls that before closing it, and at
 * exit.
 */
#ifndef LIFE_INHERITED_H
#define LIFE_INHERITED_H

#include <stdbool.h>
#include <stdint.h>

typedef void with__discard(void *thing);

/*
 * thing: its address, not NULL. simple: a stream that needs no more than to be
 * closed, as long as it gets no companion. -1 with ENOMEM.
 */
int with__inherited_note(void *thing, with__discard *discard, bool simple);

/*
 * A companion is memory that belongs to a noted thing: whoever closes the thing
 * asks for it first. NULL: there is none. -1 with ENOMEM, which only a simple
 * thing gets.
 */
int with__inherited_accompany(void *thing, void *companion);
void *with__inherited_companion(void *thing);

bool with__inherited_is_noted(void *thing);

/* Another process noted it. */
bool with__inherited_is_foreign(void *thing);

/*
 * Strikes it out. True if it is to be closed as usual; false if another
 * process noted it, after it has been made harmless. A thing that was never
 * noted is to be closed as usual.
 */
bool with__inherited_strike(void *thing);

/* What one process noted is another's from here; 0: nobody's. */
void with__inherited_hand_over(uint64_t from, uint64_t to);

/* Makes all harmless that the present process did not note. For exit. */
void with__inherited_discard(void);

#endif /* LIFE_INHERITED_H */
