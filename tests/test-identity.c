/* SPDX-License-Identifier: MIT */
/*
 * test-identity.c - what came after is not what was there before, though it
 * has the name, the inode number and the birth time.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <with/directory.h>
#include <with/named.h>

#include "base/identity.h"
#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

#define EXT4 0xEF53
#define FOR_COMPARISON 0x200

static struct with__syscalls real;
static unsigned asked;		/* name_to_handle_at() */
static unsigned classified;	/* statfs() and fstatfs() */
static int refusal;		/* errno of name_to_handle_at(); 0: none */
static bool refused_for_good;	/* also FOR_COMPARISON */
static unsigned char generation;

static int ext4_statfs(const char *path, struct statfs *ret)
{
	int result = real.statfs(path, ret);

	classified++;
	ret->f_type = EXT4;
	return result;
}

static int ext4_fstatfs(int fd, struct statfs *ret)
{
	int result = real.fstatfs(fd, ret);

	classified++;
	ret->f_type = EXT4;
	return result;
}

static int counting_statfs(const char *path, struct statfs *ret)
{
	classified++;
	return real.statfs(path, ret);
}

static int chosen_handle(int dirfd, const char *name, struct with__handle *ret,
			 int flags)
{
	(void)dirfd, (void)name;
	asked++;
	if (refusal && (refused_for_good || !(flags & FOR_COMPARISON))) {
		errno = refusal;
		return -1;
	}
	ret->size = 1;
	ret->bytes[0] = generation;
	return 0;
}

/* All are of one device that nobody has heard of, one inode, and one time. */
static unsigned device_minor = 1000;

static int one_statx(int dirfd, const char *name, int flags, unsigned mask,
		     struct statx *ret)
{
	int result = real.statx(dirfd, name, flags, mask, ret);

	ret->stx_dev_minor = device_minor;
	ret->stx_ino = 12;
	memset(&ret->stx_btime, 0, sizeof(ret->stx_btime));
	return result;
}

static void pretend(void)
{
	real = with__sys;
	asked = classified = 0;
	refusal = 0;
	refused_for_good = false;
	generation = 1;
	device_minor++;
	with__sys.statfs = ext4_statfs;
	with__sys.fstatfs = ext4_fstatfs;
	with__sys.name_to_handle_at = chosen_handle;
	with__sys.statx = one_statx;
}

START_TEST(the_generation_tells_what_all_else_does_not)
{
	struct tempfile_dir *dir;

	pretend();
	dir = tempfile_dir_open();
	ck_assert_uint_eq(asked, 1);
	generation = 2;
	ck_assert_int_eq(tempfile_dir_fd(dir), -1);
	ck_assert_int_eq(errno, ESTALE);
	generation = 1;
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_uint_eq(classified, 1);
	with__sys = real;
}
END_TEST

static void another_is_left_alone(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	char path[4096];

	strcpy(path, dir->path);
	generation = 2;
	ck_assert_int_eq(tempfile_dir_close(&dir), -1);
	ck_assert_int_eq(errno, ESTALE);
	with__sys = real;
	trees_must(rmdir(path));
}

START_TEST(a_directory_of_another_generation_is_left_alone)
{
	pretend();
	another_is_left_alone();
}
END_TEST

START_TEST(where_it_is_refused_the_rest_decides)
{
	static const int errors[] = { ENOSYS, EPERM, EOPNOTSUPP };
	struct tempfile_dir *dir;

	for (unsigned i = 0; i < 3; i++) {
		pretend();
		refusal = errors[i];
		refused_for_good = true;
		dir = tempfile_dir_open();
		ck_assert_ptr_nonnull(dir);
		generation = 2;
		ck_assert_int_eq(tempfile_dir_close(&dir), 0);
		/* And where a filter came later. */
		refusal = 0;
		dir = tempfile_dir_open();
		refusal = errors[i];
		ck_assert_int_eq(tempfile_dir_close(&dir), 0);
		with__sys = real;
	}
}
END_TEST

START_TEST(handles_for_comparison_alone_will_do)
{
	pretend();
	refusal = EOPNOTSUPP;
	another_is_left_alone();
}
END_TEST

/* In a child: a file system of its own, under this name in the TMPDIR. */
static void begin_with_memory(const char *name)
{
	testing_own_mounts();
	trees_begin();
	trees_directory(name);
	trees_must(mount("none", name, "tmpfs", 0, ""));
}

