/* SPDX-License-Identifier: MIT */
/*
 * guards.c - what a ready-made guard costs over the calls it wraps
 *
 * A difference of nanoseconds beside system calls of microseconds: guard and
 * pair (pairs.h) run in turns, a microsecond each, in turns of which is first.
 * Interrupts, other processes and the kernel's own slow moments only ever add
 * time, so of a block of such runs the fastest twentieth of either side counts,
 * and the difference of the means of these is one figure. (On a machine that is
 * at rest that makes the intervals of mappings, in which the kernel is slow now
 * and then, 1 or 2 ns wide to either side instead of 4 to 10. On one that is not
 * they stay wide, and guards cost up to twice as much.) Where the pages of a
 * process happen to lie favours the one or the other by up to 20 ns, for as
 * long as it runs, and where code lies for as long as nobody changes it: so
 * there are many processes, which use different copies of the code (pairs.h).
 * Each gives the mean of its blocks, and from all come the mean and the bounds
 * between which it lies with 95 % confidence. A guard is over the limit if that
 * whole interval is.
 *
 * Beside the nanoseconds stand the instructions outside the kernel that the
 * guard takes over the pair (instructions.h), which no load disturbs.
 *
 * Built a second time with WITH_UNWINDABLE, bench/guards-unwindable.
 *
 *	make bench-guards
 *	bench/guards [-o FILE.csv] [NAME...]
 */
#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "instructions.h"
#include "measure.h"
#include "pairs.h"

#ifdef WITH_UNWINDABLE
#define ALLOWED 100.0
#else
#define ALLOWED 5.0
#endif

#define PROCESSES 25
#define STUDENT 2.06		/* 97.5 % of the means of so many are below */
#define BLOCKS 9		/* in each */
#define RUNS 500		/* of each side in a block */
#define FASTEST (RUNS / 20)	/* of these count */

/* First of three arguments; then a descriptor and a name. */
#define ANSWER_TO "--answer-to"

int pairs_lost;

struct block {
	double by_hand[RUNS];
	double guarded[RUNS];
};

