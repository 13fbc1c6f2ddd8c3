/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-faults.c - each system call fails, at each of its occurrences.
 *
 * Beside the tree stands a canary, which must be the same afterwards to the
 * last inode. A run that loops is ended by the alarm.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static const int errors[] = {
	EIO, EACCES, EPERM, ENOENT, EMFILE, ENOSYS, EINTR, ENOTEMPTY, EBUSY,
	EXDEV, ENOTDIR, EAGAIN,
};

struct fault {
	unsigned long at;
	const char *always;	/* this call fails each time; NULL: none */
	int error;
	bool lift_refused;	/* so that the other way is gone, too */
	const char *function;	/* the call that failed */
	unsigned failures;	/* the callback heard of */
	int first;
	char path[4096];	/* of the last one */
};

/* Who is told that the root is gone has no reason to ask again. */
static bool is_lie_about_root(const struct meddle_call *call,
			      const struct fault *fault)
{
	return fault->error == ENOENT && call->name &&
	       strcmp(call->name, "root") == 0;
}

static int fail_once(const struct meddle_call *call, void *data)
{
	struct fault *fault = data;

	if (call->index == fault->at && !is_lie_about_root(call, fault)) {
		fault->function = call->function;
		return fault->error;
	}
	if (fault->always && strcmp(call->function, fault->always) == 0)
		return fault->error;
	if (fault->lift_refused && strcmp(call->function, "renameat") == 0)
		return EXDEV;
	return 0;
}

static int hear(const char *path, int error, void *data)
{
	struct fault *fault = data;

	ck_assert(strncmp(path, "root", 4) == 0);
	if (fault->failures++ == 0)
		fault->first = error;
	strcpy(fault->path, path);
	return 0;
}

/* 50 objects on five levels, more than the descriptors that are left. */
static void make_tree(void)
{
	trees_directory("root");
	trees_links("root", 10);
	trees_directories("root", 5);
	trees_chain("root/a", "b", 3);
	trees_links("root/a", 5);
	trees_links("root/a/b", 5);
	trees_links("root/a/b/b", 5);
	trees_directories("root/a/b/b", 3);
	trees_chain("root/a/b/b/c", "c", 3);
	trees_links("root/a/b/b/c", 4);
	trees_links("root/d1", 4);
}

static bool is_above(const char *upper, size_t length, const char *path)
{
	return strncmp(upper, path, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

/* Only the way to what failed, and what is below it. */
static void only_this_stays(const char *path)
{
	char *picture = trees_picture("root");
	char *line = strtok(picture, "\n");

	for (; line; line = strtok(NULL, "\n")) {
		size_t length = strcspn(line, " ");

		line[length] = '\0';
		ck_assert_msg(is_above(line, length, path) ||
			      is_above(path, strlen(path), line),
			      "%s stays, where %s failed", line, path);
	}
	free(picture);
}

static int remove_with(struct fault *fault)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	int result, error;

	options.on_error = hear;
	options.data = fault;
	alarm(10);
	meddle_begin(fail_once, fault);
	result = with__rmtree("root", &options);
	error = errno;
	meddle_end();
	alarm(0);
	ck_assert_int_eq(result < 0, fault->failures > 0);
	if (result < 0)
		ck_assert_int_eq(error, fault->first);
	return result;
}

/* Returns how many calls a removal without a fault makes. */
static unsigned long calls_without_fault(bool lift_refused)
{
	struct fault fault = { .at = ~0ul, .lift_refused = lift_refused };

	make_tree();
	meddle_begin(fail_once, &fault);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	return meddle_end();
}

/*
 * EIO stands for all errors that a call's caller does not tell from others:
 * that is any for close(), most for the two calls which are most of them.
 */
static bool matters(int error, const char *function)
{
	if (error == EIO)
		return true;
	if (strcmp(function, "close") == 0)
		return false;
	if (strcmp(function, "getdents64") == 0)
		return error == EINTR || error == ENOENT;
	return strcmp(function, "unlinkat") != 0 ||
	       (error != EMFILE && error != ENOSYS && error != EXDEV &&
		error != EAGAIN);
}

static void fail_at(struct fault *fault, bool lifts)
{
	make_tree();
	if (remove_with(fault) == 0)
		ck_assert(!trees_exists("root"));
	else if (fault->error == EINTR)
		ck_abort_msg("interrupted at call %lu", fault->at);
	else if (!lifts && fault->failures == 1 && trees_exists("root"))
		only_this_stays(fault->path);
	if (trees_exists("root"))
		ck_assert_int_eq(with__rmtree("root", NULL), 0);
}

/* What is lost or leaked stays so: looked at once for each call. */
static void fail_each_call(bool lift_refused, bool lifts)
{
	unsigned long calls = calls_without_fault(lift_refused);
	char *canary = trees_picture("canary");
	char *before = testing_descriptors();

	for (unsigned long at = 0; at < calls; at++) {
		const char *function = NULL;
		char *after;

		for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
			struct fault fault = {
				.at = at, .error = errors[i],
				.lift_refused = lift_refused,
			};

			if (!function || matters(errors[i], function))
				fail_at(&fault, lifts);
			if (fault.function)
				function = fault.function;
		}
		after = testing_descriptors();
		ck_assert_str_eq(before, after);
		free(after);
		after = trees_picture("canary");
		ck_assert_str_eq(canary, after);
		free(after);
	}
	free(before);
	free(canary);
}