static void end_with_memory(const char *name)
{
	trees_must(umount(name));
	trees_must(rmdir(name));
}

START_CHILD_TEST(a_file_system_that_counts_on_is_not_asked)
{
	struct tempfile_dir *dir;

	begin_with_memory("memory");
	real = with__sys;
	asked = classified = 0;
	with__sys.statfs = counting_statfs;
	with__sys.name_to_handle_at = chosen_handle;
	for (int i = 0; i < 3; i++) {
		dir = tempfile_dir_open(.dir = "memory");
		testing_expect(tempfile_dir_close(&dir) == 0);
	}
	testing_expect(asked == 0);
	testing_expect(classified == 1);
	with__sys = real;
	end_with_memory("memory");
}
END_CHILD_TEST

/* The directory around it is on another file system, and says nothing. */
START_CHILD_TEST(the_root_of_a_mount_is_not_asked_by_name)
{
	struct with__status status;
	int fd;

	begin_with_memory("mount");
	pretend();
	with__sys.statx = real.statx;
	testing_expect(with__status_at(AT_FDCWD, "mount", &status) == 0);
	testing_expect(asked == 0 && status.identity.generation == 0);
	fd = trees_must(open("mount", O_PATH | O_CLOEXEC));
	testing_expect(with__status_at(fd, "", &status) == 0);
	testing_expect(asked == 1 && status.identity.generation != 0);
	with__sys = real;
	close(fd);
	end_with_memory("mount");
}
END_CHILD_TEST

START_CHILD_TEST(an_overlay_tells_the_generation)
{
	struct tempfile_dir *dir;
	struct with__status status;

	begin_with_memory("all");
	trees_directory("all/lower");
	trees_directory("all/upper");
	trees_directory("all/work");
	trees_directory("all/overlay");
	if (mount("none", "all/overlay", "overlay", 0, "lowerdir=all/lower,"
		  "upperdir=all/upper,workdir=all/work") == 0) {
		dir = tempfile_dir_open(.dir = "all/overlay");
		testing_expect(dir != NULL);
		testing_expect(with__status_at(AT_FDCWD, dir->path,
					       &status) == 0);
		testing_expect(status.identity.generation != 0);
		testing_expect(tempfile_dir_close(&dir) == 0);
		trees_must(umount("all/overlay"));
	} else {
		/* In a user's name space, or no such module. */
		testing_expect(errno == EPERM || errno == ENODEV ||
			       errno == EINVAL);
	}
	end_with_memory("all");
}
END_CHILD_TEST

/* Made anew at once: the number comes again, and the clock stands still. */
static void replaced_at_once(const char *where)
{
	struct tempfile_named *named;
	struct tempfile_dir *dir;
	char path[4096];

	for (int i = 0; i < 20; i++) {
		dir = tempfile_dir_open(.dir = where);
		ck_assert_ptr_nonnull(dir);
		strcpy(path, dir->path);
		trees_must(rmdir(path));
		trees_directory(path);
		ck_assert_int_eq(tempfile_dir_close(&dir), -1);
		ck_assert_int_eq(errno, ESTALE);
		trees_must(rmdir(path));
		named = tempfile_named_open(.dir = where);
		ck_assert_ptr_nonnull(named);
		strcpy(path, named->path);
		ck_assert_int_eq(tempfile_named_close_file(named), 0);
		trees_must(unlink(path));
		trees_file(path);
		ck_assert_int_eq(tempfile_named_close(&named), -1);
		ck_assert_int_eq(errno, ESTALE);
		trees_must(unlink(path));
	}
}

/* On the disk that this is built on, and in memory mostly. */
START_TEST(what_replaces_it_at_once_is_left_alone)
{
	if (access(".", W_OK) == 0)
		replaced_at_once(".");
	replaced_at_once(testing_tmpdir());
}
END_TEST

TESTING_MAIN("identity",
	the_generation_tells_what_all_else_does_not,
	a_directory_of_another_generation_is_left_alone,
	where_it_is_refused_the_rest_decides,
	handles_for_comparison_alone_will_do,
	a_file_system_that_counts_on_is_not_asked,
	the_root_of_a_mount_is_not_asked_by_name,
	an_overlay_tells_the_generation,
	what_replaces_it_at_once_is_left_alone)
