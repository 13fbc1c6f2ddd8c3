/* SPDX-License-Identifier: MIT */
/*
 * cycles.c - what it costs to make a temporary thing and remove it again.
 *
 * Contenders (contenders.c) run by short turns, so that a machine that changes
 * its pace does so to all; every other turn backwards, since what the kernel
 * puts off (the memory of inodes) it does at the cost of the next one. The
 * median of the ratios to the floor counts. With threads it is wall time, all
 * threads working in one directory, and the floor is the bare system calls of
 * as many threads.
 *
 *	cycles [-q] [-p PEERS] [-o FILE.csv] [-d LABEL=DIRECTORY]...
 */
#include "config.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contenders.h"
#include "measure.h"

enum {
	TURNS_MOST = 400,
	TURN = 100,		/* cycles */
	PEER_TURNS = 30,	/* one of a peer that is a process of its own */
	CYCLES = 2000,		/* of all threads together */
	THREADS_MOST = 8,
};

static const char *peers = ".";		/* directory of cycle-rust */

/* What a command says that it took; NAN if it cannot be run. */
static double told_time(const char *command)
{
	FILE *pipe = popen(command, "re");
	double result = NAN;

	if (!pipe || fscanf(pipe, "%lf", &result) != 1)
		result = NAN;
	if (pipe)
		pclose(pipe);
	return result;
}

#define PYTHON_LOOP \
	"import os, sys, tempfile, time\n" \
	"def cycle():\n %s\n" \
	"for i in range(200): cycle()\n" \
	"t = time.process_time_ns()\n" \
	"for i in range(2000): cycle()\n" \
	"print((time.process_time_ns() - t) / 2000)"

static double python_time(const char *statement)
{
	char script[1024], command[2048];

	snprintf(script, sizeof(script), PYTHON_LOOP, statement);
	snprintf(command, sizeof(command), "python3 -c '%s' 2>/dev/null",
		 script);
	return told_time(command);
}

static double rust_time(const char *kind)
{
	char command[9000];

	snprintf(command, sizeof(command), "'%s/cycle-rust' %s '%s' 2>/dev/null",
		 peers, kind, contenders_directory());
	return told_time(command);
}

static double one_time(const struct contender *contender, unsigned turn)
{
	double begin = measure_cpu();

	if (contender->python || contender->rust) {
		if (turn % PEER_TURNS)
			return NAN;
		return contender->rust ? rust_time(contender->rust) :
					 python_time(contender->python);
	}
	if (!contender->cycle)
		return NAN;
	for (unsigned i = 0; i < TURN; i++)
		contender->cycle("known");
	return (measure_cpu() - begin) * 1e9 / (double)TURN;
}

static unsigned floor_of(unsigned i)
{
	while (strcmp(contenders[i].name, "floor") != 0)
		i--;
	return i;
}

static double times[CONTENDERS][TURNS_MOST];

static void take_turns(unsigned turns)
{
	contenders_know("known");
	for (unsigned turn = 0; turn < turns; turn++)
		for (unsigned n = 0; n < CONTENDERS; n++) {
			unsigned i = turn % 2 ? CONTENDERS - 1 - n : n;

			times[i][turn] = one_time(&contenders[i], turn);
		}
}

struct figures {
	double each;			/* NAN: it could not be run */
	struct measure_spread ratio;	/* to the floor */
};

/* Of those turns in which there was a time. */
static struct figures figures(const double *own, const double *floor,
			      unsigned count)
{
	double kept[TURNS_MOST], ratios[TURNS_MOST];
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		if (!isnan(own[i])) {
			kept[n] = own[i];
			ratios[n++] = own[i] / floor[i];
		}
	return (struct figures) {
		.each = measure_spread(kept, n).median,
		.ratio = measure_spread(ratios, n),
	};
}

