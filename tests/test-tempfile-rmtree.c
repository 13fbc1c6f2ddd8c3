/* SPDX-License-Identifier: MIT */
/* test-tempfile-rmtree.c - the public call: its options and its refusals. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include <with/rmtree.h>

#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

START_TEST(path_alone_removes_the_tree_and_keeps_errno)
{
	trees_begin();
	trees_bush("root", 2, 2, 2);
	errno = ERANGE;
	ck_assert_int_eq(tempfile_rmtree("root"), 0);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(missing_tree_is_enoent_unless_that_is_well)
{
	trees_begin();
	ck_assert_int_eq(tempfile_rmtree("root"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(tempfile_rmtree("root", .missing_ok = 1), 0);
}
END_TEST

START_TEST(kept_root_is_emptied)
{
	trees_begin();
	trees_bush("root", 2, 2, 2);
	ck_assert_int_eq(tempfile_rmtree("root", .keep_root = 1), 0);
	ck_assert_uint_eq(testing_entries("root"), 0);
	ck_assert_int_eq(tempfile_rmtree("root"), 0);
}
END_TEST

START_TEST(descriptor_says_where_the_path_begins)
{
	int parent;

	trees_begin();
	trees_bush("parent", 1, 1, 1);
	parent = trees_must(open("parent", O_DIRECTORY | O_CLOEXEC));
	ck_assert_int_eq(tempfile_rmtree("d0", .at = &parent), 0);
	ck_assert(!trees_exists("parent/d0"));
	close(parent);
	ck_assert_int_eq(tempfile_rmtree("d0", .at = &parent), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(tempfile_rmtree("parent"), 0);
}
END_TEST

START_TEST(root_directory_and_dots_are_einval)
{
	trees_begin();
	ck_assert_int_eq(tempfile_rmtree("/"), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_rmtree(".."), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_rmtree(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

struct newer {
	struct tempfile_rmtree_options known;
	long added;
};

START_TEST(options_of_a_newer_header_must_be_zero)
{
	struct newer options = { .known.size = sizeof(options) };

	trees_begin();
	trees_directory("root");
	options.added = 1;
	ck_assert_int_eq(tempfile_rmtree_opt("root", &options.known), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert(trees_exists("root"));
	options.added = 0;
	ck_assert_int_eq(tempfile_rmtree_opt("root", &options.known), 0);
	trees_directory("root");
	ck_assert_int_eq(tempfile_rmtree_opt("root", NULL), 0);
}
END_TEST

static int never_remove_files(int dirfd, const char *name, int flags)
{
	if (flags & AT_REMOVEDIR)
		return unlinkat(dirfd, name, flags);
	errno = EIO;
	return -1;
}

struct heard {
	unsigned count;
	unsigned stop_at;
	char last[256];
};

static int hear(const char *path, int error, void *data)
{
	struct heard *heard = data;

	ck_assert_int_eq(error, EIO);
	strcpy(heard->last, path);
	return ++heard->count == heard->stop_at;
}

START_TEST(callback_hears_every_failure_with_its_path)
{
	struct heard heard = { .stop_at = 0 };

	trees_begin();
	trees_chain("root", "below", 1);
	trees_files("root/below", 5);
	with__sys.unlinkat = never_remove_files;
	ck_assert_int_eq(tempfile_rmtree("root//", .on_error = hear,
					 .data = &heard), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_uint_eq(heard.count, 5);
	ck_assert_int_eq(strncmp(heard.last, "root/below/", 11), 0);
	with__sys.unlinkat = unlinkat;
	ck_assert_int_eq(tempfile_rmtree("root"), 0);
}
END_TEST

START_TEST(callback_decides_whether_to_go_on)
{
	struct heard heard = { .stop_at = 2 };

	trees_begin();
	trees_directory("root");
	trees_files("root", 5);
	with__sys.unlinkat = never_remove_files;
	ck_assert_int_eq(tempfile_rmtree("root", .on_error = hear,
					 .data = &heard), -1);
	ck_assert_uint_eq(heard.count, 2);
	with__sys.unlinkat = unlinkat;
	ck_assert_int_eq(tempfile_rmtree("root"), 0);
}
END_TEST

static void *remove_cancelled(void *data)
{
	(void)data;
	pthread_cancel(pthread_self());
	(void)tempfile_rmtree("root");
	pthread_testcancel();
	return NULL;
}

START_TEST(cancellation_does_not_cut_a_removal_short)
{
	pthread_t thread;
	void *result;

	trees_begin();
	trees_bush("root", 2, 5, 3);
	ck_assert_int_eq(pthread_create(&thread, NULL, remove_cancelled, NULL),
			 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert(!trees_exists("root"));
}
END_TEST

TESTING_MAIN("tempfile-rmtree",
	path_alone_removes_the_tree_and_keeps_errno,
	missing_tree_is_enoent_unless_that_is_well,
	kept_root_is_emptied,
	descriptor_says_where_the_path_begins,
	root_directory_and_dots_are_einval,
	options_of_a_newer_header_must_be_zero,
	callback_hears_every_failure_with_its_path,
	callback_decides_whether_to_go_on,
	cancellation_does_not_cut_a_removal_short)
