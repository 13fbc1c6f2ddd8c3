/* SPDX-License-Identifier: MIT */
/*
 * test-python.c - what users of Python's tempfile may rely on, in C
 *
 * Each case stands for a group of CPython's Lib/test/test_tempfile.py, whose
 * class is named above it. Left out is what has no counterpart: str against
 * bytes, weak references and garbage collection, warnings, Windows.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <with.h>

#include "testing.h"
#include "trees.h"

#define MANY 100		/* their TEST_FILES */

static void split(const char *path, char *dir, char *base)
{
	const char *last = strrchr(path, '/');

	ck_assert_ptr_nonnull(last);
	memcpy(dir, path, (size_t)(last - path));
	dir[last - path] = '\0';
	strcpy(base, last + 1);
}

/* BaseTestCase.nameCheck: absolute, in dir, prefix and suffix in place. */
static void check_name(const char *path, const char *dir, const char *prefix,
		       const char *suffix)
{
	char in[PATH_MAX], base[PATH_MAX];
	size_t length;

	split(path, in, base);
	length = strlen(base);
	ck_assert_str_eq(in, dir);
	ck_assert_int_eq(strncmp(base, prefix, strlen(prefix)), 0);
	ck_assert_uint_gt(length, strlen(prefix) + strlen(suffix));
	ck_assert_str_eq(base + length - strlen(suffix), suffix);
	/* No two names differ in case only. */
	for (size_t i = strlen(prefix); i < length - strlen(suffix); i++)
		ck_assert((base[i] >= 'a' && base[i] <= 'z') ||
			  (base[i] >= '0' && base[i] <= '9') ||
			  base[i] == '_');
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* TestGetDefaultTempdir, TestGetTempDir */
START_TEST(gettempdir_exists_is_writable_and_the_same_each_time)
{
	const char *dir = tempfile_gettempdir();
	struct stat st;

	ck_assert_int_eq(dir[0], '/');
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(access(dir, W_OK), 0);
	ck_assert_ptr_eq(tempfile_gettempdir(), dir);
	ck_assert_uint_eq(testing_entries(dir), 0);
}
END_TEST

/* TestGetTempPrefix */
START_TEST(gettempprefix_makes_a_file_name)
{
	const char *prefix = tempfile_gettempprefix();
	char path[PATH_MAX];
	int fd;

	ck_assert_uint_gt(strlen(prefix), 0);
	ck_assert_ptr_null(strchr(prefix, '/'));
	snprintf(path, sizeof(path), "%s/%sxxxxxx.txt", tempfile_gettempdir(),
		 prefix);
	fd = trees_must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	close(fd);
	trees_must(unlink(path));
}
END_TEST

/* TestMkstemp, TestMkstempInner: basic */
START_TEST(mkstemp_places_prefix_and_suffix)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "a", "" }, { "", "b" }, { "a", "b" },
		{ "aa", ".txt" }, { ".", "." }, { "tmp", "" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char *path;
		int fd = tempfile_mkstemp(&path, .prefix = pairs[i][0],
					  .suffix = pairs[i][1]);

		ck_assert_int_ge(fd, 0);
		check_name(path, tempfile_gettempdir(), pairs[i][0],
			   pairs[i][1]);
		ck_assert_int_eq(write(fd, "blat", 4), 4);
		close(fd);
		trees_must(unlink(path));
		free(path);
	}
}
END_TEST

/* TestMkstempInner: basic_many, file_mode */
START_TEST(mkstemp_makes_many_of_mode_0600)
{
	char *paths[MANY];

	for (size_t i = 0; i < MANY; i++) {
		int fd = tempfile_mkstemp(&paths[i], .prefix = "aa",
					  .suffix = ".txt");

		ck_assert_int_ge(fd, 0);
		close(fd);
		ck_assert_uint_eq(mode_of(paths[i]), 0600);
	}
	ck_assert_uint_eq(testing_entries(NULL), MANY);
	for (size_t i = 0; i < MANY; i++) {
		trees_must(unlink(paths[i]));
		free(paths[i]);
	}
}
END_TEST

/* TestMkstemp: choose_directory; TestMkdtemp: for_tempdir_is_relative */
START_TEST(mkstemp_and_mkdtemp_take_a_directory_and_return_absolute_paths)
{
	char *dir = tempfile_mkdtemp(), *path, *sub;
	int fd;

	fd = tempfile_mkstemp(&path, .dir = dir);
	check_name(path, dir, "tmp", "");
	close(fd);
	trees_must(unlink(path));
	free(path);
	trees_must(chdir(dir));
	sub = tempfile_mkdtemp(.dir = ".");
	check_name(sub, dir, "tmp", "");
	trees_begin();
	trees_must(rmdir(sub));
	trees_must(rmdir(dir));
	free(sub);
	free(dir);
}
END_TEST

/* TestMkstempInner: noinherit */
static void run_with_descriptor(void *data)
{
	char number[16];
	char *const arguments[] = {
		(char *)"sh", (char *)"-c",
		(char *)"test ! -e /proc/self/fd/$0", number, NULL,
	};

	snprintf(number, sizeof(number), "%d", *(int *)data);
	execv("/bin/sh", arguments);
}

