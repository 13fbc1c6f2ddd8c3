/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-modes.c - directories that their owner may not read or change.
 *
 * For root modes mean nothing, so everything here happens in a child that is
 * nobody. What newer kernels offer, and /proc, are taken away in turn.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/chmod.h"
#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static void make_tree(mode_t root, mode_t middle, mode_t leaf)
{
	trees_chain("root", "d", 1);
	trees_chain("root/d/m", "d", 1);
	trees_file("root/d/m/1");
	trees_file("root/d/m/d/2");
	trees_must(chmod("root/d/m/d", leaf));
	trees_must(chmod("root/d/m", middle));
	trees_must(chmod("root/d", middle));
	trees_must(chmod("root", root));
}

static void all_modes(void *data)
{
	int descriptors = data ? 3 : 20;

	testing_drop_privileges();
	trees_begin();
	trees_descriptors(descriptors);
	for (mode_t mode = 0; mode <= 0777; mode++) {
		make_tree(0700, mode, 0700);
		testing_expect(with__rmtree("root", NULL) == 0);
		make_tree(mode, 0700, mode);
		testing_expect(with__rmtree("root", NULL) == 0);
	}
	for (mode_t mode = 0; mode <= 0777; mode += 0100) {
		make_tree(mode, mode, mode);
		testing_expect(with__rmtree("root", NULL) == 0);
		testing_expect(!trees_exists("root"));
	}
}

START_TEST(every_mode_on_every_level_goes)
{
	int status = testing_in_child(all_modes, NULL);

	ck_assert(testing_exited(status, 0));
}
END_TEST

START_TEST(every_mode_goes_where_descriptors_are_few)
{
	int status = testing_in_child(all_modes, "few");

	ck_assert(testing_exited(status, 0));
}
END_TEST

static int fail_file(const struct meddle_call *call, void *unused)
{
	(void)unused;
	return strcmp(call->function, "unlinkat") == 0 &&
	       strcmp(call->name, "2") == 0 ? EIO : 0;
}

START_CHILD_TEST(root_that_is_kept_has_its_mode_back)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct stat st;

	testing_drop_privileges();
	trees_begin();
	options.keep_root = true;
	for (mode_t mode = 0; mode <= 03777; mode += 0111) {
		make_tree(mode, 0700, 0);
		testing_expect(with__rmtree("root", &options) == 0);
		trees_must(stat("root", &st));
		testing_expect((st.st_mode & 07777) == mode);
		trees_must(rmdir("root"));
		make_tree(mode, 0700, 0);
		meddle_begin(fail_file, NULL);
		testing_expect(with__rmtree("root", &options) == -1);
		meddle_end();
		trees_must(stat("root", &st));
		testing_expect((st.st_mode & 07777) == mode);
		testing_expect(with__rmtree("root", NULL) == 0);
	}
}
END_CHILD_TEST

static int change_mode(const struct meddle_call *call, void *unused)
{
	(void)unused;
	if (strcmp(call->function, "unlinkat") == 0 &&
	    strcmp(call->name, "2") == 0)
		trees_must(chmod("root", 0750));
	return 0;
}

START_CHILD_TEST(mode_that_others_give_a_kept_root_stays)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct stat st;

	testing_drop_privileges();
	trees_begin();
	options.keep_root = true;
	make_tree(0500, 0700, 0700);
	meddle_begin(change_mode, NULL);
	testing_expect(with__rmtree("root", &options) == 0);
	meddle_end();
	trees_must(stat("root", &st));
	testing_expect((st.st_mode & 07777) == 0750);
	trees_must(rmdir("root"));
}
END_CHILD_TEST

