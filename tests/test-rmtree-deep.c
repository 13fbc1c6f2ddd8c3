/* SPDX-License-Identifier: MIT */
/* test-rmtree-deep.c - depth without bound, with a handful of descriptors. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/resource.h>

#include "base/identity.h"
#include "base/rmtree-tree.h"
#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static struct with__syscalls real;
static int open_now, open_most;

static int opened(int fd)
{
	if (fd >= 0 && ++open_now > open_most)
		open_most = open_now;
	return fd;
}

static int counting_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	return opened(real.openat(dirfd, name, flags, mode));
}

static int counting_openat2(int dirfd, const char *name, int flags,
			    uint64_t resolve)
{
	return opened(real.openat2(dirfd, name, flags, resolve));
}

static int counting_close(int fd)
{
	open_now--;
	return real.close(fd);
}

static void count_descriptors(void)
{
	real = with__sys;
	open_now = open_most = 0;
	with__sys.openat = counting_openat;
	with__sys.openat2 = counting_openat2;
	with__sys.close = counting_close;
}

static double calls_per_level(const char *name, unsigned depth)
{
	unsigned long calls;

	trees_chain("root", name, depth);
	count_descriptors();
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	calls = meddle_end();
	with__sys = real;
	ck_assert_int_eq(open_now, 0);
	ck_assert_int_le(open_most, 8);
	ck_assert(!trees_exists("root"));
	return (double)calls / (depth + 1);
}

/* A path of 700 kB at the end, and never more than eight descriptors. */
START_TEST(a_hundred_thousand_levels_cost_no_more_each_than_a_thousand)
{
	double at_1000, at_100000;
	struct rlimit limit;

	trees_begin();
	trees_must(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 16;
	trees_must(setrlimit(RLIMIT_NOFILE, &limit));
	at_1000 = calls_per_level("deeper", 1000);
	ck_assert_double_le(at_1000, 4.2 + trees_calls_of_old_kernel());
	at_100000 = calls_per_level("deeper", 100000);
	ck_assert_double_le(at_100000, at_1000 * 1.01);
}
END_TEST

static void path_of_600_kilobytes(bool refused)
{
	double most = (refused ? 25 : 4.2) + trees_calls_of_old_kernel();
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	trees_begin();
	trees_chain("root", name, 2400);
	count_descriptors();
	if (refused)
		with__sys.renameat = trees_refused_renameat;
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	/* Past the end of the trail it goes down from the root again. */
	ck_assert_double_le((double)meddle_end() / 2401, most);
	ck_assert_int_eq(open_now, 0);
	ck_assert_int_le(open_most, 8);
	ck_assert(!trees_exists("root"));
}

START_TEST(path_of_600_kilobytes_goes)
{
	path_of_600_kilobytes(false);
}
END_TEST

START_TEST(path_of_600_kilobytes_goes_where_lifting_is_refused)
{
	path_of_600_kilobytes(true);
}
END_TEST

/* Names so long and many that the arena holds few levels. */
static void wide_and_deep(bool refused)
{
	char path[4096] = "root";

	trees_begin();
	trees_directory("root");
	for (unsigned level = 0; level < 12; level++) {
		size_t length = strlen(path);

		for (unsigned i = 0; i < 60; i++) {
			memset(path + length, 'n', 240);
			sprintf(path + length + 240, "%u", i);
			path[length] = '/';
			trees_directory(path);
		}
		strcat(path, "/");
		memset(path + length, 'n', 240);
		path[length] = '/';
		path[length + 242] = '\0';
	}
	if (refused)
		with__sys.renameat = trees_refused_renameat;
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert(!trees_exists("root"));
}

START_TEST(wide_levels_of_long_names_go)
{
	wide_and_deep(false);
}
END_TEST

START_TEST(wide_levels_of_long_names_go_where_lifting_is_refused)
{
	wide_and_deep(true);
}
END_TEST

START_TEST(names_of_lifted_directories_may_be_taken)
{
	trees_begin();
	trees_chain("root", "d", 30);
	trees_chain("root/.~00000000", "x", 1);
	trees_file("root/.~00000001");
	trees_directory("root/.~00000002");
	trees_chain("root/.~00000003", "d", 30);
	trees_must(symlink("..", "root/.~00000004"));
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

/* Some file systems show a directory that is moved into one being read. */
START_TEST(lifted_directories_that_failed_are_not_tried_again)
{
	static const struct with__rmtree options = WITH__RMTREE_INIT;
	struct tree *tree = calloc(1, sizeof(*tree));
	unsigned kept = 0;

	trees_begin();
	trees_directory("root");
	trees_directory("root/.~00000000");
	trees_directory("root/.~00000001");
	trees_directory("root/.~00000002");
	trees_directory("root/.~0000000x");
	trees_directory("root/.~1");
	tree->options = &options;
	tree->lifted_first = tree->lifted_next = 2;
	tree->frames[0].failed = true;
	tree->frames[0].fd = trees_must(open("root", O_DIRECTORY | O_CLOEXEC));
	with__rmtree_read(tree, &tree->frames[0]);
	for (; tree->frames[0].names != tree->frames[0].end; kept++) {
		const char *name = with__rmtree_current(tree, 0);

		ck_assert(strlen(name) < 10 || name[9] == '2' ||
			  name[9] == 'x');
		with__rmtree_settle(tree);
	}
	ck_assert_uint_eq(kept, 3);
	close(tree->frames[0].fd);
	free(tree);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

/* Read when directories have been lifted: the oldest come last on tmpfs. */
START_TEST(names_like_those_of_lifted_directories_go)
{
	static const char *const names[] = {
		"root/.~", "root/.~0", "root/.~0000000", "root/.~000000000",
		"root/.~100000000", "root/.~1", "root/.~00000000", NULL,
	};

	trees_begin();
	trees_directory("root");
	for (const char *const *name = names; *name; name++)
		trees_chain(*name, "x", 1);
	trees_files("root", 800);
	trees_chain("root/c", "d", 100);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

/* At the end, when the number has had its turn; the other is killed then. */
static int another_lifts(const struct meddle_call *call, void *lifted)
{
	if (strcmp(call->function, "unlinkat") == 0 &&
	    strcmp(call->name, "root") == 0 && call->index > 0 &&
	    !*(bool *)lifted) {
		*(bool *)lifted = true;
		trees_chain("root/.~00000000", "x", 1);
	}
	return 0;
}

START_TEST(directory_that_another_has_lifted_goes)
{
	bool lifted = false;

	trees_begin();
	trees_chain("root", "d", 30);
	meddle_begin(another_lifts, &lifted);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert_uint_gt(meddle_count("renameat"), 0);
	meddle_end();
	ck_assert(lifted && !trees_exists("root"));
}
END_TEST

START_TEST(one_descriptor_beside_the_callers_own_suffices)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_chain("root", "d", 50);
	trees_files("root", 5);
	trees_files("root/d/d", 5);
	options.root_fd = trees_must(open("root", O_DIRECTORY | O_CLOEXEC));
	trees_descriptors(1);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, EMFILE);
	trees_descriptors(2);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	trees_descriptors(0);
	close(options.root_fd);
	ck_assert(!trees_exists("root"));
}
END_TEST

/* Takes what may be had for the root before anything else can open it. */
static int no_root(const struct meddle_call *call, void *unused)
{
	(void)unused;
	return strcmp(call->function, "openat") == 0 &&
	       strcmp(call->name, "root") == 0 ? EMFILE : 0;
}

START_TEST(without_a_descriptor_the_callers_own_is_used)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	char *before;

	trees_begin();
	trees_chain("root", "d", 20);
	trees_files("root", 5);
	before = testing_descriptors();
	options.root_fd = trees_must(open("root", O_DIRECTORY | O_CLOEXEC));
	meddle_begin(no_root, NULL);
	ck_assert_int_eq(with__rmtree("root", NULL), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	meddle_end();
	ck_assert_int_eq(close(options.root_fd), 0);
	testing_same_descriptors(before);
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(callers_descriptor_of_another_directory_is_not_used)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_chain("root", "d", 1);
	trees_chain("other", "d", 1);
	options.root_fd = trees_must(open("other", O_DIRECTORY | O_CLOEXEC));
	meddle_begin(no_root, NULL);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, ESTALE);
	meddle_end();
	close(options.root_fd);
	ck_assert(trees_exists("other/d"));
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert_int_eq(with__rmtree("other", NULL), 0);
}
END_TEST

/* A file system that gives every directory the same number. */
static int reusing_statx(int dirfd, const char *name, int flags, unsigned mask,
			 struct statx *ret)
{
	int result = real.statx(dirfd, name, flags, mask, ret);

	if (result == 0)
		ret->stx_ino = 4711;
	return result;
}

static int move_away(const struct meddle_call *call, void *data)
{
	if (call->index == *(unsigned long *)data)
		(void)!rename("root/d/d/d/d", "victim/moved");
	return 0;
}

/* false: the removal is over before that call. */
static bool moved_at(unsigned long at)
{
	unsigned long calls;

	trees_chain("root", "d", 12);
	trees_descriptors(3);
	meddle_begin(move_away, &at);
	with__sys.renameat = trees_refused_renameat;
	(void)with__rmtree("root", NULL);
	calls = meddle_end();
	trees_descriptors(0);
	ck_assert(trees_exists("victim/keep"));
	trees_clear("root");
	trees_clear("victim/moved");
	return at < calls;
}

static uint64_t birth_of(const char *path)
{
	struct with__status status;

	trees_must(with__brief_status_at(AT_FDCWD, path, &status));
	return status.identity.birth_ns;
}

/* The clock of file systems may stand still for long on a virtual machine. */
static void wait_for_another_birth_time(const char *path)
{
	uint64_t birth = birth_of(path), now;

	do {
		usleep(1000);
		trees_directory("probe");
		now = birth_of("probe");
		trees_must(rmdir("probe"));
	} while (birth && now == birth);
}

START_TEST(inode_number_alone_does_not_tell_the_way_back)
{
	trees_begin();
	trees_directory("victim");
	trees_file("victim/keep");
	wait_for_another_birth_time("victim");
	real = with__sys;
	with__sys.statx = reusing_statx;
	for (unsigned long at = 0; moved_at(at); at++)
		;
	trees_clear("victim");
}
END_TEST

/* Failures at depth must not make it go the same way again and again. */
static int never_stays(const struct meddle_call *call, void *data)
{
	if (strcmp(call->function, "renameat") == 0 && data)
		return EXDEV;
	return strcmp(call->function, "unlinkat") == 0 &&
	       strncmp(call->name, "stays", 5) == 0 ? EPERM : 0;
}

static int count_failure(const char *path, int error, void *data)
{
	ck_assert_int_eq(error, EPERM);
	ck_assert(strstr(path, "/stays"));
	++*(unsigned *)data;
	return 0;
}

static void failures_at_depth(unsigned depth, void *refused)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	unsigned failures = 0;
	char path[4096] = "root";
	unsigned long calls;

	trees_directory(path);
	for (unsigned level = 0; level < depth; level++) {
		strcat(path, "/d");
		trees_directory(path);
		sprintf(path + strlen(path), "/stays%u", level);
		trees_file(path);
		*strrchr(path, '/') = '\0';
	}
	options.on_error = count_failure;
	options.data = &failures;
	trees_descriptors(4);
	meddle_begin(never_stays, refused);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	calls = meddle_end();
	trees_descriptors(0);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_uint_ge(failures, depth);
	/* A directory that is read again may tell of its files again. */
	ck_assert_uint_le(failures, refused ? 2 * depth : depth);
	ck_assert_uint_le(calls, 20 * depth + 20);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}