START_TEST(mkstemp_descriptors_are_not_inherited_by_programs)
{
	char *path;
	int fd = tempfile_mkstemp(&path);

	ck_assert(testing_exited(testing_in_child(run_with_descriptor, &fd),
				 0));
	close(fd);
	trees_must(unlink(path));
	free(path);
	fd = tempfile_mkstemp(&path, .inheritable = true);
	ck_assert(testing_exited(testing_in_child(run_with_descriptor, &fd),
				 1));
	close(fd);
	trees_must(unlink(path));
	free(path);
}
END_TEST

/* TestBadTempdir, TestMkstempInner: read_only_directory, ... */
static void meet_bad_directories(void *unused)
{
	char *path;

	(void)unused;
	trees_begin();
	trees_file("file");
	trees_directory("read-only");
	testing_expect(chmod("read-only", 0555) == 0);
	testing_drop_privileges();
	errno = 0;
	testing_expect(tempfile_mkstemp(&path, .dir = "read-only") < 0 &&
		       errno == EACCES);
	testing_expect(!tempfile_mkdtemp(.dir = "read-only") &&
		       errno == EACCES);
	errno = 0;
	testing_expect(tempfile_mkstemp(&path, .dir = "nonexistent") < 0 &&
		       errno == ENOENT);
	testing_expect(!tempfile_mkdtemp(.dir = "nonexistent") &&
		       errno == ENOENT);
	errno = 0;
	testing_expect(tempfile_mkstemp(&path, .dir = "file") < 0 &&
		       errno == ENOTDIR);
	testing_expect(!tempfile_mkdtemp(.dir = "file") && errno == ENOTDIR);
	testing_expect(testing_entries("read-only") == 0);
	testing_expect(unlink("file") == 0 && rmdir("read-only") == 0);
}

START_TEST(bad_directories_say_what_they_are)
{
	ck_assert(testing_exited(
		testing_in_child(meet_bad_directories, NULL), 0));
}
END_TEST

/* TestMkdtemp: basic, basic_many, mode, collision_with_existing_* */
START_TEST(mkdtemp_makes_many_of_mode_0700)
{
	char *paths[MANY];

	for (size_t i = 0; i < MANY; i++) {
		paths[i] = tempfile_mkdtemp(.prefix = "a", .suffix = "b");
		check_name(paths[i], tempfile_gettempdir(), "a", "b");
		ck_assert_uint_eq(mode_of(paths[i]), 0700);
	}
	for (size_t i = 0; i < MANY; i++) {
		trees_must(rmdir(paths[i]));
		free(paths[i]);
	}
}
END_TEST

START_TEST(a_taken_name_is_not_taken_again)
{
	char *path = tempfile_mkdtemp(.prefix = "aaa", .random_length =
				      TEMPFILE_EXACT_NAME), *other;

	ck_assert_ptr_nonnull(path);
	ck_assert_ptr_null(tempfile_mkdtemp(.prefix = "aaa", .random_length =
					    TEMPFILE_EXACT_NAME));
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(tempfile_mkstemp(&other, .prefix = "aaa",
					  .random_length =
					  TEMPFILE_EXACT_NAME), -1);
	ck_assert_int_eq(errno, EEXIST);
	trees_must(rmdir(path));
	free(path);
}
END_TEST

/* TestNamedTemporaryFile: basic, creates_named, del_on_close */
START_TEST(named_file_is_there_and_goes_on_close)
{
	struct tempfile_named *named =
		tempfile_named_open(.prefix = "a", .suffix = "b");
	char path[PATH_MAX];

	check_name(named->path, tempfile_gettempdir(), "a", "b");
	ck_assert(trees_exists(named->path));
	snprintf(path, sizeof(path), "%s", named->path);
	ck_assert_int_eq(fputs("blat", named->file) < 0, 0);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert(!trees_exists(path));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
}
END_TEST

