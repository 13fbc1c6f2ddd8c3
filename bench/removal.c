/* SPDX-License-Identifier: MIT */
/*
 * removal.c - how fast trees go, beside the floor and beside the others.
 *
 * The floor is that of shapes.h. Each contender removes the same trees in a
 * process of its own; what that process costs without a tree is taken off.
 * Every other round goes backwards, so that each contender comes before and
 * after its neighbours as often, and the library always beside the floor. A
 * contender that leaves something is said to fail.
 *
 *	removal [-q] [-b SECONDS] [-c CONTENDER]... [-o FILE.csv] [-p PEERS]
 *		[-d LABEL=DIRECTORY]... [SHAPE...]
 *
 * -b is the time for all of it: what is left is shared out among the shapes
 * that are left, each of which has a round at least. -q is short for 20 of
 * them. -c and SHAPE choose (the floor and "libwith" are always there), PEERS
 * is the directory of remove-rust and remove-go, where they were built.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#endif

#include <with/rmtree.h>

#include "measure.h"
#include "shapes.h"

enum {
	COPIES_MOST = 500,
	ROUNDS_MOST = 99,
	PLACES_MOST = 4,
};

static char *trees[COPIES_MOST + 1];	/* absolute paths, NULL behind them */

/* ---- the contenders --------------------------------------------------- */

static int with_trees;	/* 0: only what the process itself costs */

static void run_floor(void *data)
{
	for (unsigned i = 0; with_trees && trees[i]; i++)
		floor_tree(data, AT_FDCWD, trees[i],
			   ((const struct shape *)data)->depth);
}

static void run_libwith(void *data)
{
	(void)data;
	for (unsigned i = 0; with_trees && trees[i]; i++)
		if (tempfile_rmtree(trees[i]) < 0)
			_exit(1);
}

static void run_two_threads(void *data)
{
	(void)data;
	for (unsigned i = 0; with_trees && trees[i]; i++)
		if (tempfile_rmtree(trees[i], .threads = 2) < 0)
			_exit(1);
}

