/* SPDX-License-Identifier: MIT */
/*
 * cycles.c - what it costs to make a temporary thing and remove it again.
 *
 * The floor is the bare system calls with a name known in advance, relative to
 * a directory that is held open: no randomness, no registry, no check. For
 * anonymous files it includes the stream, since that is what a caller gets.
 * Contenders run by turns, and the median of the ratios counts. With threads
 * it is wall time, all threads working in one directory, and the floor is the
 * bare system calls of as many threads.
 *
 *	cycles [-q] [-p PEERS] [-o FILE.csv] [-d LABEL=DIRECTORY]...
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

#include "measure.h"

enum { ROUNDS_MOST = 31, CYCLES = 2000, THREADS_MOST = 8 };

static char directory[4096];
static int dirfd_held;
static const char *peers = ".";		/* directory of cycle-rust */
static char *(*glib_make_directory)(char *);
static int (*glib_open_file)(char *);

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

/* ---- directories ------------------------------------------------------ */

static void floor_directory(const char *known)
{
	must(mkdirat(dirfd_held, known, 0700), "mkdirat");
	must(unlinkat(dirfd_held, known, AT_REMOVEDIR), "unlinkat");
}

static void our_directory(const char *known)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	(void)known;
	must(dir ? 0 : -1, "tempfile_dir_open");
	must(tempfile_dir_close(&dir), "tempfile_dir_close");
}

static void libc_directory(const char *known)
{
	char path[sizeof(directory) + 16];

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	must(mkdtemp(path) ? 0 : -1, "mkdtemp");
	must(rmdir(path), "rmdir");
}

static void glib_directory(const char *known)
{
	char path[sizeof(directory) + 16];

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	must(glib_make_directory(path) ? 0 : -1, "g_mkdtemp");
	must(rmdir(path), "rmdir");
}

/* ---- named files ------------------------------------------------------ */

static void floor_named(const char *known)
{
	int fd = openat(dirfd_held, known, O_CREAT | O_EXCL | O_RDWR |
			O_CLOEXEC, 0600);

	must(fd, "openat");
	must(unlinkat(dirfd_held, known, 0), "unlinkat");
	close(fd);
}

static void our_named(const char *known)
{
	struct tempfile_named *named = tempfile_named_open();

	(void)known;
	must(named ? 0 : -1, "tempfile_named_open");
	must(tempfile_named_close(&named), "tempfile_named_close");
}

static void libc_named(const char *known)
{
	char path[sizeof(directory) + 16];
	FILE *file;
	int fd;

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	fd = mkstemp(path);
	must(fd, "mkstemp");
	file = fdopen(fd, "w+");
	fclose(file);
	must(unlink(path), "unlink");
}

static void glib_named(const char *known)
{
	char path[sizeof(directory) + 16];
	int fd;

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	fd = glib_open_file(path);
	must(fd, "g_mkstemp");
	close(fd);
	must(unlink(path), "unlink");
}

/* ---- anonymous files -------------------------------------------------- */

static void floor_anonymous(const char *known)
{
	int fd = openat(dirfd_held, ".", O_TMPFILE | O_RDWR | O_EXCL |
			O_CLOEXEC, 0600);
	FILE *file;

	(void)known;
	must(fd, "O_TMPFILE");
	file = fdopen(fd, "w+");
	must(file ? 0 : -1, "fdopen");
	fclose(file);
}

static void our_anonymous(const char *known)
{
	FILE *file = tempfile_open();

	(void)known;
	must(file ? 0 : -1, "tempfile_open");
	must(with_file_close(&file), "with_file_close");
}

struct contender {
	const char *kind, *name;
	void (*cycle)(const char *known);
	const char *python;	/* a statement instead */
	const char *rust;	/* an argument of bench/cycle.rs instead */
};