/* dis_del_on_close, del_by_wrapper, context_man_not_del_on_close */
START_TEST(named_file_can_be_kept_or_closed_before_it_goes)
{
	char path[PATH_MAX];

	WITH_NAMED_TMP (named, .keep = true) {
		snprintf(path, sizeof(path), "%s", named->path);
	} else {
		ck_abort();
	}
	trees_must(unlink(path));
	WITH_NAMED_TMP (named) {
		FILE *again;

		fputs("blat", named->file);
		ck_assert_int_eq(tempfile_named_close_file(named), 0);
		ck_assert(trees_exists(named->path));
		again = fopen(named->path, "re");
		ck_assert_ptr_nonnull(again);
		ck_assert_int_eq(getc(again), 'b');
		fclose(again);
	} else {
		ck_abort();
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* context_man_ok_to_delete_manually */
START_TEST(named_file_may_be_deleted_by_hand)
{
	WITH_NAMED_TMP (named) {
		ck_assert_int_eq(tempfile_named_close_file(named), 0);
		trees_must(unlink(named->path));
	} else {
		ck_abort();
	}
}
END_TEST

/* test_bad_mode, test_bad_encoding, test_unexpected_error */
START_TEST(a_stream_that_cannot_be_leaves_no_file)
{
	errno = 0;
	ck_assert_ptr_null(tempfile_named_open(.mode = "wr"));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(tempfile_open(.mode = "2"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* TestTemporaryFile: basic, has_no_name, multiple_close */
START_TEST(anonymous_file_is_in_its_directory_without_a_name)
{
	char *dir = tempfile_mkdtemp();
	FILE *file = tempfile_open(.dir = dir);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs("blat", file), 0);
	/* It could not go if there were something in it. */
	trees_must(rmdir(dir));
	rewind(file);
	ck_assert_int_eq(getc(file), 'b');
	ck_assert_int_eq(with_file_close(&file), 0);
	ck_assert_int_eq(with_file_close(&file), 0);
	free(dir);
}
END_TEST

/* TestTemporaryDirectory: explicit_cleanup, multiple_close, context_manager */
START_TEST(directory_goes_with_its_contents)
{
	struct tempfile_dir *outer = tempfile_dir_open(), *dir;

	dir = tempfile_dir_open(.dir = outer->path);
	check_name(dir->path, outer->path, "tmp", "");
	trees_must(chdir(dir->path));
	trees_bush("do_create", 2, 2, 2);
	trees_begin();
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_uint_eq(testing_entries(outer->path), 0);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	WITH_TEMPDIR (inner, .inside = outer) {
		ck_assert_uint_eq(testing_entries(outer->path), 1);
	} else {
		ck_abort();
	}
	ck_assert_uint_eq(testing_entries(outer->path), 0);
	ck_assert_int_eq(tempfile_dir_close(&outer), 0);
}
END_TEST

/* cleanup_with_symlink_to_a_directory, cleanup_with_symlink_modes */
START_TEST(directory_goes_without_what_its_links_lead_to)
{
	trees_begin();
	trees_directory("outside");
	trees_file("outside/test.txt");
	trees_must(chmod("outside", 0));
	WITH_TEMPDIR (dir) {
		trees_must(symlink("../outside", tempfile_dir_join(dir, "a")));
		trees_must(symlink("../outside/test.txt",
				   tempfile_dir_join(dir, "b")));
		trees_must(symlink("nowhere", tempfile_dir_join(dir, "c")));
	} else {
		ck_abort();
	}
	ck_assert_uint_eq(mode_of("outside"), 0);
	trees_must(chmod("outside", 0700));
	ck_assert(trees_exists("outside/test.txt"));
	trees_must(unlink("outside/test.txt"));
	trees_must(rmdir("outside"));
}
END_TEST

/* test_modes */
static void remove_all_modes(void *unused)
{
	(void)unused;
	testing_drop_privileges();
	for (mode_t mode = 0; mode < 8; mode++) {
		struct tempfile_dir *dir = tempfile_dir_open();

		testing_expect(dir && chdir(dir->path) == 0);
		trees_bush("bush", 2, 2, 2);
		testing_expect(chmod("bush/d0/d0", mode << 6) == 0);
		testing_expect(chmod("bush/d0", mode << 6) == 0);
		testing_expect(chmod(".", mode << 6) == 0);
		testing_expect(chdir("/") == 0);
		testing_expect(tempfile_dir_close(&dir) == 0);
	}
	testing_expect(testing_entries(NULL) == 0);
}

START_TEST(directory_goes_whatever_the_modes_in_it)
{
	ck_assert(testing_exited(testing_in_child(remove_all_modes, NULL), 0));
}
END_TEST

/* explicit_cleanup_ignore_errors, explicit_cleanup_correct_error */
START_TEST(directory_deleted_by_hand_is_no_error)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	trees_must(rmdir(dir->path));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

/* TestTemporaryDirectory: delete_false */
START_TEST(directory_can_be_kept)
{
	char path[PATH_MAX];

	WITH_TEMPDIR (dir, .keep = true) {
		snprintf(path, sizeof(path), "%s", dir->path);
	} else {
		ck_abort();
	}
	ck_assert(trees_exists(path));
	trees_must(rmdir(path));
}
END_TEST

TESTING_MAIN("python",
	gettempdir_exists_is_writable_and_the_same_each_time,
	gettempprefix_makes_a_file_name,
	mkstemp_places_prefix_and_suffix,
	mkstemp_makes_many_of_mode_0600,
	mkstemp_and_mkdtemp_take_a_directory_and_return_absolute_paths,
	mkstemp_descriptors_are_not_inherited_by_programs,
	bad_directories_say_what_they_are,
	mkdtemp_makes_many_of_mode_0700,
	a_taken_name_is_not_taken_again,
	named_file_is_there_and_goes_on_close,
	named_file_can_be_kept_or_closed_before_it_goes,
	named_file_may_be_deleted_by_hand,
	a_stream_that_cannot_be_leaves_no_file,
	anonymous_file_is_in_its_directory_without_a_name,
	directory_goes_with_its_contents,
	directory_goes_without_what_its_links_lead_to,
	directory_goes_whatever_the_modes_in_it,
	directory_deleted_by_hand_is_no_error,
	directory_can_be_kept)