static int remove_visited(const char *path, const struct stat *st, int type,
			  struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static void run_nftw(void *data)
{
	(void)data;
	for (unsigned i = 0; with_trees && trees[i]; i++)
		if (nftw(trees[i], remove_visited, 64, FTW_DEPTH | FTW_PHYS))
			_exit(1);
}

#define PYTHON_SCRIPT \
	"import shutil, sys\nfor path in sys.argv[1:]: shutil.rmtree(path)"

struct contender {
	const char *name;
	void (*function)(void *data);
	const char *const *command;	/* the paths follow, then the rest */
	const char *const *rest;
};

static const char *const rm[] = { "rm", "-rf", NULL };
static const char *const find[] = { "find", NULL };
static const char *const find_rest[] = { "-delete", NULL };
static const char *const python[] = { "python3", "-c", PYTHON_SCRIPT, NULL };
static char rust_path[4096 + 16], go_path[4096 + 16];
static const char *const rust[] = { rust_path, NULL };
static const char *const go[] = { go_path, NULL };
static const char *const nothing[] = { NULL };

static const struct contender contenders[] = {
	{ "floor", run_floor, NULL, NULL },
	{ "libwith", run_libwith, NULL, NULL },
	{ "libwith, 2 threads", run_two_threads, NULL, NULL },
	{ "rm -rf", NULL, rm, nothing },
	{ "find -delete", NULL, find, find_rest },
	{ "Python rmtree", NULL, python, nothing },
	{ "Rust remove_dir_all", NULL, rust, nothing },
	{ "Go RemoveAll", NULL, go, nothing },
	{ "nftw + remove", run_nftw, NULL, NULL },
};

enum { CONTENDERS = sizeof(contenders) / sizeof(*contenders) };

static int is_there[CONTENDERS], is_chosen[CONTENDERS], choosing;

static void choose(const char *name)
{
	choosing = 1;
	for (unsigned i = 0; i < CONTENDERS; i++)
		if (i < 2 || strcmp(contenders[i].name, name) == 0)
			is_chosen[i] = 1;
}

static struct measure_time run(const struct contender *contender,
			       const struct shape *shape)
{
	const char *arguments[COPIES_MOST + 16];
	unsigned count = 0;

	if (contender->function)
		return measure_function(contender->function, (void *)shape);
	for (unsigned i = 0; contender->command[i]; i++)
		arguments[count++] = contender->command[i];
	for (unsigned i = 0; with_trees && trees[i]; i++)
		arguments[count++] = trees[i];
	if (!with_trees && contender->command == find)
		arguments[count++] = "/nonexistent";
	for (unsigned i = 0; contender->rest[i]; i++)
		arguments[count++] = contender->rest[i];
	arguments[count] = NULL;
	return measure_command((char *const *)arguments);
}

static void look_for_contenders(void)
{
	with_trees = 0;
	for (unsigned i = 0; i < CONTENDERS; i++) {
		struct measure_time time;

		if (choosing && !is_chosen[i])
			continue;
		time = run(&contenders[i], &shapes[0]);
		is_there[i] = !time.failed || contenders[i].command == find;
		if (!is_there[i])
			printf("%s is not installed: left out\n",
			       contenders[i].name);
	}
}

/* ---- measuring -------------------------------------------------------- */

struct results {
	double cpu[CONTENDERS][ROUNDS_MOST];	/* NAN: failed */
	double wall[CONTENDERS][ROUNDS_MOST];
	unsigned rounds;
};

static void make_trees(const struct shape *shape)
{
	for (unsigned i = 0; i < shape->copies; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t%u", i);
		make_tree(shape, AT_FDCWD, name, shape->depth);
		free(trees[i]);
		trees[i] = realpath(name, NULL);
		must(trees[i] != NULL, "realpath");
	}
	free(trees[shape->copies]);
	trees[shape->copies] = NULL;
}

/* Whatever is left is taken away; 1: there was something. */
static int clean(const struct shape *shape)
{
	int left = 0;

	for (unsigned i = 0; i < shape->copies; i++)
		if (access(trees[i], F_OK) == 0) {
			left = 1;
			must(tempfile_rmtree(trees[i]) == 0, trees[i]);
		}
	return left;
}

/*
 * ext4 without a journal keeps inodes that were just deleted from being used
 * again, and looks at each of them for every new file beside them: to make a
 * file took 346 us instead of 16 after three trees of 20,000 in one place.
 * Directories made in one that is marked so are spread over the disk.
 */
static void spread_directories(const char *path)
{
#ifdef FS_TOPDIR_FL
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags;

	must(fd >= 0, path);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_TOPDIR_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
#else
	(void)path;
#endif
}

static void one_round(const struct shape *shape, struct results *results)
{
	unsigned round = results->rounds++;

	for (unsigned turn = 0; turn < CONTENDERS; turn++) {
		unsigned i = round % 2 ? CONTENDERS - 1 - turn : turn;
		struct measure_time idle, time;
		char place[64];
		int left;

		results->cpu[i][round] = results->wall[i][round] = NAN;
		if (!is_there[i])
			continue;
		with_trees = 0;
		idle = run(&contenders[i], shape);
		snprintf(place, sizeof(place), "%s %u-%u", shape->name, round,
			 i);
		must(mkdir(place, 0700) == 0, place);
		must(chdir(place) == 0, place);
		make_trees(shape);
		with_trees = 1;
		time = run(&contenders[i], shape);
		left = clean(shape);
		must(chdir("..") == 0, "..");
		must(rmdir(place) == 0, place);
		if (left || time.failed)
			continue;
		results->cpu[i][round] = time.cpu - idle.cpu;
		results->wall[i][round] = time.wall - idle.wall;
	}
}

static struct measure_spread ratio(const double a[], const double b[],
				   unsigned rounds)
{
	double ratios[ROUNDS_MOST];
	unsigned count = 0;

	for (unsigned i = 0; i < rounds; i++)
		if (!isnan(a[i]) && !isnan(b[i]) && b[i] > 0)
			ratios[count++] = a[i] / b[i];
	return measure_spread(ratios, count);
}

static void report(FILE *csv, const char *place, const struct shape *shape,
		   const struct results *results)
{
	unsigned long objects = shape->copies *
				objects_below(shape, shape->depth);

	printf("\n%s, %s: %lu objects, %u rounds\n", place, shape->name,
	       objects, results->rounds);
	printf("%-22s %9s  %-22s %-10s %s\n", "", "ns/object",
	       "CPU / floor", "/ libwith", "wall / floor");
	for (unsigned i = 0; i < CONTENDERS; i++) {
		struct measure_spread cpu, ours, wall;
		double copy[ROUNDS_MOST];
		double each;

		if (!is_there[i])
			continue;
		memcpy(copy, results->cpu[i], sizeof(copy));
		cpu = ratio(results->cpu[i], results->cpu[0], results->rounds);
		ours = ratio(results->cpu[i], results->cpu[1], results->rounds);
		wall = ratio(results->wall[i], results->wall[0],
			     results->rounds);
		each = measure_spread(copy, results->rounds).median /
		       (double)objects * 1e9;
		if (isnan(cpu.median))
			printf("%-22s fails\n", contenders[i].name);
		else
			printf("%-22s %9.0f  %5.2f (%4.2f to %4.2f)   %6.2f     %6.2f\n",
			       contenders[i].name, each, cpu.median, cpu.low,
			       cpu.high, ours.median, wall.median);
		fprintf(csv, "%s;%s;%s;%lu;%u;%.0f;%.3f;%.3f;%.3f;%.3f;%.3f\n",
			place, shape->name, contenders[i].name, objects,
			results->rounds, each, cpu.median, cpu.low, cpu.high,
			ours.median, wall.median);
	}
}

static void measure_shape(FILE *csv, const char *place,
			  const struct shape *shape, double budget)
{
	static struct results results;
	double begin = measure_now();

	results.rounds = 0;
	do
		one_round(shape, &results);
	while (results.rounds < ROUNDS_MOST &&
	       (measure_now() - begin) / results.rounds *
	       (results.rounds + 1) < budget);
	report(csv, place, shape, &results);
}

/* ---- the command line ------------------------------------------------- */

struct place {
	const char *label, *directory;
};

/* Of all that is to be measured. */
static unsigned shapes_left;
static double deadline;

static int is_wanted(const struct shape *shape, char **wanted)
{
	if (!*wanted)
		return 1;
	for (; *wanted; wanted++)
		if (strcmp(*wanted, shape->name) == 0)
			return 1;
	return 0;
}

/* The working directory stays: peers are found beside it. */
static void measure_place(FILE *csv, const struct place *place, int home,
			  char **wanted)
{
	char template[4096];

	snprintf(template, sizeof(template), "%s/removal-XXXXXX",
		 place->directory);
	must(mkdtemp(template) != NULL, template);
	spread_directories(template);
	for (unsigned i = 0; i < SHAPES; i++) {
		if (!is_wanted(&shapes[i], wanted))
			continue;
		must(chdir(template) == 0, template);
		measure_shape(csv, place->label, &shapes[i],
			      (deadline - measure_now()) / shapes_left--);
		fflush(csv);
	}
	must(fchdir(home) == 0, "fchdir");
	must(tempfile_rmtree(template) == 0, template);
}

int main(int argc, char **argv)
{
	struct place places[PLACES_MOST];
	unsigned place_count = 0;
	double budget = 300;
	FILE *csv = NULL;
	int option;
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(home >= 0, ".");
	while ((option = getopt(argc, argv, "qb:c:o:p:d:")) != -1) {
		char *equals;

		switch (option) {
		case 'q':
			budget = 20;
			break;
		case 'b':
			budget = atof(optarg);
			break;
		case 'c':
			choose(optarg);
			break;
		case 'o':
			csv = fopen(optarg, "we");
			must(csv != NULL, optarg);
			break;
		case 'p':
			snprintf(rust_path, sizeof(rust_path),
				 "%s/remove-rust", optarg);
			snprintf(go_path, sizeof(go_path), "%s/remove-go",
				 optarg);
			break;
		case 'd':
			equals = strchr(optarg, '=');
			if (!equals || place_count == PLACES_MOST)
				return 2;
			*equals = '\0';
			places[place_count++] = (struct place) {
				optarg, equals + 1,
			};
			break;
		default:
			return 2;
		}
	}
	if (!csv)
		csv = fopen("/dev/null", "we");
	prepare_shapes();
	fprintf(csv, "place;shape;contender;objects;rounds;ns_per_object;"
		"cpu_to_floor;low;high;cpu_to_libwith;wall_to_floor\n");
	look_for_contenders();
	for (unsigned i = 0; i < SHAPES; i++)
		if (is_wanted(&shapes[i], argv + optind))
			shapes_left += place_count;
	deadline = measure_now() + budget;
	for (unsigned i = 0; i < place_count; i++)
		measure_place(csv, &places[i], home, argv + optind);
	return fclose(csv) ? 1 : 0;
}
