/* SPDX-License-Identifier: MIT */
/*
 * contenders.h - what bench/cycles measures: ways to make a temporary thing and
 * remove it again
 */
#ifndef BENCH_CONTENDERS_H
#define BENCH_CONTENDERS_H

enum { CONTENDERS = 27 };

struct contender {
	const char *kind, *name;	/* each kind begins with its floor */
	void (*cycle)(const char *known);
	const char *python;	/* a statement instead */
	const char *rust;	/* an argument of bench/cycle.rs instead */
	int alone;		/* not measured with threads */
};

extern struct contender contenders[CONTENDERS];

/* Takes those out whose library is not there, and says which. */
void contenders_find(void);

/* All work in a fresh directory in where, until the end. */
void contenders_begin(const char *where);
void contenders_end(void);
const char *contenders_directory(void);

/* In each thread: the name that its cycles will be given. */
void contenders_know(const char *name);

#endif /* BENCH_CONTENDERS_H */
