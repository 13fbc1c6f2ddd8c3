/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-fuzz.c - random trees under random conditions, seeds fixed.
 *
 * The tree belongs to nobody, who removes it, so that its modes matter. In
 * some runs newer calls are missing, lifting is refused, types are unknown,
 * descriptors are few; in some a call fails at random.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

struct run {
	uint64_t state;
	unsigned budget;	/* entries still to make */
	bool no_openat2, no_lift, no_types;
	unsigned fault_every;	/* 0: never */
	unsigned failures;
};

static ssize_t (*getdents64_as_it_was)(int fd, void *buffer, size_t size);

static unsigned draw(struct run *run, unsigned below)
{
	run->state = run->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(run->state >> 33) % below;
}

static void draw_name(struct run *run, char name[256], unsigned serial)
{
	static const unsigned lengths[] = { 1, 5, 8, 30, 100, 240 };
	unsigned length = lengths[draw(run, 6)];

	for (unsigned i = 0; i < length; i++) {
		name[i] = (char)(1 + draw(run, 255));
		if (name[i] == '/')
			name[i] = '\n';
	}
	sprintf(name + length, "%u", serial);
}

static void make_entry(struct run *run, int dirfd, const char *name)
{
	switch (draw(run, 8)) {
	case 0:
		trees_must(mkfifoat(dirfd, name, 0));
		break;
	case 1:
		trees_must(symlinkat("../../canary", dirfd, name));
		break;
	default:
		close(trees_must(openat(dirfd, name, O_CREAT | O_WRONLY |
					O_CLOEXEC, draw(run, 01000))));
	}
}

static void grow(struct run *run, int dirfd, unsigned depth)
{
	unsigned files = draw(run, 8), directories = draw(run, 4);
	char name[256];
	int fd;

	if (draw(run, 20) == 0)
		files += 60;
	for (unsigned i = 0; i < files; i++) {
		draw_name(run, name, i);
		make_entry(run, dirfd, name);
	}
	if (directories == 0 && draw(run, 3))
		directories = 1;
	for (unsigned i = 0; i < directories && run->budget > 0; i++) {
		run->budget--;
		draw_name(run, name, 1000 + i);
		trees_must(mkdirat(dirfd, name, 0700));
		fd = trees_must(openat(dirfd, name, O_DIRECTORY | O_CLOEXEC));
		if (depth > 0)
			grow(run, fd, depth - 1);
		trees_must(fchmod(fd, draw(run, 3) ? 0700 : draw(run, 01000)));
		close(fd);
	}
}

static int conditions(const struct meddle_call *call, void *data)
{
	static const int errors[] = { EIO, EACCES, EMFILE, EINTR, ENOTEMPTY };
	struct run *run = data;

	if (run->no_openat2 && strcmp(call->function, "openat2") == 0)
		return ENOSYS;
	if (run->no_lift && strcmp(call->function, "renameat") == 0)
		return EXDEV;
	if (run->fault_every && draw(run, run->fault_every) == 0)
		return errors[draw(run, 5)];
	return 0;
}

static void one_run(uint64_t seed)
{
	struct run run = { .state = seed * 7919, .budget = 120 };
	int descriptors;
	int fd, result;

	draw(&run, 1);
	trees_directory("root");
	fd = trees_must(open("root", O_DIRECTORY | O_CLOEXEC));
	grow(&run, fd, 4 + draw(&run, 30));
	trees_must(fchmod(fd, draw(&run, 2) ? 0700 : draw(&run, 01000)));
	close(fd);
	run.no_openat2 = draw(&run, 3) == 0;
	run.no_lift = draw(&run, 3) == 0;
	run.no_types = draw(&run, 4) == 0;
	run.fault_every = draw(&run, 4) == 0 ? 5 + draw(&run, 40) : 0;
	descriptors = (int)(4 + draw(&run, 8));
	if (run.no_types)
		with__sys.getdents64 = trees_getdents64_without_types;
	trees_descriptors(descriptors);
	alarm(10);
	meddle_begin(conditions, &run);
	result = with__rmtree("root", NULL);
	meddle_end();
	alarm(0);
	trees_descriptors(0);
	with__sys.getdents64 = getdents64_as_it_was;
	if (result < 0 && !run.fault_every) {
		fprintf(stderr, "seed %u: %s\n", (unsigned)seed,
			strerror(errno));
		testing_expect(result == 0);
	}
	if (result < 0)
		testing_expect(with__rmtree("root", NULL) == 0);
	testing_expect(!trees_exists("root"));
}

START_CHILD_TEST(random_trees_go_under_random_conditions)
{
	uint64_t seeds = (uint64_t)testing_storm(50, 5000);
	char *canary, *before, *after;

	testing_drop_privileges();
	trees_begin();
	trees_bush("canary", 2, 2, 2);
	getdents64_as_it_was = with__sys.getdents64;
	canary = trees_picture("canary");
	before = testing_descriptors();
	for (uint64_t seed = 1; seed <= seeds; seed++)
		one_run(seed);
	after = testing_descriptors();
	testing_expect(strcmp(before, after) == 0);
	free(after);
	free(before);
	after = trees_picture("canary");
	testing_expect(strcmp(canary, after) == 0);
	free(after);
	free(canary);
	trees_clear("canary");
}
END_CHILD_TEST

static void fill(TCase *tests)
{
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, random_trees_go_under_random_conditions);
}

TESTING_MAIN_CASE("rmtree-fuzz", fill)