#define PYTHON_LOOP \
	"import os, sys, tempfile, time\n" \
	"def cycle():\n %s\n" \
	"for i in range(200): cycle()\n" \
	"t = time.process_time_ns()\n" \
	"for i in range(2000): cycle()\n" \
	"print((time.process_time_ns() - t) / 2000)"

static struct contender contenders[] = {
	{ "directory", "floor", floor_directory, NULL, NULL },
	{ "directory", "libwith", our_directory, NULL, NULL },
	{ "directory", "mkdtemp + rmdir", libc_directory, NULL, NULL },
	{ "directory", "GLib g_mkdtemp", glib_directory, NULL, NULL },
	{ "directory", "Python", NULL,
	  "with tempfile.TemporaryDirectory(): pass", NULL },
	{ "directory", "Rust std::fs", NULL, NULL, "directory" },
	{ "named file", "floor", floor_named, NULL, NULL },
	{ "named file", "libwith", our_named, NULL, NULL },
	{ "named file", "mkstemp + stream", libc_named, NULL, NULL },
	{ "named file", "GLib g_mkstemp", glib_named, NULL, NULL },
	{ "named file", "Python", NULL,
	  "with tempfile.NamedTemporaryFile(): pass", NULL },
	{ "named file", "Rust std::fs", NULL, NULL, "file" },
	{ "anonymous file", "floor", floor_anonymous, NULL, NULL },
	{ "anonymous file", "libwith", our_anonymous, NULL, NULL },
	{ "anonymous file", "Python", NULL,
	  "with tempfile.TemporaryFile(): pass", NULL },
};

enum { CONTENDERS = sizeof(contenders) / sizeof(*contenders) };

static double times[CONTENDERS][ROUNDS_MOST];

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
	char command[2 * sizeof(directory)];

	snprintf(command, sizeof(command), "'%s/cycle-rust' %s '%s' 2>/dev/null",
		 peers, kind, directory);
	return told_time(command);
}

static double one_time(const struct contender *contender)
{
	double begin;

	if (contender->python)
		return python_time(contender->python);
	if (contender->rust)
		return rust_time(contender->rust);
	begin = measure_cpu();
	for (unsigned i = 0; i < CYCLES; i++)
		contender->cycle("known");
	return (measure_cpu() - begin) / CYCLES * 1e9;
}

static unsigned floor_of(unsigned i)
{
	while (strcmp(contenders[i].name, "floor") != 0)
		i--;
	return i;
}

