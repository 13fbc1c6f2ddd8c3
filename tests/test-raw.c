/* SPDX-License-Identifier: MIT */
/* test-raw.c - mkstemp and mkdtemp, whose callers delete. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <with/life.h>
#include <with/raw.h>

#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

static char not_touched[] = "not touched";

static void end(int fd, char *path)
{
	struct stat by_path, by_fd;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(stat(path, &by_path), 0);
	ck_assert_int_eq(fstat(fd, &by_fd), 0);
	ck_assert_uint_eq(by_path.st_ino, by_fd.st_ino);
	close(fd);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
}

START_TEST(mkstemp_gives_a_descriptor_and_a_path)
{
	char *path = not_touched;
	char text[4] = "";
	int fd = tempfile_mkstemp(&path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(path[0], '/');
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(write(fd, "abc", 3), 3);
	ck_assert_int_eq(pread(fd, text, 3, 0), 3);
	ck_assert_str_eq(text, "abc");
	end(fd, path);
	fd = tempfile_mkstemp(&path, .suffix = ".txt", .prefix = "job_");
	ck_assert_ptr_nonnull(strstr(path, "/job_"));
	ck_assert_str_eq(path + strlen(path) - 4, ".txt");
	end(fd, path);
}
END_TEST

START_TEST(flags_of_the_descriptor_are_as_asked_for)
{
	char *path;
	int fd = tempfile_mkstemp(&path);

	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert(!(fcntl(fd, F_GETFL) & O_APPEND));
	end(fd, path);
	fd = tempfile_mkstemp(&path, .inheritable = true);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	end(fd, path);
	fd = tempfile_mkstemp(&path, .append = true);
	ck_assert(fcntl(fd, F_GETFL) & O_APPEND);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	end(fd, path);
}
END_TEST

static int cloexec_missing;

static int watching_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	cloexec_missing += !(flags & O_CLOEXEC);
	return openat(dirfd, name, flags, mode);
}

START_TEST(close_on_exec_is_set_from_birth)
{
	char *path;
	int fd;

	cloexec_missing = 0;
	with__sys.openat = watching_openat;
	fd = tempfile_mkstemp(&path);
	end(fd, path);
	ck_assert_int_eq(cloexec_missing, 0);
	fd = tempfile_mkstemp(&path, .inheritable = true);
	end(fd, path);
	ck_assert_int_eq(cloexec_missing, 1);
}
END_TEST

START_TEST(failure_leaves_the_pointer_alone)
{
	char *path = not_touched;

	errno = 0;
	ck_assert_int_eq(tempfile_mkstemp(&path, .dir = "/nowhere"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_eq(path, not_touched);
	errno = 0;
	ck_assert_int_eq(tempfile_mkstemp(&path, .prefix = "/"), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(path, not_touched);
}
END_TEST

START_TEST(mkstemp_needs_a_place_for_the_path)
{
	errno = 0;
	ck_assert_int_eq(tempfile_mkstemp(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(the_functions_behind_take_null_and_structs)
{
	struct tempfile_mkstemp_options file = { .size = sizeof(file) };
	struct tempfile_mkdtemp_options dir = { .size = sizeof(dir) };
	char *path;
	int fd = tempfile_mkstemp_opt(&path, NULL);

	end(fd, path);
	file.prefix = "kept_";
	fd = tempfile_mkstemp_opt(&path, &file);
	ck_assert_ptr_nonnull(strstr(path, "/kept_"));
	end(fd, path);
	file.size = 0;
	ck_assert_int_eq(tempfile_mkstemp_opt(&path, &file), -1);
	ck_assert_int_eq(errno, EINVAL);
	path = tempfile_mkdtemp_opt(NULL);
	trees_must(rmdir(path));
	free(path);
	dir.suffix = ".d";
	path = tempfile_mkdtemp_opt(&dir);
	ck_assert_str_eq(path + strlen(path) - 2, ".d");
	trees_must(rmdir(path));
	free(path);
	dir.size = 1;
	ck_assert_ptr_null(tempfile_mkdtemp_opt(&dir));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(mkdtemp_makes_an_empty_directory)
{
	char *path = tempfile_mkdtemp(.suffix = ".d");
	struct stat st;

	ck_assert_ptr_nonnull(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_uint_eq(testing_entries(path), 0);
	trees_must(rmdir(path));
	free(path);
}
END_TEST

static char made[2][4096];

static void make_and_exit(void *data)
{
	char *path;
	int *ends = data;

	testing_expect(tempfile_mkstemp(&path) >= 0);
	testing_expect(write(ends[1], path, strlen(path) + 1) > 0);
	free(path);
	path = tempfile_mkdtemp();
	testing_expect(path && write(ends[1], path, strlen(path) + 1) > 0);
	free(path);
	/* The exit handlers of the test program are not wanted, ours are. */
	quick_exit(0);
}

START_TEST(nothing_is_removed_at_exit)
{
	char both[sizeof(made[0])] = "";
	int ends[2];

	trees_must(pipe(ends));
	ck_assert(testing_exited(testing_in_child(make_and_exit, ends), 0));
	trees_must((int)read(ends[0], both, sizeof(both)));
	snprintf(made[0], sizeof(made[0]), "%s", both);
	snprintf(made[1], sizeof(made[1]), "%s", both + strlen(both) + 1);
	close(ends[0]);
	close(ends[1]);
	ck_assert_uint_eq(testing_entries(NULL), 2);
	trees_must(unlink(made[0]));
	trees_must(rmdir(made[1]));
}
END_TEST

START_TEST(no_descriptor_left_is_emfile)
{
	char *path = not_touched;
	int fd;

	if (testing_is_wrapped())
		return;
	fd = tempfile_mkstemp(&path);
	end(fd, path);
	path = not_touched;
	trees_descriptors(TREES_NO_DESCRIPTOR);
	errno = 0;
	ck_assert_int_eq(tempfile_mkstemp(&path), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_ptr_eq(path, not_touched);
	/* A directory needs none. */
	path = tempfile_mkdtemp();
	ck_assert_ptr_nonnull(path);
	trees_must(rmdir(path));
	free(path);
}
END_TEST

TESTING_MAIN("raw",
	mkstemp_gives_a_descriptor_and_a_path,
	flags_of_the_descriptor_are_as_asked_for,
	close_on_exec_is_set_from_birth,
	failure_leaves_the_pointer_alone,
	mkstemp_needs_a_place_for_the_path,
	the_functions_behind_take_null_and_structs,
	mkdtemp_makes_an_empty_directory,
	nothing_is_removed_at_exit,
	no_descriptor_left_is_emfile)
