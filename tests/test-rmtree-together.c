/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-together.c - others work on the same tree meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static atomic_uint told;

static int hear(const char *path, int error, void *data)
{
	(void)path;
	(void)error;
	(void)data;
	atomic_fetch_add(&told, 1);
	return 0;
}

/* What is missing is never a failure either, and not told. */
static const struct with__rmtree missing_is_well = {
	.at = AT_FDCWD, .root_fd = -1, .missing_ok = true, .on_error = hear,
};

/* A handler removes the tree between any two calls of the one it stops. */
static int remove_at_call(const struct meddle_call *call, void *data)
{
	static bool inside;
	int result;

	if (inside || call->index != *(unsigned long *)data)
		return 0;
	inside = true;
	result = with__rmtree("root", &missing_is_well);
	inside = false;
	ck_assert_int_eq(result, 0);
	return 0;
}

static void interrupted_everywhere(void)
{
	unsigned long at, calls;
	char *before = testing_descriptors();

	atomic_store(&told, 0);
	for (at = 0, calls = 1; at < calls; at++) {
		trees_chain("root", "d", 9);
		trees_bush("root/bush", 2, 2, 2);
		meddle_begin(remove_at_call, &at);
		ck_assert_int_eq(with__rmtree("root", &missing_is_well), 0);
		calls = meddle_end();
		ck_assert(!trees_exists("root"));
	}
	ck_assert_uint_ge(at, 20);
	ck_assert_uint_eq(atomic_load(&told), 0);
	testing_same_descriptors(before);
}

START_TEST(handler_may_remove_the_tree_between_any_two_calls)
{
	trees_begin();
	interrupted_everywhere();
}
END_TEST

START_TEST(handler_may_do_so_where_descriptors_are_few)
{
	trees_begin();
	trees_descriptors(10);
	interrupted_everywhere();
	trees_descriptors(0);
}
END_TEST

static void *remove_root(void *data)
{
	(void)data;
	return with__rmtree("root", &missing_is_well) == 0 ?
	       NULL : (void *)(uintptr_t)errno;
}

START_TEST(two_threads_may_remove_the_same_tree)
{
	char *canary;

	trees_begin();
	trees_bush("canary", 2, 2, 2);
	canary = trees_picture("canary");
	atomic_store(&told, 0);
	for (unsigned round = 0; round < 20; round++) {
		pthread_t thread;
		void *theirs, *ours;
		char *after;

		trees_chain("root", "d", 30);
		trees_bush("root/bush", 3, 5, 3);
		ck_assert_int_eq(pthread_create(&thread, NULL, remove_root,
						NULL), 0);
		ours = remove_root(NULL);
		ck_assert_int_eq(pthread_join(thread, &theirs), 0);
		ck_assert_ptr_null(ours);
		ck_assert_ptr_null(theirs);
		ck_assert(!trees_exists("root"));
		after = trees_picture("canary");
		ck_assert_str_eq(canary, after);
		free(after);
	}
	ck_assert_uint_eq(atomic_load(&told), 0);
	free(canary);
	ck_assert_int_eq(with__rmtree("canary", NULL), 0);
}
END_TEST

static atomic_bool stop;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Adds files at full speed, for a while. */
static void *add_files(void *data)
{
	double end = now() + 0.06;
	char name[64];
	int fd;

	for (unsigned i = 0; now() < end; i++) {
		snprintf(name, sizeof(name), "%s/new%u", (char *)data, i);
		fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	atomic_store(&stop, true);
	return NULL;
}

static void added_to(char *path)
{
	pthread_t thread;

	trees_begin();
	trees_chain("root", "d", 2);
	trees_files("root/d", 100);
	ck_assert_int_eq(pthread_create(&thread, NULL, add_files, path), 0);
	usleep(1000);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!trees_exists("root"));
}

START_TEST(files_added_to_the_root_meanwhile_go_as_well)
{
	added_to("root");
}
END_TEST

START_TEST(files_added_below_meanwhile_go_as_well)
{
	added_to("root/d/d");
}
END_TEST