struct figures {
	double by_hand, guarded;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double measure(void (*loop)(int times), int times)
{
	double began = now();

	loop(times);
	return (now() - began) / times;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double mean_of_fastest(double *values)
{
	double sum = 0;

	qsort(values, RUNS, sizeof(*values), compare);
	for (int i = 0; i < FASTEST; i++)
		sum += values[i];
	return sum / FASTEST;
}

static void fill(struct block *block, const struct pair *pair)
{
	for (int i = 0; i < RUNS; i++) {
		if (i % 2)
			block->guarded[i] = measure(pair->guarded, pair->times);
		block->by_hand[i] = measure(pair->by_hand, pair->times);
		if (i % 2 == 0)
			block->guarded[i] = measure(pair->guarded, pair->times);
	}
}

static struct figures of_this_process(const struct pair *pair)
{
	static struct block block;
	struct figures mean = { 0 };

	fill(&block, pair);	/* to be warm */
	for (int i = 0; i < BLOCKS; i++) {
		fill(&block, pair);
		mean.by_hand += mean_of_fastest(block.by_hand) / BLOCKS;
		mean.guarded += mean_of_fastest(block.guarded) / BLOCKS;
	}
	return mean;
}

/* This program once more, which answers through a pipe. */
static struct figures of_another_process(const struct pair *pair)
{
	struct figures figures = { NAN, NAN };
	char answer[16];
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		return figures;
	snprintf(answer, sizeof(answer), "%d", ends[1]);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		execl("/proc/self/exe", "guards", ANSWER_TO, answer, pair->name,
		      (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &figures, sizeof(figures)) !=
	    (ssize_t)sizeof(figures))
		pairs_lost++;
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return figures;
}

struct result {
	struct figures mean;
	double over;
	double uncertainty;	/* of over, to either side */
};

static struct result of_all_processes(const struct pair *pair)
{
	struct result result = { .over = 0 };
	double squares = 0;

	for (int i = 0; i < PROCESSES; i++) {
		struct figures figures = of_another_process(pair);
		double over = figures.guarded - figures.by_hand;

		result.mean.by_hand += figures.by_hand / PROCESSES;
		result.mean.guarded += figures.guarded / PROCESSES;
		result.over += over / PROCESSES;
		squares += over * over;
	}
	squares -= PROCESSES * result.over * result.over;
	result.uncertainty = STUDENT *
		sqrt(fmax(squares, 0) / (PROCESSES - 1) / PROCESSES);
	return result;
}

/* -1 where they cannot be counted. */
static void print_instructions(FILE *csv, const struct pair *pair)
{
	long by_hand = instructions_of_turn(pair->by_hand);
	long guarded = instructions_of_turn(pair->guarded);

	if (by_hand < 0 || guarded < 0)
		printf("  %6s %6s", "?", "?");
	else
		printf("  %6ld %+6ld", by_hand, guarded - by_hand);
	fprintf(csv, ";%ld;%ld\n", by_hand, guarded);
}

static bool is_over(FILE *csv, const struct pair *pair)
{
	struct result result = of_all_processes(pair);
	double least = result.over - result.uncertainty;

	printf("%-12s %9.1f %9.1f  %+7.1f ±%5.1f", pair->name,
	       result.mean.by_hand, result.mean.guarded, result.over,
	       result.uncertainty);
	fprintf(csv, "%s;%.1f;%.1f;%.1f;%.1f", pair->name, result.mean.by_hand,
		result.mean.guarded, result.over, result.uncertainty);
	print_instructions(csv, pair);
	puts(least > ALLOWED ? "  over the limit" : "");
	return least > ALLOWED;
}

static bool is_wanted(const char *name, char *const names[])
{
	if (!*names)
		return true;
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static int compare_all(FILE *csv, const struct pair *pairs,
		       char *const names[])
{
	int too_dear = 0;

	for (; pairs->name; pairs++)
		if (is_wanted(pairs->name, names))
			too_dear += is_over(csv, pairs);
	return too_dear;
}

static const struct pair *find(const struct pair *pairs, const char *name)
{
	while (pairs->name && strcmp(pairs->name, name) != 0)
		pairs++;
	return pairs->name ? pairs : NULL;
}

static int answer(int fd, const char *name)
{
	const struct pair *pair = find(pairs_of_things, name);
	struct figures figures;

	if (!pair)
		pair = find(pairs_of_state, name);
	if (!pair)
		return 1;
	figures = of_this_process(pair);
	return pairs_lost || write(fd, &figures, sizeof(figures)) < 0;
}

int main(int argc, char *argv[])
{
	FILE *csv = NULL;
	int too_dear, option;

	measure_on_one_processor();
	pairs_prepare_things();
	pairs_prepare_state();
	if (argc == 4 && strcmp(argv[1], ANSWER_TO) == 0)
		return answer(atoi(argv[2]), argv[3]);
	while ((option = getopt(argc, argv, "o:")) != -1) {
		must(option == 'o', "usage: guards [-o FILE.csv] [NAME...]");
		csv = fopen(optarg, "we");
		must(csv != NULL, optarg);
	}
	if (!csv)
		csv = fopen("/dev/null", "we");
	must(csv != NULL, "/dev/null");
	fputs("guard;by_hand_ns;guarded_ns;over_ns;uncertainty_ns;"
	      "by_hand_instructions;guarded_instructions\n", csv);
	printf("allowed: %.0f ns\n", ALLOWED);
	printf("%-12s %9s %9s  %15s  %13s\n", "", "by hand", "guarded",
	       "over", "instructions");
	too_dear = compare_all(csv, pairs_of_things, argv + optind);
	too_dear += compare_all(csv, pairs_of_state, argv + optind);
	must(fclose(csv) == 0, "the figures");
	if (pairs_lost)
		fprintf(stderr, "%d failures\n", pairs_lost);
	return too_dear || pairs_lost ? 1 : 0;
}
