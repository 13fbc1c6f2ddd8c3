/* SPDX-License-Identifier: MIT */
/* test-directory.c - temporary directories: their verbs, and how they end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <with/directory.h>
#include <with/life.h>
#include <with/named.h>

#include "base/syscalls.h"
#include "hook.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static struct tempfile_dir *open_one(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	ck_assert_msg(dir != NULL, "%s", strerror(errno));
	return dir;
}

START_TEST(close_removes_all_that_is_inside_and_may_be_repeated)
{
	char *before = testing_descriptors();
	struct tempfile_dir *dir = open_one();

	trees_must(chdir(dir->path));
	trees_bush("bush", 3, 3, 3);
	trees_must(symlink("/etc", "link"));
	trees_must(mkfifo("fifo", 0600));
	trees_must(mkdir("closed", 0700));
	trees_file("closed/file");
	trees_must(chmod("closed", 0));
	trees_begin();
	errno = EDOM;
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_ptr_null(dir);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	ck_assert(trees_exists("/etc"));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_int_eq(tempfile_dir_close(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

static void remove_closed_tree_as_nobody(void *data)
{
	struct tempfile_dir *dir;

	(void)data;
	testing_drop_privileges();
	dir = tempfile_dir_open();
	testing_expect(dir && chdir(dir->path) == 0);
	testing_expect(mkdir("closed", 0700) == 0);
	trees_file("closed/file");
	testing_expect(chmod("closed", 0) == 0 && chmod(".", 0) == 0);
	testing_expect(chdir("/") == 0);
	testing_expect(tempfile_dir_close(&dir) == 0);
	testing_expect(testing_entries(NULL) == 0);
}

START_TEST(an_ordinary_user_can_remove_what_it_may_not_read)
{
	ck_assert(testing_exited(
		testing_in_child(remove_closed_tree_as_nobody, NULL), 0));
}
END_TEST

START_TEST(the_function_behind_takes_null_and_structs)
{
	struct tempfile_dir_open_options options = {
		.size = sizeof(options), .prefix = "kept_",
	};
	struct tempfile_dir *dir = tempfile_dir_open_opt(NULL);

	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	dir = tempfile_dir_open_opt(&options);
	ck_assert_ptr_nonnull(strstr(dir->path, "/kept_"));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

static bool joins_to(struct tempfile_dir *dir, const char *joined,
		     const char *rest)
{
	char expected[2 * PATH_MAX];

	snprintf(expected, sizeof(expected), "%s/%s", dir->path, rest);
	return joined && strcmp(joined, expected) == 0;
}

START_TEST(join_writes_as_printf_does_and_the_handle_owns_it)
{
	struct tempfile_dir *dir = open_one();
	const char *first, *paths[200];

	errno = EDOM;
	first = tempfile_dir_join(dir, "%s-%03d.%c", "chunk", 7, 'x');
	ck_assert_int_eq(errno, EDOM);
	for (int i = 0; i < 200; i++)
		paths[i] = tempfile_dir_join(dir, "%0*d", i + 1, i);
	ck_assert(joins_to(dir, first, "chunk-007.x"));
	for (int i = 0; i < 200; i++) {
		char rest[256];

		snprintf(rest, sizeof(rest), "%0*d", i + 1, i);
		ck_assert(joins_to(dir, paths[i], rest));
	}
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(join_takes_what_stays_inside)
{
	static const char *const good[] = {
		"a", "a/b/c", "...", "..a", "a..", "a/..b", "a/...", ".",
		"./a", "a/./b", "a/", "a//b", " ", "\xff", ".../a",
	};
	struct tempfile_dir *dir = open_one();

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(joins_to(dir, tempfile_dir_join(dir, "%s",
							      good[i]),
				       good[i]), "%s", good[i]);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(join_refuses_what_is_empty_absolute_or_leads_out)
{
	static const char *const bad[] = {
		"", "/", "/a", "//a", "..", "../a", "a/..", "a/../b",
		"a/b/..", "../", "a//..", "./..", "..//a",
	};
	struct tempfile_dir *dir = open_one();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		ck_assert_msg(!tempfile_dir_join(dir, "%s", bad[i]), "%s",
			      bad[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	errno = 0;
	ck_assert_ptr_null(tempfile_dir_join(NULL, "a"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(join_refuses_what_is_no_path_for_the_system)
{
	struct tempfile_dir *dir = open_one();
	size_t room = PATH_MAX - 1 - strlen(dir->path) - 1;
	const char *format = NULL;

	ck_assert_ptr_nonnull(tempfile_dir_join(dir, "%0*d", (int)room, 1));
	errno = 0;
	ck_assert_ptr_null(tempfile_dir_join(dir, "%0*d", (int)room + 1, 1));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	errno = 0;
	ck_assert_ptr_null(tempfile_dir_join(dir, "%ls", L"\x20ac"));
	ck_assert_int_eq(errno, EILSEQ);
	errno = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
	ck_assert_ptr_null(tempfile_dir_join(dir, format));
#pragma GCC diagnostic pop
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(fd_is_the_directory_and_stays_the_same)
{
	char *before = testing_descriptors();
	struct tempfile_dir *dir = open_one();
	struct stat by_path, by_fd;
	int fd;

	errno = EDOM;
	fd = tempfile_dir_fd(dir);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(tempfile_dir_fd(dir), fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &by_fd), 0);
	ck_assert_int_eq(stat(dir->path, &by_path), 0);
	ck_assert_uint_eq(by_fd.st_ino, by_path.st_ino);
	ck_assert_uint_eq(by_fd.st_dev, by_path.st_dev);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	testing_same_descriptors(before);
	errno = 0;
	ck_assert_int_eq(tempfile_dir_fd(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(fd_of_a_replaced_or_vanished_directory_fails)
{
	char *before = testing_descriptors();
	struct tempfile_dir *dir = open_one();
	char moved[PATH_MAX];

	snprintf(moved, sizeof(moved), "%s.moved", dir->path);
	trees_must(rename(dir->path, moved));
	errno = 0;
	ck_assert_int_eq(tempfile_dir_fd(dir), -1);
	ck_assert_int_eq(errno, ENOENT);
	trees_directory(dir->path);
	ck_assert_int_eq(tempfile_dir_fd(dir), -1);
	ck_assert_int_eq(errno, ESTALE);
	trees_must(rmdir(dir->path));
	trees_must(symlink(moved, dir->path));
	ck_assert_int_eq(tempfile_dir_fd(dir), -1);
	ck_assert(errno == ENOTDIR || errno == ELOOP);
	trees_must(unlink(dir->path));
	trees_must(rename(moved, dir->path));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	testing_same_descriptors(before);
}
END_TEST

static void work_in_unreadable(void *data)
{
	struct tempfile_dir *dir;
	struct tempfile_named *named;
	int fd;

	(void)data;
	testing_drop_privileges();
	dir = tempfile_dir_open(.permissions = 0300);
	testing_expect(dir != NULL);
	errno = EDOM;
	fd = tempfile_dir_fd(dir);
	testing_expect(fd >= 0 && errno == EDOM);
	named = tempfile_named_open(.inside = dir);
	testing_expect(named != NULL);
	testing_expect(tempfile_named_close(&named) == 0);
	testing_expect(mkdirat(fd, "sub", 0700) == 0);
	testing_expect(tempfile_dir_close(&dir) == 0);
	testing_expect(testing_entries(NULL) == 0);
}

START_TEST(an_unreadable_directory_serves_too)
{
	ck_assert(testing_exited(
		testing_in_child(work_in_unreadable, NULL), 0));
}
END_TEST

START_TEST(keep_leaves_the_directory)
{
	struct tempfile_dir *dir = open_one();
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir->path);
	ck_assert_int_eq(tempfile_dir_keep(dir), 0);
	ck_assert_int_eq(tempfile_dir_keep(dir), 0);
	ck_assert_ptr_nonnull(tempfile_dir_join(dir, "x"));
	ck_assert_int_ge(tempfile_dir_fd(dir), 0);
	with_cleanup_now();
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	trees_must(rmdir(path));
	WITH_TEMPDIR (other, .keep = true) {
		snprintf(path, sizeof(path), "%s", other->path);
	} else {
		ck_abort();
	}
	trees_must(rmdir(path));
	errno = 0;
	ck_assert_int_eq(tempfile_dir_keep(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_directory_already_gone_is_success_and_told_to_nobody)
{
	struct tempfile_dir *dir = open_one();
	int here = AT_FDCWD, fd;

	trees_must(rmdir(dir->path));
	errno = EDOM;
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_int_eq(errno, EDOM);
	hook_listen();
	WITH_TEMPDIR (other) {
		trees_must(rmdir(other->path));
	} else {
		ck_abort();
	}
	trees_begin();
	WITH_TEMPDIR (other, .at = &here) {
		trees_must(rmdir(other->path));
	} else {
		ck_abort();
	}
	trees_directory("place");
	fd = trees_must(open("place", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	WITH_TEMPDIR (other, .at = &fd) {
		trees_must(rmdir(other->path));
		close(fd);
	} else {
		ck_abort();
	}
	trees_must(rmdir("place"));
	ck_assert_str_eq(hook_heard(), "");
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(a_closed_at_descriptor_leaves_the_path)
{
	int fd, other;

	trees_begin();
	trees_directory("place");
	hook_listen();
	fd = trees_must(open("place", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	WITH_TEMPDIR (dir, .at = &fd) {
		close(fd);
	} else {
		ck_abort();
	}
	ck_assert_uint_eq(testing_entries("place"), 0);
	fd = trees_must(open("place", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	WITH_TEMPDIR (dir, .at = &fd) {
		close(fd);
		/* The number now means something else. */
		other = trees_must(open("/dev/null", O_RDONLY | O_CLOEXEC));
		ck_assert_int_eq(other, fd);
	} else {
		ck_abort();
	}
	close(other);
	ck_assert_uint_eq(testing_entries("place"), 0);
	fd = trees_must(open("place", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	WITH_TEMPDIR (dir, .at = &fd) {
		close(fd);
		other = trees_must(open("/proc", O_RDONLY | O_CLOEXEC));
		ck_assert_int_eq(other, fd);
	} else {
		ck_abort();
	}
	close(other);
	ck_assert_uint_eq(testing_entries("place"), 0);
	trees_must(rmdir("place"));
	ck_assert_str_eq(hook_heard(), "");
}
END_TEST

START_TEST(a_parent_closed_before_its_child_is_no_error)
{
	struct tempfile_dir *parent = open_one();
	struct tempfile_dir *child = tempfile_dir_open(.inside = parent);
	struct tempfile_named *named = tempfile_named_open(.inside = child);

	ck_assert_ptr_nonnull(named);
	ck_assert_int_eq(tempfile_dir_close(&parent), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	ck_assert_int_eq(tempfile_dir_close(&child), 0);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
}
END_TEST

START_TEST(a_directory_renamed_away_is_the_users)
{
	struct tempfile_dir *dir = open_one();
	char moved[PATH_MAX];

	trees_must(chdir(dir->path));
	trees_file("file");
	trees_begin();
	snprintf(moved, sizeof(moved), "%s.moved", dir->path);
	trees_must(rename(dir->path, moved));
	ck_assert_int_ge(tempfile_dir_fd(dir), -1);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_uint_eq(testing_entries(moved), 1);
	trees_must(chdir(moved));
	trees_must(unlink("file"));
	trees_begin();
	trees_must(rmdir(moved));
}
END_TEST

START_TEST(an_impostor_under_the_name_is_left_alone)
{
	for (int i = 0; i < 3; i++) {
		struct tempfile_dir *dir = open_one();
		char path[PATH_MAX], moved[PATH_MAX + 8];

		if (i == 1)
			ck_assert_int_ge(tempfile_dir_fd(dir), 0);
		snprintf(path, sizeof(path), "%s", dir->path);
		snprintf(moved, sizeof(moved), "%s.moved", path);
		trees_must(rename(path, moved));
		trees_must(mkdir(path, 0700));
		trees_must(chdir(path));
		if (i < 2)	/* empty ones are not rmdir()ed either */
			trees_file("precious");
		trees_begin();
		errno = 0;
		ck_assert_int_eq(tempfile_dir_close(&dir), -1);
		ck_assert_int_eq(errno, ESTALE);
		with_cleanup_now();
		trees_must(chdir(path));
		if (i < 2)
			trees_must(unlink("precious"));
		trees_begin();
		trees_must(rmdir(path));
		trees_must(rmdir(moved));
	}
}
END_TEST

START_TEST(a_link_under_the_name_is_not_followed)
{
	struct tempfile_dir *dir = open_one();
	char moved[PATH_MAX];
	int error;

	trees_begin();
	trees_directory("precious");
	trees_file("precious/file");
	snprintf(moved, sizeof(moved), "%s.moved", dir->path);
	trees_must(rename(dir->path, moved));
	trees_must(symlink("precious", dir->path));
	ck_assert_int_eq(tempfile_dir_close(&dir), -1);
	error = errno;
	ck_assert_int_eq(error, ESTALE);
	with_cleanup_now();
	ck_assert(trees_exists("precious/file"));
	trees_must(unlink("precious/file"));
	trees_must(rmdir("precious"));
	moved[strlen(moved) - strlen(".moved")] = '\0';
	trees_must(unlink(moved));
	moved[strlen(moved)] = '.';
	trees_must(rmdir(moved));
}
END_TEST

START_TEST(what_cannot_be_removed_stays_owned_and_goes_later)
{
	char *before = testing_descriptors();
	struct tempfile_dir *dir = open_one();

	trees_must(chdir(dir->path));
	trees_bush("bush", 2, 2, 2);
	trees_begin();
	meddle_fail_all("unlinkat", EPERM);
	errno = 0;
	ck_assert_int_eq(tempfile_dir_close(&dir), -1);
	ck_assert_int_eq(errno, EPERM);
	meddle_end();
	ck_assert_ptr_null(dir);
	testing_same_descriptors(before);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(a_failure_at_the_end_of_a_scope_is_told_once)
{
	hook_listen();
	WITH_TEMPDIR (dir) {
		trees_must(chdir(dir->path));
		trees_bush("bush", 2, 2, 2);
		trees_begin();
		meddle_fail_all("unlinkat", EPERM);
		errno = EDOM;
	} else {
		ck_abort();
	}
	ck_assert_int_eq(errno, EDOM);
	meddle_end();
	ck_assert_int_eq(strncmp(hook_heard(), "remove /", 8), 0);
	ck_assert_ptr_nonnull(strstr(hook_text, " 1 at a line"));
	ck_assert_int_eq(hook_count, 1);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(failures_that_are_to_be_ignored_are_nobodys_error)
{
	struct tempfile_dir *dir =
		tempfile_dir_open(.ignore_cleanup_errors = true);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir->path);
	hook_listen();
	meddle_fail_all("unlinkat", EPERM);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	WITH_TEMPDIR (other, .ignore_cleanup_errors = true) {
		snprintf(path + 2000, 2000, "%s", other->path);
	} else {
		ck_abort();
	}
	meddle_end();
	ck_assert_str_eq(hook_heard(), "");
	(void)rmdir(path);
	(void)rmdir(path + 2000);
}
END_TEST

START_TEST(several_threads_may_remove_it)
{
	struct tempfile_dir *dir = tempfile_dir_open(.threads = 4);

	ck_assert_ptr_nonnull(dir);
	trees_must(chdir(dir->path));
	trees_bush("bush", 6, 6, 3);
	trees_begin();
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(a_socket_fits_into_a_directory_with_socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(testing_tmpdir());
	struct tempfile_dir *dir;
	const char *path;
	char name[200];
	int fd;

	/* As long as it may be: 77 bytes, and 30 more fit into 107. */
	memset(name, 'p', sizeof(name));
	name[77 - length - 1 - 16] = '\0';
	dir = tempfile_dir_open(.prefix = name, .socket_path = true);
	ck_assert_ptr_nonnull(dir);
	ck_assert_uint_eq(strlen(dir->path), 77);
	path = tempfile_dir_join(dir, "%029d", 1);
	ck_assert_uint_eq(strlen(path), 107);
	strcpy(address.sun_path, path);
	fd = trees_must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	trees_must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	errno = 0;
	ck_assert_ptr_null(tempfile_dir_open(.prefix = name, .suffix = "x",
					     .socket_path = true));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	dir = tempfile_dir_open(.prefix = name, .suffix = "x");
	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_CHILD_TEST(depth_of_5000_goes_with_64_descriptors)
{
	const struct rlimit limit = { 64, 64 };
	struct tempfile_dir *dir;

	if (testing_is_wrapped())
		return;
	testing_expect(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	dir = tempfile_dir_open();
	testing_expect(dir && chdir(dir->path) == 0);
	trees_chain("deep", "d", 5000);
	testing_expect(chdir("/") == 0);
	testing_expect(tempfile_dir_close(&dir) == 0);
	testing_expect(testing_entries(NULL) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(without_a_descriptor_left_the_handles_own_serves)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	testing_expect(dir && tempfile_dir_fd(dir) >= 0);
	testing_expect(chdir(dir->path) == 0);
	trees_files(".", 3);
	testing_expect(chdir("/") == 0);
	trees_descriptors(TREES_NO_DESCRIPTOR);
	testing_expect(tempfile_dir_close(&dir) == 0);
	trees_descriptors(0);
	testing_expect(testing_entries(NULL) == 0);
}
END_CHILD_TEST

static void lack_a_descriptor(bool unreadable)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	testing_expect(dir && chdir(dir->path) == 0);
	trees_files(".", 3);
	testing_expect(chdir("/") == 0);
	if (unreadable) {
		/* So that the handle's own is no good for reading. */
		testing_expect(chmod(dir->path, 0300) == 0);
		testing_expect(tempfile_dir_fd(dir) >= 0);
		testing_expect(chmod(dir->path, 0700) == 0);
	}
	trees_descriptors(TREES_NO_DESCRIPTOR);
	errno = 0;
	testing_expect(tempfile_dir_close(&dir) == -1 && errno == EMFILE);
	trees_descriptors(0);
	testing_expect(testing_entries(NULL) == 1);
	with_cleanup_now();
	testing_expect(testing_entries(NULL) == 0);
}

START_CHILD_TEST(without_any_it_is_emfile_and_stays_owned)
{
	lack_a_descriptor(false);
}
END_CHILD_TEST

START_CHILD_TEST(with_one_that_cannot_be_read_it_is_emfile_too)
{
	testing_drop_privileges();
	lack_a_descriptor(true);
}
END_CHILD_TEST

START_CHILD_TEST(fd_without_a_descriptor_left_is_emfile)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	testing_expect(dir != NULL);
	trees_descriptors(TREES_NO_DESCRIPTOR);
	errno = 0;
	testing_expect(tempfile_dir_fd(dir) == -1 && errno == EMFILE);
	errno = 0;
	testing_expect(!tempfile_named_open(.inside = dir) && errno == EMFILE);
	/* An empty one needs none. */
	testing_expect(tempfile_dir_close(&dir) == 0);
	trees_descriptors(0);
	testing_expect(testing_entries(NULL) == 0);
}
END_CHILD_TEST

static void close_in_child(void *data)
{
	struct tempfile_dir *dir = data;

	testing_expect(tempfile_dir_close(&dir) == 0 && !dir);
	with_cleanup_now();
}

START_TEST(a_child_that_closes_it_removes_nothing)
{
	struct tempfile_dir *dir = open_one();

	ck_assert_int_ge(tempfile_dir_fd(dir), 0);
	trees_must(chdir(dir->path));
	trees_file("file");
	trees_begin();
	ck_assert(testing_exited(testing_in_child(close_in_child, dir), 0));
	ck_assert_uint_eq(testing_entries(dir->path), 1);
	ck_assert_int_ge(fcntl(tempfile_dir_fd(dir), F_GETFD), 0);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

static struct tempfile_dir *stolen(void)
{
	SCOPED_TEMPDIR(dir);

	return with_steal(dir);
}

START_TEST(a_stolen_one_outlives_its_scope)
{
	struct tempfile_dir *dir = stolen();

	ck_assert_ptr_nonnull(dir);
	ck_assert(trees_exists(dir->path));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

TESTING_MAIN("directory",
	close_removes_all_that_is_inside_and_may_be_repeated,
	an_ordinary_user_can_remove_what_it_may_not_read,
	the_function_behind_takes_null_and_structs,
	join_writes_as_printf_does_and_the_handle_owns_it,
	join_takes_what_stays_inside,
	join_refuses_what_is_empty_absolute_or_leads_out,
	join_refuses_what_is_no_path_for_the_system,
	fd_is_the_directory_and_stays_the_same,
	fd_of_a_replaced_or_vanished_directory_fails,
	an_unreadable_directory_serves_too,
	keep_leaves_the_directory,
	a_directory_already_gone_is_success_and_told_to_nobody,
	a_closed_at_descriptor_leaves_the_path,
	a_parent_closed_before_its_child_is_no_error,
	a_directory_renamed_away_is_the_users,
	an_impostor_under_the_name_is_left_alone,
	a_link_under_the_name_is_not_followed,
	what_cannot_be_removed_stays_owned_and_goes_later,
	a_failure_at_the_end_of_a_scope_is_told_once,
	failures_that_are_to_be_ignored_are_nobodys_error,
	several_threads_may_remove_it,
	a_socket_fits_into_a_directory_with_socket_path,
	depth_of_5000_goes_with_64_descriptors,
	without_a_descriptor_left_the_handles_own_serves,
	without_any_it_is_emfile_and_stays_owned,
	with_one_that_cannot_be_read_it_is_emfile_too,
	fd_without_a_descriptor_left_is_emfile,
	a_child_that_closes_it_removes_nothing,
	a_stolen_one_outlives_its_scope)