START_CHILD_TEST(no_mode_outside_changes)
{
	struct stat st;

	testing_drop_privileges();
	trees_begin();
	trees_chain("outside", "d", 1);
	trees_file("outside/file");
	trees_must(chmod("outside/file", 0400));
	trees_must(chmod("outside/d", 0500));
	make_tree(0, 0, 0);
	trees_must(chmod("root", 0700));
	trees_must(link("outside/file", "root/linked"));
	trees_must(symlink("../outside/d", "root/d2"));
	trees_must(symlink("../outside/file", "root/f2"));
	trees_must(chmod("root", 0));
	testing_expect(with__rmtree("root", NULL) == 0);
	trees_must(stat("outside/file", &st));
	testing_expect((st.st_mode & 07777) == 0400);
	trees_must(stat("outside/d", &st));
	testing_expect((st.st_mode & 07777) == 0500);
	testing_expect(with__rmtree("outside", NULL) == 0);
}
END_CHILD_TEST

static struct with__syscalls real;
static int open_now, open_most;

static int counting_openat2(int dirfd, const char *name, int flags,
			    uint64_t resolve)
{
	int fd = real.openat2(dirfd, name, flags, resolve);

	if (fd >= 0 && ++open_now > open_most)
		open_most = open_now;
	return fd;
}

static int counting_close(int fd)
{
	open_now--;
	return real.close(fd);
}

static void deep_with_mode(void *data)
{
	testing_drop_privileges();
	trees_begin();
	trees_chain("root", "d", 30);
	for (unsigned depth = 30; depth > 0; depth--) {
		char path[128] = "root";

		for (unsigned i = 0; i < depth; i++)
			strcat(path, "/d");
		trees_must(chmod(path, *(mode_t *)data));
	}
	trees_must(chmod("root", 0500));
	real = with__sys;
	with__sys.openat2 = counting_openat2;
	with__sys.close = counting_close;
	open_now = 1;		/* the root, which openat() opens */
	meddle_begin(NULL, NULL);
	testing_expect(with__rmtree("root", NULL) == 0);
	meddle_end();
	testing_expect(open_most <= 8);
	/* Every sixth is lifted, once all it takes has been mended. */
	testing_expect(meddle_count("renameat") >= 30 / 6 - 1);
}

START_TEST(mending_at_depth_takes_no_more_than_eight_descriptors)
{
	mode_t unreadable = 0, usual = 0700;
	int status = testing_in_child(deep_with_mode, &unreadable);

	ck_assert(testing_exited(status, 0));
	/* Only the root cannot be written to then. */
	status = testing_in_child(deep_with_mode, &usual);
	ck_assert(testing_exited(status, 0));
}
END_TEST

/* A system-call filter, as containers and sandboxes have them. */
static void refuse(const int *numbers, size_t count, int error)
{
	struct sock_filter program[16] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog filter = { .filter = program };
	size_t length = 1;

	for (size_t i = 0; i < count; i++) {
		program[length++] = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				 (unsigned)numbers[i], 0, 1);
		program[length++] = (struct sock_filter)
			BPF_STMT(BPF_RET | BPF_K,
				 SECCOMP_RET_ERRNO | (unsigned)error);
	}
	program[length++] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter.len = (unsigned short)length;
	trees_must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	trees_must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

/* What older kernels lack; behind that, what moves a directory. */
static const int newer[] = {
	SYS_openat2, SYS_statx, SYS_fchmodat2, SYS_renameat2,
#ifdef SYS_renameat
	SYS_renameat,
#endif
};

enum { NEWER = 3, NEWER_AND_LIFTING = sizeof(newer) / sizeof(*newer) };

struct filter {
	size_t first, count;	/* in newer */
	int error;
};

static void filtered(void *data)
{
	const struct filter *filter = data;

	testing_drop_privileges();
	trees_begin();
	refuse(newer + filter->first, filter->count, filter->error);
	for (mode_t mode = 0; mode <= 0777; mode += 0100) {
		make_tree(mode, mode, mode);
		testing_expect(with__rmtree("root", NULL) == 0);
	}
	trees_chain("root", "d", 500);
	testing_expect(with__rmtree("root", NULL) == 0);
	testing_expect(!trees_exists("root"));
}

static void no_obstacle(size_t first, size_t count, int error)
{
	struct filter filter = { first, count, error };
	int status = testing_in_child(filtered, &filter);

	ck_assert_msg(testing_exited(status, 0), "calls %zu to %zu, %s", first,
		      first + count - 1, strerror(error));
}

