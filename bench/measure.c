/* SPDX-License-Identifier: MIT */
/* measure.c - times of whole processes. */
#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

static double seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double measure_now(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double measure_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static struct measure_time wait_for(pid_t child, double begin)
{
	struct measure_time time = { .failed = 1 };
	struct rusage usage;
	int status;

	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return time;
	time.wall = measure_now() - begin;
	time.cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec +
			    usage.ru_stime.tv_usec) / 1e6;
	time.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return time;
}

struct measure_time measure_function(void (*function)(void *data), void *data)
{
	double begin = measure_now();
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		function(data);
		_exit(0);
	}
	return wait_for(child, begin);
}

struct measure_time measure_command(char *const arguments[])
{
	double begin = measure_now();
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 1);
		dup2(null, 2);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	return wait_for(child, begin);
}

void measure_on_one_processor(void)
{
	cpu_set_t one;
	int now = sched_getcpu();

	if (now < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET((size_t)now, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct measure_spread measure_spread(double *values, size_t count)
{
	struct measure_spread spread = { NAN, NAN, NAN };

	if (count == 0)
		return spread;
	qsort(values, count, sizeof(*values), compare);
	spread.low = values[count / 4];
	spread.median = count % 2 ? values[count / 2] :
			(values[count / 2 - 1] + values[count / 2]) / 2;
	spread.high = values[count - 1 - count / 4];
	return spread;
}

void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}
