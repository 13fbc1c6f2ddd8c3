/* SPDX-License-Identifier: MIT */
/*
 * cycles.h - one round of creating, using and removing, for every noun
 *
 * A signal, or a failure, is put at every system call of each: through the
 * table by test-life-calls.c, and from outside, with strace, by storm-calls.sh.
 * Beside the things stand a canary and what the user of that noun has there: a
 * target to persist to, a thing to adopt.
 */
#ifndef CYCLES_H
#define CYCLES_H

#include <stdbool.h>
#include <stddef.h>

/* What a user has there before, in the TMPDIR. */
enum cycle_place {
	CYCLE_NOTHING,
	CYCLE_NO_TARGET,	/* "target" comes to be */
	CYCLE_OLD_TARGET,	/* "target" is there, and may be another after */
	CYCLE_FILE,		/* "adopted", a file */
	CYCLE_TREE,		/* "adopted", a directory with something in it */
};

struct cycle {
	const char *name;
	/* 0, or the errno of what failed first. */
	int (*run)(void);
	enum cycle_place place;
	/* Nobody but its caller knows the name: a signal leaves it. */
	bool raw;
};

extern const struct cycle cycles[];
extern const size_t cycles_count;

/* Memory shared with children, or NULL: 1 from the end of an adoption on. */
extern volatile int *cycles_owned;

/* Puts there what has to be. False if it cannot be done. */
bool cycles_prepare(const struct cycle *cycle);

/*
 * NULL if after the end of a run, by whatever, all is as it must be; else what
 * is wrong. told: paths that were reported to be left behind, one a line.
 */
const char *cycles_wrong(const struct cycle *cycle, const char *told);

/* Empties the TMPDIR. */
bool cycles_clear(void);

#endif /* CYCLES_H */
