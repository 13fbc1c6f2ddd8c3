/* SPDX-License-Identifier: MIT */
/*
 * measure.h - times of whole processes, and what is made of them.
 *
 * Times are of the CPU (user and system) unless they are called wall: other
 * work on the machine lengthens wall times, and hardly these. Contenders are
 * compared round by round, and the median of the ratios counts.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

struct measure_time {
	double cpu;	/* seconds */
	double wall;
	int failed;	/* did not exit with 0 */
};

/* function(data) in a forked process, or a command, with its output away. */
struct measure_time measure_function(void (*function)(void *data), void *data);
struct measure_time measure_command(char *const arguments[]);

double measure_now(void);
double measure_cpu(void);	/* of this process so far */

/* This process and what it starts, so that no contender finds a colder one. */
void measure_on_one_processor(void);

/* Ends the bench, and says what failed, if it did. */
void must(int good, const char *what);

struct measure_spread {
	double low, median, high;	/* quartiles around the median */
};

/* Sorts values. */
struct measure_spread measure_spread(double *values, size_t count);

#endif /* MEASURE_H */