static void prepare(int descriptors)
{
	trees_begin();
	trees_bush("canary", 2, 2, 2);
	trees_descriptors(descriptors);
}

static void finish(void)
{
	trees_descriptors(0);
	ck_assert_int_eq(with__rmtree("canary", NULL), 0);
}

START_TEST(each_call_fails_and_the_rest_is_removed)
{
	prepare(20);
	fail_each_call(false, false);
	finish();
}
END_TEST

START_TEST(each_call_fails_where_levels_are_lifted)
{
	prepare(4);
	fail_each_call(false, true);
	finish();
}
END_TEST

START_TEST(each_call_fails_where_all_frames_are_open)
{
	prepare(20);
	fail_each_call(true, true);
	finish();
}
END_TEST

START_TEST(each_call_fails_where_lifting_is_refused)
{
	prepare(4);
	fail_each_call(true, true);
	finish();
}
END_TEST

/* Nothing is hoped for here, but that it ends and does no harm. */
START_TEST(call_that_fails_each_time_ends_the_removal)
{
	static const char *const calls[] = {
		"openat", "openat2", "unlinkat", "renameat", "getdents64",
		"statx", "lseek", "close",
	};
	char *canary, *before;

	prepare(4);
	canary = trees_picture("canary");
	before = testing_descriptors();
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		for (size_t j = 0; j < sizeof(errors) / sizeof(*errors); j++) {
			struct fault fault = {
				.at = ~0ul, .always = calls[i],
				.error = errors[j],
			};
			char *after;

			if (errors[j] == EINTR && strcmp(calls[i], "close") != 0)
				continue;	/* each time is for ever */
			make_tree();
			(void)remove_with(&fault);
			if (strcmp(calls[i], "getdents64") == 0 &&
			    errors[j] != ENOENT)
				ck_assert_int_eq(fault.first, errors[j]);
			after = testing_descriptors();
			ck_assert_str_eq(before, after);
			free(after);
			trees_descriptors(0);
			trees_clear("root");
			trees_descriptors(4);
			after = trees_picture("canary");
			ck_assert_str_eq(canary, after);
			free(after);
		}
	}
	free(before);
	free(canary);
	finish();
}
END_TEST

/* Which entries stay when one name cannot be removed, whatever the errno. */
static int never_name(const struct meddle_call *call, void *data)
{
	if (strcmp(call->function, "unlinkat") == 0 &&
	    strcmp(call->name, "stays") == 0)
		return *(const int *)data;
	return 0;
}