/* Whenever the root seems to be empty somebody adds a file. */
static int add_a_file(const struct meddle_call *call, void *data)
{
	unsigned *left = data;

	if (strcmp(call->function, "unlinkat") == 0 &&
	    strcmp(call->name, "root") == 0 && *left > 0) {
		--*left;
		close(open("root/added", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	return 0;
}

START_TEST(passes_that_make_progress_are_not_counted)
{
	unsigned left = 100;

	trees_begin();
	trees_directory("root");
	meddle_begin(add_a_file, &left);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	meddle_end();
	ck_assert_uint_eq(left, 0);
}
END_TEST

static int never_empty(const struct meddle_call *call, void *data)
{
	return strcmp(call->function, "unlinkat") == 0 &&
	       strcmp(call->name, data) == 0 ? ENOTEMPTY : 0;
}

/*
 * The end of the pass that finds the files is the first of 16 that find
 * nothing: call and times say that there are 15 more.
 */
static void gives_up_on(const char *path, char *name, const char *call,
			unsigned times)
{
	trees_begin();
	trees_chain("root", "d", 1);
	trees_files(path, 3);
	alarm(10);
	meddle_begin(never_empty, name);
	ck_assert_int_eq(with__rmtree("root", NULL), -1);
	ck_assert_int_eq(errno, ENOTEMPTY);
	meddle_end();
	alarm(0);
	ck_assert_uint_eq(meddle_count(call), times);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}

START_TEST(sixteen_passes_without_progress_end_it_at_the_root)
{
	gives_up_on("root", "root", "lseek", 15);
}
END_TEST

START_TEST(sixteen_passes_without_progress_end_it_below)
{
	/* Opened anew each time, and the root but once. */
	gives_up_on("root/d", "d", "close", 1 + 1 + 15);
}
END_TEST

/*
 * Another process takes away what a call is about, just before that call: the
 * entry that it names, or the whole directory that it is to read.
 */
struct theft {
	unsigned long at;
	bool lift_refused, no_openat2;
};

static void take(const struct meddle_call *call)
{
	char link[64], path[4096];
	ssize_t length;

	if (call->name) {
		if (unlinkat(call->fd, call->name, 0) < 0)
			(void)!renameat(call->fd, call->name, AT_FDCWD, "taken");
	} else if (strcmp(call->function, "getdents64") == 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", call->fd);
		length = trees_must((int)readlink(link, path, sizeof(path)));
		path[length] = '\0';
		trees_clear(path);
	}
	trees_clear("taken");
}

static int steal(const struct meddle_call *call, void *data)
{
	const struct theft *theft = data;
	struct rlimit limit;

	/* The lack of descriptors is not the thief's. */
	if (call->index == theft->at) {
		trees_must(getrlimit(RLIMIT_NOFILE, &limit));
		trees_descriptors(0);
		take(call);
		trees_must(setrlimit(RLIMIT_NOFILE, &limit));
	}
	if (theft->lift_refused && strcmp(call->function, "renameat") == 0)
		return EXDEV;
	if (theft->no_openat2 && strcmp(call->function, "openat2") == 0)
		return ENOSYS;
	return 0;
}

/* false: the removal is over before that call. */
static bool stolen_at(struct theft *theft, int descriptors)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	unsigned long calls;
	int result;

	trees_chain("root", "d", 6);
	trees_files("root/d/d", 2);
	trees_bush("root/bush", 2, 2, 1);
	trees_descriptors(descriptors);
	options.on_error = hear;
	atomic_store(&told, 0);
	meddle_begin(steal, theft);
	result = with__rmtree("root", &options);
	calls = meddle_end();
	trees_descriptors(0);
	ck_assert(!trees_exists("root"));
	/* Before the first call there was no tree to be removed. */
	if (theft->at == 0)
		ck_assert(result == -1 && errno == ENOENT && atomic_load(&told) == 1);
	else
		ck_assert_msg(result == 0 && atomic_load(&told) == 0,
			      "taken away before call %lu: %s", theft->at,
			      strerror(errno));
	return theft->at < calls;
}

static void stolen_everywhere(struct theft theft, int descriptors)
{
	char *before;

	trees_begin();
	before = testing_descriptors();
	while (stolen_at(&theft, descriptors))
		theft.at++;
	ck_assert_uint_ge(theft.at, 20);
	testing_same_descriptors(before);
}

START_TEST(files_removed_by_others_are_no_error)
{
	stolen_everywhere((struct theft) { .at = 0 }, 20);
	stolen_everywhere((struct theft) { .no_openat2 = true }, 20);
}
END_TEST

START_TEST(nor_are_they_where_descriptors_are_few)
{
	stolen_everywhere((struct theft) { .at = 0 }, 4);
	stolen_everywhere((struct theft) { .lift_refused = true }, 4);
}
END_TEST

START_TEST(current_directory_inside_is_removed)
{
	trees_begin();
	trees_chain("root", "d", 3);
	ck_assert_int_eq(chdir("root/d/d"), 0);
	ck_assert_int_eq(with__rmtree("../../../root", NULL), 0);
	trees_begin();
	ck_assert(!trees_exists("root"));
}
END_TEST

/* Lifting moves the current directory, and with it what ".." means. */
START_TEST(path_through_the_tree_keeps_its_meaning)
{
	char path[256] = "";

	trees_begin();
	trees_chain("outer", "root", 1);
	trees_chain("outer/root/d", "d", 30);
	trees_directory("root");
	ck_assert_int_eq(chdir("outer/root"), 0);
	for (unsigned i = 0; i < 12; i++) {
		ck_assert_int_eq(chdir("d"), 0);
		strcat(path, "../");
	}
	strcat(path, "../root");
	ck_assert_int_eq(with__rmtree(path, NULL), 0);
	trees_begin();
	ck_assert(!trees_exists("outer/root"));
	ck_assert(trees_exists("root"));
	ck_assert_int_eq(with__rmtree("outer", NULL), 0);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests,
		handler_may_remove_the_tree_between_any_two_calls);
	tcase_add_test(tests, handler_may_do_so_where_descriptors_are_few);
	tcase_add_test(tests, two_threads_may_remove_the_same_tree);
	tcase_add_test(tests, files_added_to_the_root_meanwhile_go_as_well);
	tcase_add_test(tests, files_added_below_meanwhile_go_as_well);
	tcase_add_test(tests, passes_that_make_progress_are_not_counted);
	tcase_add_test(tests,
		sixteen_passes_without_progress_end_it_at_the_root);
	tcase_add_test(tests, sixteen_passes_without_progress_end_it_below);
	tcase_add_test(tests, files_removed_by_others_are_no_error);
	tcase_add_test(tests, nor_are_they_where_descriptors_are_few);
	tcase_add_test(tests, current_directory_inside_is_removed);
	tcase_add_test(tests, path_through_the_tree_keeps_its_meaning);
}

TESTING_MAIN_CASE("rmtree-together", fill)