static void filter_is_no_obstacle(int error)
{
	no_obstacle(0, NEWER, error);
	no_obstacle(0, NEWER_AND_LIFTING, error);
	for (size_t alone = 0; alone < NEWER; alone++)
		no_obstacle(alone, 1, error);
}

START_TEST(filter_that_says_enosys_to_newer_calls_is_no_obstacle)
{
	filter_is_no_obstacle(ENOSYS);
}
END_TEST

START_TEST(filter_that_says_eperm_to_newer_calls_is_no_obstacle)
{
	filter_is_no_obstacle(EPERM);
}
END_TEST

/* Of our own, with /proc covered; to be called before dropping privileges. */
static void without_proc(void)
{
	testing_own_mounts();
	trees_must(mount("none", "/proc", "tmpfs", 0, "size=4k"));
	testing_expect(!trees_exists("/proc/self/fd"));
}

/* Linux before 6.6 lacks it, and valgrind does not know it. */
static bool has_fchmodat2(void)
{
	return syscall(SYS_fchmodat2, -1, "", 0700, 0) == 0 || errno != ENOSYS;
}

START_CHILD_TEST(every_mode_goes_without_proc)
{
	mode_t enough = has_fchmodat2() ? 0 : 0500;

	without_proc();
	trees_begin();
	trees_no_capabilities();
	for (mode_t mode = 0; mode <= 0777; mode += 0100) {
		if (enough && !(mode & enough))
			continue;
		make_tree(mode, mode, mode);
		testing_expect(with__rmtree("root", NULL) == 0);
	}
}
END_CHILD_TEST

/*
 * Before Linux 6.6 and without /proc nothing can mend a directory that may be
 * neither read nor searched, except by a path, which is what must not be.
 */
static void old_kernel_without_proc(void *data)
{
	without_proc();
	trees_begin();
	trees_no_capabilities();
	refuse(newer, NEWER, *(int *)data);
	for (mode_t mode = 0; mode <= 0777; mode += 0100) {
		bool lost = !(mode & 0500);

		make_tree(0700, mode, 0700);
		testing_expect(with__rmtree("root", NULL) == (lost ? -1 : 0));
		if (!lost)
			continue;
		testing_expect(errno == EACCES);
		trees_clear("root");
	}
}

START_TEST(old_kernel_without_proc_mends_what_can_be_read_or_searched)
{
	int errors[] = { ENOSYS, EPERM };

	for (unsigned i = 0; i < 2; i++) {
		int status = testing_in_child(old_kernel_without_proc,
					      &errors[i]);

		ck_assert(testing_exited(status, 0));
	}
}
END_TEST

START_CHILD_TEST(chmod_takes_descriptors_that_are_paths_only)
{
	struct stat st;
	int fd;

	testing_drop_privileges();
	trees_begin();
	trees_directory("dir");
	trees_must(chmod("dir", 0));
	fd = trees_must(open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC));
	testing_expect(with__chmod_fd(fd, 0750) == 0);
	trees_must(stat("dir", &st));
	testing_expect((st.st_mode & 07777) == 0750);
	close(fd);
	testing_expect(with__chmod_fd(fd, 0700) == -1 && errno == EBADF);
	fd = trees_must(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	testing_expect(with__chmod_fd(fd, 0755) == -1 && errno == EPERM);
	close(fd);
	trees_must(rmdir("dir"));
}
END_CHILD_TEST

TESTING_MAIN("rmtree-modes",
	every_mode_on_every_level_goes,
	every_mode_goes_where_descriptors_are_few,
	root_that_is_kept_has_its_mode_back,
	mode_that_others_give_a_kept_root_stays,
	no_mode_outside_changes,
	mending_at_depth_takes_no_more_than_eight_descriptors,
	filter_that_says_enosys_to_newer_calls_is_no_obstacle,
	filter_that_says_eperm_to_newer_calls_is_no_obstacle,
	every_mode_goes_without_proc,
	old_kernel_without_proc_mends_what_can_be_read_or_searched,
	chmod_takes_descriptors_that_are_paths_only)