static void measure_kinds(FILE *csv, const char *place, unsigned turns)
{
	take_turns(turns);
	printf("\n%s, one thread, CPU time of %u turns\n", place, turns);
	for (unsigned i = 0; i < CONTENDERS; i++) {
		const struct contender *contender = &contenders[i];
		struct figures its = figures(times[i], times[floor_of(i)],
					     turns);

		if (isnan(its.each)) {
			printf("%-15s %-22s not installed: left out\n",
			       contender->kind, contender->name);
			continue;
		}
		printf("%-15s %-22s %8.0f ns  %5.2f (%4.2f to %4.2f)\n",
		       contender->kind, contender->name, its.each,
		       its.ratio.median, its.ratio.low, its.ratio.high);
		fprintf(csv, "%s;%s;%s;1;cpu;%.0f;%.3f;%.3f;%.3f\n", place,
			contender->kind, contender->name, its.each,
			its.ratio.median, its.ratio.low, its.ratio.high);
	}
}

/* ---- threads ---------------------------------------------------------- */

struct job {
	const struct contender *contender;
	unsigned cycles;
	char known[16];
};

static void *work(void *data)
{
	const struct job *job = data;

	contenders_know(job->known);
	for (unsigned i = 0; i < job->cycles; i++)
		job->contender->cycle(job->known);
	return NULL;
}

static double wall_with_threads(const struct contender *contender,
				unsigned threads)
{
	struct job jobs[THREADS_MOST];
	pthread_t ids[THREADS_MOST];
	double begin = measure_now();

	for (unsigned i = 0; i < threads; i++) {
		jobs[i] = (struct job) { contender, CYCLES / threads, "" };
		snprintf(jobs[i].known, sizeof(jobs[i].known), "known%u", i);
		must(pthread_create(&ids[i], NULL, work, &jobs[i]) == 0,
		     "pthread_create");
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (measure_now() - begin) * 1e9 / (double)CYCLES;
}

enum { THREAD_COUNTS = 4 };

static double walls[CONTENDERS][THREAD_COUNTS][TURNS_MOST];

static void print_walls(FILE *csv, const char *place, unsigned i,
			unsigned rounds)
{
	const struct contender *contender = &contenders[i];

	printf("%-15s %-22s", contender->kind, contender->name);
	for (unsigned power = 0; power < THREAD_COUNTS; power++) {
		struct figures its = figures(walls[i][power],
					     walls[floor_of(i)][power], rounds);

		printf(" %6.0f (%4.2f)", its.each, its.ratio.median);
		fprintf(csv, "%s;%s;%s;%u;wall;%.0f;%.3f;%.3f;%.3f\n", place,
			contender->kind, contender->name, 1u << power,
			its.each, its.ratio.median, its.ratio.low,
			its.ratio.high);
	}
	printf("\n");
}

static int has_threads(const struct contender *contender)
{
	return contender->cycle && !contender->alone;
}

static void measure_threads(FILE *csv, const char *place, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		for (unsigned power = 0; power < THREAD_COUNTS; power++)
			for (unsigned i = 0; i < CONTENDERS; i++)
				if (has_threads(&contenders[i]))
					walls[i][power][round] =
						wall_with_threads(
							&contenders[i],
							1u << power);
	printf("\n%s, wall ns a cycle with 1, 2, 4, 8 threads (to the floor)\n",
	       place);
	for (unsigned i = 0; i < CONTENDERS; i++)
		if (has_threads(&contenders[i]))
			print_walls(csv, place, i, rounds);
}

static void measure_place(FILE *csv, const char *label, const char *where,
			  unsigned turns)
{
	contenders_begin(where);
	measure_kinds(csv, label, turns);
	measure_threads(csv, label, turns / 60);
	contenders_end();
}

int main(int argc, char **argv)
{
	unsigned turns = 300;
	FILE *csv = NULL;
	int option;

	contenders_find();
	while ((option = getopt(argc, argv, "qp:o:d:")) != -1) {
		char *equals = optarg ? strchr(optarg, '=') : NULL;

		if (option == 'q') {
			turns = 60;
		} else if (option == 'p') {
			peers = optarg;
		} else if (option == 'o') {
			csv = fopen(optarg, "we");
			must(csv != NULL, optarg);
			fprintf(csv, "place;kind;contender;threads;time;"
				"ns;to_floor;low;high\n");
		} else if (option == 'd' && equals) {
			if (!csv)
				csv = fopen("/dev/null", "we");
			*equals = '\0';
			measure_place(csv, optarg, equals + 1, turns);
		} else {
			return 2;
		}
	}
	return csv && fclose(csv) ? 1 : 0;
}