static int keep_path(const char *path, int error, void *data)
{
	(void)error;
	strcpy(data, path);
	return 0;
}

START_TEST(what_cannot_be_removed_leaves_only_the_way_to_it)
{
	static const int causes[] = { EPERM, EIO, EROFS, EDQUOT, EBUSY };

	trees_begin();
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
		struct with__rmtree options = WITH__RMTREE_INIT;
		char path[4096] = "";
		int cause = causes[i];

		make_tree();
		trees_file("root/a/b/stays");
		options.on_error = keep_path;
		options.data = path;
		meddle_begin(never_name, &cause);
		ck_assert_int_eq(with__rmtree("root", &options), -1);
		ck_assert_int_eq(errno, cause);
		meddle_end();
		ck_assert_str_eq(path, "root/a/b/stays");
		ck_assert_uint_eq(testing_entries("root"), 1);
		ck_assert_uint_eq(testing_entries("root/a"), 1);
		ck_assert_uint_eq(testing_entries("root/a/b"), 1);
		ck_assert_int_eq(with__rmtree("root", NULL), 0);
	}
}
END_TEST

/* The files fail in turn, each with an errno of its own. */
static const int in_turn[] = { EIO, EPERM, EBUSY, EROFS };

enum { FAILURES = sizeof(in_turn) / sizeof(*in_turn) };

static int fail_in_turn(const struct meddle_call *call, void *data)
{
	unsigned *failed = data;

	return strcmp(call->function, "unlinkat") == 0 &&
	       strncmp(call->name, "file", 4) == 0 ? in_turn[(*failed)++] : 0;
}

static int hear_in_turn(const char *path, int error, void *data)
{
	unsigned *heard = data;

	ck_assert_uint_lt(*heard, FAILURES);
	ck_assert_int_eq(error, in_turn[(*heard)++]);
	ck_assert_ptr_nonnull(strstr(path, "/file"));
	return 0;
}

START_TEST(failures_are_told_in_order_and_the_first_is_returned)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	unsigned failed = 0, heard = 0;

	trees_begin();
	trees_chain("root", "d", 2);
	trees_file("root/file");
	trees_file("root/d/file1");
	trees_file("root/d/file2");
	trees_file("root/d/d/file");
	options.on_error = hear_in_turn;
	options.data = &heard;
	meddle_begin(fail_in_turn, &failed);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, in_turn[0]);
	meddle_end();
	ck_assert_uint_eq(failed, FAILURES);
	ck_assert_uint_eq(heard, FAILURES);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

static int stop_at_once(const char *path, int error, void *data)
{
	(void)path;
	(void)error;
	++*(unsigned *)data;
	return 1;
}

START_TEST(callback_stops_the_removal)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	unsigned heard = 0;
	char *before;

	trees_begin();
	trees_chain("root", "d", 2);
	trees_files("root/d/d", 3);
	before = testing_descriptors();
	options.on_error = stop_at_once;
	options.data = &heard;
	meddle_fail_all("unlinkat", EIO);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, EIO);
	meddle_end();
	ck_assert_uint_eq(heard, 1);
	testing_same_descriptors(before);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, each_call_fails_and_the_rest_is_removed);
	tcase_add_test(tests, each_call_fails_where_levels_are_lifted);
	tcase_add_test(tests, each_call_fails_where_all_frames_are_open);
	tcase_add_test(tests, each_call_fails_where_lifting_is_refused);
	tcase_add_test(tests, call_that_fails_each_time_ends_the_removal);
	tcase_add_test(tests, what_cannot_be_removed_leaves_only_the_way_to_it);
	tcase_add_test(tests,
		failures_are_told_in_order_and_the_first_is_returned);
	tcase_add_test(tests, callback_stops_the_removal);
}

TESTING_MAIN_CASE("rmtree-faults", fill)