static void measure_kinds(FILE *csv, const char *place, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		for (unsigned i = 0; i < CONTENDERS; i++)
			times[i][round] = one_time(&contenders[i]);
	printf("\n%s, one thread, CPU time of %u rounds\n", place, rounds);
	for (unsigned i = 0; i < CONTENDERS; i++) {
		double ratios[ROUNDS_MOST], copy[ROUNDS_MOST];
		struct measure_spread ratio;
		unsigned base = floor_of(i);
		double each;

		for (unsigned round = 0; round < rounds; round++)
			ratios[round] = times[i][round] / times[base][round];
		memcpy(copy, times[i], sizeof(copy));
		each = measure_spread(copy, rounds).median;
		ratio = measure_spread(ratios, rounds);
		if (isnan(each)) {
			printf("%-15s %-22s not installed: left out\n",
			       contenders[i].kind, contenders[i].name);
			continue;
		}
		printf("%-15s %-22s %8.0f ns  %5.2f (%4.2f to %4.2f)\n",
		       contenders[i].kind, contenders[i].name, each,
		       ratio.median, ratio.low, ratio.high);
		fprintf(csv, "%s;%s;%s;1;cpu;%.0f;%.3f;%.3f;%.3f\n", place,
			contenders[i].kind, contenders[i].name, each,
			ratio.median, ratio.low, ratio.high);
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
		must(-pthread_create(&ids[i], NULL, work, &jobs[i]),
		     "pthread_create");
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (measure_now() - begin) / CYCLES * 1e9;
}

enum { THREAD_COUNTS = 4 };

static double walls[CONTENDERS][THREAD_COUNTS][ROUNDS_MOST];

static void print_walls(FILE *csv, const char *place, unsigned i,
			unsigned rounds)
{
	printf("%-15s %-22s", contenders[i].kind, contenders[i].name);
	for (unsigned power = 0; power < THREAD_COUNTS; power++) {
		double ratios[ROUNDS_MOST], copy[ROUNDS_MOST], each;
		struct measure_spread ratio;

		for (unsigned round = 0; round < rounds; round++)
			ratios[round] = walls[i][power][round] /
					walls[floor_of(i)][power][round];
		memcpy(copy, walls[i][power], sizeof(copy));
		each = measure_spread(copy, rounds).median;
		ratio = measure_spread(ratios, rounds);
		printf(" %6.0f (%4.2f)", each, ratio.median);
		fprintf(csv, "%s;%s;%s;%u;wall;%.0f;%.3f;%.3f;%.3f\n", place,
			contenders[i].kind, contenders[i].name, 1u << power,
			each, ratio.median, ratio.low, ratio.high);
	}
	printf("\n");
}

static void measure_threads(FILE *csv, const char *place, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		for (unsigned power = 0; power < THREAD_COUNTS; power++)
			for (unsigned i = 0; i < CONTENDERS; i++)
				if (contenders[i].cycle)
					walls[i][power][round] =
						wall_with_threads(
							&contenders[i],
							1u << power);
	printf("\n%s, wall ns a cycle with 1, 2, 4, 8 threads (to the floor)\n",
	       place);
	for (unsigned i = 0; i < CONTENDERS; i++)
		if (contenders[i].cycle)
			print_walls(csv, place, i, rounds);
}

static void find_glib(void)
{
	void *glib = dlopen("libglib-2.0.so.0", RTLD_NOW);

	if (glib) {
		*(void **)&glib_make_directory = dlsym(glib, "g_mkdtemp");
		*(void **)&glib_open_file = dlsym(glib, "g_mkstemp");
		return;
	}
	printf("GLib is not installed: left out\n");
	for (unsigned i = 0; i < CONTENDERS; i++)
		if (strncmp(contenders[i].name, "GLib", 4) == 0) {
			contenders[i].cycle = NULL;
			contenders[i].python = "raise SystemExit(1)";
		}
}

static void measure_place(FILE *csv, const char *label, const char *where,
			  unsigned rounds)
{
	snprintf(directory, sizeof(directory), "%s/cycles-XXXXXX", where);
	must(mkdtemp(directory) ? 0 : -1, directory);
	dirfd_held = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dirfd_held, directory);
	setenv("TMPDIR", directory, 1);
	must(tempfile_set_tempdir(NULL), "tempfile_set_tempdir");
	measure_kinds(csv, label, rounds);
	measure_threads(csv, label, (rounds + 2) / 3);
	close(dirfd_held);
	must(tempfile_rmtree(directory), directory);
}

int main(int argc, char **argv)
{
	unsigned rounds = 15;
	FILE *csv = NULL;
	int option;

	find_glib();
	while ((option = getopt(argc, argv, "qp:o:d:")) != -1) {
		char *equals = optarg ? strchr(optarg, '=') : NULL;

		if (option == 'q') {
			rounds = 3;
		} else if (option == 'p') {
			peers = optarg;
		} else if (option == 'o') {
			csv = fopen(optarg, "we");
			must(csv ? 0 : -1, optarg);
			fprintf(csv, "place;kind;contender;threads;time;"
				"ns;to_floor;low;high\n");
		} else if (option == 'd' && equals) {
			if (!csv)
				csv = fopen("/dev/null", "we");
			*equals = '\0';
			measure_place(csv, optarg, equals + 1, rounds);
		} else {
			return 2;
		}
	}
	return csv && fclose(csv) ? 1 : 0;
}
