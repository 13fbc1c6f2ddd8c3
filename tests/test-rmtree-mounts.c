/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-mounts.c - what is mounted in a tree is not ours to remove.
 *
 * Each test has a mount namespace of its own, in which it may mount.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/rmtree.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

struct told {
	unsigned count;
	bool unexpected;
};

static int hear(const char *path, int error, void *data)
{
	struct told *told = data;

	told->count++;
	if ((error != EXDEV && error != EBUSY) || !strstr(path, "mount"))
		told->unexpected = true;
	return 0;
}

/* What openat2() is refused with: 0, or by an old kernel, or by a filter. */
static const int refusals[] = { 0, ENOSYS, EPERM };

static void refuse(const void *refusal)
{
	int error = *(const int *)refusal;

	if (error)
		meddle_fail_all("openat2", error);
}

/* keep is a file at a place in the tree that is mounted there. */
static void only_mounts_stay(const char *keep, const void *refusal)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct told told = { .count = 0 };

	trees_files("root", 3);
	trees_bush("root/bush", 2, 2, 2);
	options.on_error = hear;
	options.data = &told;
	refuse(refusal);
	testing_expect(with__rmtree("root", &options) == -1);
	testing_expect(errno == EXDEV || errno == EBUSY);
	meddle_end();
	testing_expect(told.count == 1 && !told.unexpected);
	testing_expect(trees_exists(keep));
	testing_expect(testing_entries("root") == 1);
}

static void begin(void)
{
	testing_own_mounts();
	trees_begin();
	trees_chain("outside", "d", 1);
	trees_file("outside/keep");
	trees_directory("root");
}

/* Mounted no longer, everything goes. */
static void finish(const char *place)
{
	trees_must(umount(place));
	testing_expect(with__rmtree("root", NULL) == 0);
	testing_expect(trees_exists("outside/keep"));
	testing_expect(with__rmtree("outside", NULL) == 0);
}

static void tmpfs_inside(void *refusal)
{
	begin();
	trees_directory("root/mount");
	trees_must(mount("none", "root/mount", "tmpfs", 0, "size=64k"));
	trees_file("root/mount/keep");
	only_mounts_stay("root/mount/keep", refusal);
	finish("root/mount");
}

static void directory_bound_inside(void *refusal)
{
	begin();
	trees_directory("root/mount");
	trees_must(mount("outside", "root/mount", "none",
			 MS_BIND, ""));
	only_mounts_stay("root/mount/keep", refusal);
	finish("root/mount");
}

static void file_bound_inside(void *refusal)
{
	begin();
	trees_file("root/mount");
	trees_must(mount("outside/keep", "root/mount", "none",
			 MS_BIND, ""));
	only_mounts_stay("root/mount", refusal);
	finish("root/mount");
}

static void mount_below_the_descriptors(void *refusal)
{
	begin();
	trees_directory("root/a");
	trees_directory("root/a/b");
	trees_directory("root/a/b/c");
	trees_directory("root/a/b/c/mount");
	trees_must(mount("outside", "root/a/b/c/mount", "none", MS_BIND, ""));
	trees_descriptors(3);
	only_mounts_stay("outside/keep", refusal);
	trees_descriptors(0);
	testing_expect(trees_exists("outside/d"));
}

static int mount_at_open(const struct meddle_call *call, void *refusal)
{
	int error = *(const int *)refusal;
	const char *opens = error ? "openat" : "openat2";

	if (strcmp(call->function, opens) == 0 &&
	    strcmp(call->name, "mount") == 0) {
		trees_must(mount("none", "root/mount", "tmpfs", 0, "size=64k"));
		trees_file("root/mount/keep");
	}
	return strcmp(call->function, "openat2") == 0 ? error : 0;
}

static void mounted_meanwhile(void *refusal)
{
	begin();
	trees_directory("root/mount");
	trees_file("root/mount/below");
	meddle_begin(mount_at_open, refusal);
	testing_expect(with__rmtree("root", NULL) == -1);
	testing_expect(errno == EXDEV || errno == EBUSY);
	meddle_end();
	testing_expect(trees_exists("root/mount/keep"));
	finish("root/mount");
}

static void root_is_a_mount(void *refusal)
{
	(void)refusal;
	begin();
	trees_must(mount("outside", "root", "none", MS_BIND, ""));
	testing_expect(with__rmtree("root", NULL) == -1);
	testing_expect(errno == EBUSY);
	testing_expect(trees_exists("outside/keep"));
	finish("root");
}