START_TEST(failures_at_depth_are_told_once_and_cost_no_square)
{
	trees_begin();
	failures_at_depth(50, NULL);
	failures_at_depth(500, NULL);
	failures_at_depth(50, "refused");
	failures_at_depth(500, "refused");
}
END_TEST

/* Two ways at each level, and something that stays at the end of each. */
static void forks_with_failures(const char *path, unsigned depth)
{
	char name[4096];

	trees_directory(path);
	snprintf(name, sizeof(name), "%s/stays", path);
	trees_file(name);
	for (unsigned i = 0; depth > 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "%s/%u", path, i);
		forks_with_failures(name, depth - 1);
	}
}

START_TEST(failures_at_depth_do_not_lead_out_of_the_tree)
{
	char *canary, *after;

	trees_begin();
	trees_directory("outer");
	trees_bush("outer/canary", 2, 2, 2);
	forks_with_failures("outer/root", 7);
	canary = trees_picture("outer/canary");
	trees_descriptors(3);
	meddle_begin(never_stays, "refused");
	ck_assert_int_eq(with__rmtree("outer/root", NULL), -1);
	ck_assert_int_eq(errno, EPERM);
	meddle_end();
	trees_descriptors(0);
	after = trees_picture("outer/canary");
	ck_assert_str_eq(canary, after);
	free(after);
	free(canary);
	ck_assert_int_eq(with__rmtree("outer", NULL), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests,
		a_hundred_thousand_levels_cost_no_more_each_than_a_thousand);
	tcase_add_test(tests, path_of_600_kilobytes_goes);
	tcase_add_test(tests,
		path_of_600_kilobytes_goes_where_lifting_is_refused);
	tcase_add_test(tests, wide_levels_of_long_names_go);
	tcase_add_test(tests,
		wide_levels_of_long_names_go_where_lifting_is_refused);
	tcase_add_test(tests, names_of_lifted_directories_may_be_taken);
	tcase_add_test(tests,
		lifted_directories_that_failed_are_not_tried_again);
	tcase_add_test(tests, names_like_those_of_lifted_directories_go);
	tcase_add_test(tests, directory_that_another_has_lifted_goes);
	tcase_add_test(tests, one_descriptor_beside_the_callers_own_suffices);
	tcase_add_test(tests, without_a_descriptor_the_callers_own_is_used);
	tcase_add_test(tests,
		callers_descriptor_of_another_directory_is_not_used);
	tcase_add_test(tests, inode_number_alone_does_not_tell_the_way_back);
	tcase_add_test(tests,
		failures_at_depth_are_told_once_and_cost_no_square);
	tcase_add_test(tests,
		failures_at_depth_do_not_lead_out_of_the_tree);
}

TESTING_MAIN_CASE("rmtree-deep", fill)