static int hear_erofs(const char *path, int error, void *data)
{
	testing_expect(error == EROFS);
	testing_expect(strncmp(path, "root/tree/", 10) == 0);
	++*(unsigned *)data;
	return 0;
}

static void nothing_can_be_written(void *refusal)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	char *before, *after;
	unsigned told = 0;

	begin();
	trees_must(mount("none", "root", "tmpfs", 0, "size=64k"));
	trees_bush("root/tree", 2, 3, 1);
	trees_directory("root/tree/empty");
	trees_must(chmod("root/tree/d1", 0));
	trees_must(mount("none", "root", "tmpfs", MS_REMOUNT | MS_RDONLY, ""));
	before = trees_picture("root");
	options.on_error = hear_erofs;
	options.data = &told;
	refuse(refusal);
	testing_expect(with__rmtree("root/tree", &options) == -1);
	testing_expect(errno == EROFS);
	meddle_end();
	/* Nine files, and the directory that is empty. */
	testing_expect(told == 10);
	after = trees_picture("root");
	testing_expect(strcmp(before, after) == 0);
	free(before);
	free(after);
	finish("root");
}

static int openat2_and_statx_refused(const struct meddle_call *call,
				     void *refusal)
{
	return strcmp(call->function, "openat2") == 0 ||
	       strcmp(call->function, "statx") == 0 ? *(int *)refusal : 0;
}

/* rmdir() says EROFS there, not EBUSY, and what is mounted can be written. */
static void bound_in_what_is_read_only(void *refusal, bool statx_refused)
{
	begin();
	trees_must(mount("none", "root", "tmpfs", 0, "size=64k"));
	trees_directory("root/bound");
	trees_bush("root/bound/bush", 1, 2, 1);
	trees_bush("root/tree", 1, 2, 1);
	trees_directory("root/tree/d0/mount");
	trees_must(mount("root/bound", "root/tree/d0/mount", "none", MS_BIND,
			 ""));
	trees_must(mount("none", "root", "none",
			 MS_REMOUNT | MS_BIND | MS_RDONLY, ""));
	if (statx_refused)
		meddle_begin(openat2_and_statx_refused, refusal);
	else
		refuse(refusal);
	testing_expect(with__rmtree("root/tree", NULL) == -1);
	testing_expect(errno == EROFS);
	meddle_end();
	testing_expect(trees_exists("root/bound/bush/d0/1"));
	trees_must(umount("root/tree/d0/mount"));
	finish("root");
}

static void bound_in_read_only(void *refusal)
{
	bound_in_what_is_read_only(refusal, false);
}

static void bound_in_read_only_without_statx(void *refusal)
{
	bound_in_what_is_read_only(refusal, true);
}

static void passes(void (*function)(void *))
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		int status = testing_in_child(function, (void *)&refusals[i]);

		ck_assert(testing_exited(status, 0));
		trees_begin();
		trees_clear("root");
		trees_clear("outside");
	}
}

START_TEST(other_file_system_inside_is_not_entered)
{
	passes(tmpfs_inside);
}
END_TEST

START_TEST(directory_bound_inside_is_not_entered)
{
	passes(directory_bound_inside);
}
END_TEST

START_TEST(file_bound_inside_stays)
{
	passes(file_bound_inside);
}
END_TEST

START_TEST(mount_deeper_than_descriptors_is_not_entered)
{
	passes(mount_below_the_descriptors);
}
END_TEST

START_TEST(mount_that_appears_before_the_open_is_not_entered)
{
	passes(mounted_meanwhile);
}
END_TEST

START_TEST(root_that_is_a_mount_is_ebusy_and_untouched)
{
	passes(root_is_a_mount);
}
END_TEST

START_TEST(read_only_file_system_stays_and_each_entry_is_told)
{
	passes(nothing_can_be_written);
}
END_TEST

START_TEST(directory_bound_in_what_is_read_only_is_not_entered)
{
	passes(bound_in_read_only);
	passes(bound_in_read_only_without_statx);
}
END_TEST

TESTING_MAIN("rmtree-mounts",
	other_file_system_inside_is_not_entered,
	directory_bound_inside_is_not_entered,
	file_bound_inside_stays,
	mount_deeper_than_descriptors_is_not_entered,
	mount_that_appears_before_the_open_is_not_entered,
	root_that_is_a_mount_is_ebusy_and_untouched,
	read_only_file_system_stays_and_each_entry_is_told,
	directory_bound_in_what_is_read_only_is_not_entered)
