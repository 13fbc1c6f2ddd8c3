/* SPDX-License-Identifier: MIT */
/*
 * test-where.c - which directory is the default, and when it is looked for
 *
 * Every test is a process of its own: the environment is changed, and what
 * was found once stays found.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/anonymous.h>
#include <with/directory.h>
#include <with/location.h>
#include <with/named.h>

#include "base/syscalls.h"
#include "base/where.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static char base[PATH_MAX];

/* The TMPDIR of the run, to be asked for before the first setenv(). */
static const char *begin(void)
{
	trees_begin();
	snprintf(base, sizeof(base), "%s", testing_tmpdir());
	unsetenv("TMPDIR");
	unsetenv("TEMP");
	unsetenv("TMP");
	return base;
}

/* The path of something in the TMPDIR. */
__attribute__((format(printf, 1, 2)))
static const char *in_base(const char *format, ...)
{
	static char path[2 * PATH_MAX];
	va_list arguments;
	int length = snprintf(path, sizeof(path), "%s/", base);

	va_start(arguments, format);
	vsnprintf(path + length, sizeof(path) - (size_t)length, format,
		  arguments);
	va_end(arguments);
	return path;
}

static bool is_found(const char *expected)
{
	const char *path = with__where();

	if (path && expected && strcmp(path, expected) == 0)
		return true;
	fprintf(stderr, "found %s instead of %s\n", path ? path : "nothing",
		expected ? expected : "nothing");
	return false;
}

START_CHILD_TEST(unset_variables_mean_tmp)
{
	begin();
	testing_expect(is_found("/tmp"));
}
END_CHILD_TEST

START_CHILD_TEST(empty_variables_mean_tmp_and_not_here)
{
	begin();
	setenv("TMPDIR", "", 1);
	setenv("TEMP", "", 1);
	setenv("TMP", "", 1);
	testing_expect(is_found("/tmp"));
	testing_expect(testing_entries(base) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(variables_come_in_their_order)
{
	begin();
	trees_directory("TMPDIR");
	trees_directory("TEMP");
	trees_directory("TMP");
	setenv("TMP", in_base("TMP"), 1);
	testing_expect(is_found(in_base("TMP")));
	setenv("TEMP", in_base("TEMP"), 1);
	testing_expect(with__where_set(NULL) == 0);
	testing_expect(is_found(in_base("TEMP")));
	setenv("TMPDIR", in_base("TMPDIR"), 1);
	testing_expect(with__where_set(NULL) == 0);
	testing_expect(is_found(in_base("TMPDIR")));
	testing_expect(rmdir("TMPDIR") == 0 && rmdir("TEMP") == 0 &&
		       rmdir("TMP") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(it_is_found_once)
{
	begin();
	trees_directory("first");
	trees_directory("second");
	setenv("TMPDIR", in_base("first"), 1);
	testing_expect(is_found(in_base("first")));
	setenv("TMPDIR", in_base("second"), 1);
	meddle_begin(NULL, NULL);
	testing_expect(is_found(in_base("first")));
	testing_expect(meddle_count(NULL) == 0);
	meddle_end();
	testing_expect(rmdir("first") == 0 && rmdir("second") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(a_relative_value_is_made_absolute_at_once)
{
	begin();
	trees_directory("relative");
	setenv("TMPDIR", "relative//", 1);
	testing_expect(is_found(in_base("relative")));
	testing_expect(chdir("/") == 0);
	testing_expect(is_found(in_base("relative")));
	testing_expect(rmdir(in_base("relative")) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(what_is_missing_or_a_file_is_passed_over)
{
	begin();
	trees_file("file");
	trees_directory("good");
	setenv("TMPDIR", in_base("missing"), 1);
	setenv("TEMP", in_base("file"), 1);
	setenv("TMP", in_base("good"), 1);
	testing_expect(is_found(in_base("good")));
	testing_expect(testing_entries(in_base("good")) == 0);
	testing_expect(unlink("file") == 0 && rmdir("good") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(what_cannot_be_written_to_is_passed_over)
{
	begin();
	trees_directory("closed");
	trees_directory("good");
	testing_expect(chmod("closed", 0555) == 0 && chmod("good", 0777) == 0);
	setenv("TMPDIR", base, 1);
	testing_drop_privileges();
	setenv("TMPDIR", in_base("closed"), 1);
	setenv("TEMP", in_base("good"), 1);
	testing_expect(is_found(in_base("good")));
	testing_expect(rmdir("closed") == 0 && rmdir("good") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(what_is_too_long_is_passed_over)
{
	static char path[3 * PATH_MAX];

	begin();
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	setenv("TMPDIR", path, 1);
	path[PATH_MAX - 1] = '\0';
	setenv("TEMP", path, 1);
	setenv("TMP", path + 1, 1);
	testing_expect(is_found("/tmp"));
}
END_CHILD_TEST

/* A path of that many bytes to a directory in the TMPDIR. */
static const char *of_length(size_t length)
{
	static char path[PATH_MAX];

	testing_expect(length < sizeof(path));
	memset(path, '/', length);
	memcpy(path, base, strlen(base));
	path[length - 1] = 'd';
	path[length] = '\0';
	return path;
}

START_CHILD_TEST(where_no_name_of_ours_fits_is_passed_over)
{
	const size_t longest = PATH_MAX - 1 - strlen("/tmp") - 16;
	struct tempfile_named *named;

	begin();
	trees_directory("d");
	setenv("TMPDIR", of_length(longest + 1), 1);
	testing_expect(is_found("/tmp"));
	setenv("TMPDIR", of_length(longest), 1);
	testing_expect(with__where_set(NULL) == 0);
	testing_expect(is_found(of_length(longest)));
	named = tempfile_named_open();
	testing_expect(named && tempfile_named_close(&named) == 0);
	testing_expect(rmdir("d") == 0);
}
END_CHILD_TEST

static void expect_full_is_passed_over(const char *options, bool fill_blocks)
{
	static const char block[4096];

	testing_own_mounts();
	begin();
	trees_directory("full");
	trees_directory("good");
	testing_expect(mount("none", "full", "tmpfs", 0, options) == 0);
	if (fill_blocks) {
		int fd = open("full/filler", O_CREAT | O_WRONLY | O_CLOEXEC,
			      0600);

		while (write(fd, block, sizeof(block)) > 0)
			;
		testing_expect(errno == ENOSPC);
		close(fd);
	}
	setenv("TMPDIR", in_base("full"), 1);
	setenv("TEMP", in_base("good"), 1);
	testing_expect(is_found(in_base("good")));
	testing_expect(testing_entries(in_base("full")) == fill_blocks);
	testing_expect(umount("full") == 0);
	testing_expect(rmdir("full") == 0 && rmdir("good") == 0);
}

START_CHILD_TEST(what_has_no_free_block_is_passed_over)
{
	expect_full_is_passed_over("size=16k,mode=0777", true);
}
END_CHILD_TEST

START_CHILD_TEST(what_has_no_free_inode_is_passed_over)
{
	expect_full_is_passed_over("nr_inodes=1,mode=0777", false);
}
END_CHILD_TEST

static ssize_t short_write(int fd, const void *buffer, size_t size)
{
	return write(fd, buffer, size - 1);
}

START_CHILD_TEST(where_the_probe_is_written_in_part_is_passed_over)
{
	begin();
	setenv("TMPDIR", base, 1);
	with__sys.write = short_write;
	errno = 0;
	testing_expect(!with__where() && errno == ENOENT);
	testing_expect(testing_entries(base) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(none_usable_is_enoent_and_never_the_current_directory)
{
	begin();
	meddle_fail_all("openat", EACCES);
	errno = 0;
	testing_expect(!with__where() && errno == ENOENT);
	errno = 0;
	testing_expect(!tempfile_gettempdir() && errno == ENOENT);
	errno = 0;
	testing_expect(!tempfile_open() && errno == ENOENT);
	errno = 0;
	testing_expect(!tempfile_dir_open() && errno == ENOENT);
	meddle_end();
	/* It is asked again, since nothing was found. */
	testing_expect(is_found("/tmp"));
	testing_expect(testing_entries(base) == 0);
}
END_CHILD_TEST

static int no_tmpfile(int dirfd, const char *name, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(dirfd, name, flags, mode);
}

START_CHILD_TEST(without_o_tmpfile_the_probe_leaves_no_name)
{
	char *before = testing_descriptors();

	begin();
	setenv("TMPDIR", base, 1);
	with__sys.openat = no_tmpfile;
	meddle_begin(NULL, NULL);
	testing_expect(is_found(base));
	meddle_end();
	testing_expect(meddle_count("unlinkat") == 1);
	testing_expect(testing_entries(base) == 0);
	testing_expect(strcmp(before, testing_descriptors()) == 0);
	free(before);
}
END_CHILD_TEST

/*
 * A lack of our own says nothing about the directory: neither may another be
 * taken for good, nor is ENOENT the truth.
 */
static void expect_lack_is_told(int error)
{
	begin();
	setenv("TMPDIR", base, 1);
	meddle_fail_at(0, error);
	errno = 0;
	testing_expect(!with__where() && errno == error);
	meddle_end();
	testing_expect(is_found(base));
}

START_CHILD_TEST(no_descriptor_left_is_emfile_and_no_verdict)
{
	expect_lack_is_told(EMFILE);
}
END_CHILD_TEST

START_CHILD_TEST(no_file_left_in_the_system_is_enfile_and_no_verdict)
{
	expect_lack_is_told(ENFILE);
}
END_CHILD_TEST

START_CHILD_TEST(no_kernel_memory_is_enomem_and_no_verdict)
{
	expect_lack_is_told(ENOMEM);
}
END_CHILD_TEST

/* With the signal as it is, which kills. */
START_CHILD_TEST(a_limit_on_files_is_no_verdict)
{
	struct rlimit limit;

	testing_expect(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	for (limit.rlim_cur = 0; limit.rlim_cur < 6; limit.rlim_cur++) {
		testing_expect(setrlimit(RLIMIT_FSIZE, &limit) == 0);
		testing_expect(with__where_set(NULL) == 0);
		testing_expect(is_found(testing_tmpdir()));
	}
}
END_CHILD_TEST

START_CHILD_TEST(a_vanished_directory_is_looked_for_again)
{
	struct tempfile_dir *dir;
	FILE *file;

	begin();
	trees_directory("first");
	trees_directory("second");
	setenv("TMPDIR", in_base("first"), 1);
	setenv("TEMP", in_base("second"), 1);
	testing_expect(is_found(in_base("first")));
	testing_expect(rmdir("first") == 0);
	errno = EDOM;
	dir = tempfile_dir_open();
	testing_expect(dir && errno == EDOM);
	testing_expect(strncmp(dir->path, in_base("second/"),
			       strlen(in_base("second/"))) == 0);
	testing_expect(tempfile_dir_close(&dir) == 0);
	testing_expect(is_found(in_base("second")));
	/* For files without a name too. */
	trees_directory("first");
	testing_expect(rmdir("second") == 0);
	file = tempfile_open();
	testing_expect(file != NULL);
	fclose(file);
	testing_expect(is_found(in_base("first")));
	testing_expect(rmdir("first") == 0);
}
END_CHILD_TEST

/* One is found, and vanishes. */
static void begin_with_vanished(void)
{
	begin();
	trees_directory("first");
	setenv("TMPDIR", in_base("first"), 1);
	testing_expect(is_found(in_base("first")));
	testing_expect(rmdir("first") == 0);
}

START_CHILD_TEST(gettempdir_looks_again_for_a_vanished_directory)
{
	begin_with_vanished();
	testing_expect(strcmp(tempfile_gettempdir(), "/tmp") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(gettempdir_names_no_vanished_directory_if_none_is_left)
{
	begin_with_vanished();
	meddle_fail_all("openat", EACCES);
	errno = 0;
	testing_expect(!tempfile_gettempdir() && errno == ENOENT);
	meddle_end();
}
END_CHILD_TEST

START_CHILD_TEST(a_directory_that_came_back_is_used_again)
{
	char path[PATH_MAX];
	FILE *file;

	begin();
	trees_directory("first");
	snprintf(path, sizeof(path), "%s", in_base("first"));
	setenv("TMPDIR", path, 1);
	testing_expect(is_found(path));
	testing_expect(rmdir("first") == 0);
	trees_directory("first");
	file = tempfile_open();
	testing_expect(file != NULL);
	fclose(file);
	testing_expect(is_found(path));
	testing_expect(rmdir("first") == 0);
}
END_CHILD_TEST

/*
 * In a process whose effective user is not its real one; glibc's loader takes
 * $TMPDIR itself away there, so that the test is made with the next.
 */
static void expect_environment_ignored(void)
{
	if (!getenv("TEST_WHERE_SET_UID"))
		return;
	_exit(getenv("TEMP") && is_found("/tmp") ? 0 : 1);
}

__attribute__((constructor)) static void look_who_runs(void)
{
	expect_environment_ignored();
}

START_CHILD_TEST(a_set_uid_program_ignores_the_environment)
{
	char *const arguments[] = { (char *)"/proc/self/exe", NULL };

	if (testing_is_wrapped() || geteuid() != 0)
		return;		/* there is nobody else to be */
	setenv("TEMP", testing_tmpdir(), 1);
	setenv("TEST_WHERE_SET_UID", "yes", 1);
	testing_expect(setresuid(TESTING_NOBODY, 0, 0) == 0);
	execv(arguments[0], arguments);
	testing_expected(__FILE__, __LINE__, "executed");
}
END_CHILD_TEST

static bool is_absolute(const char *path, const char *expected)
{
	char *absolute = with__absolute(path);
	bool same = absolute && strcmp(absolute, expected) == 0;

	free(absolute);
	return same;
}

START_CHILD_TEST(paths_are_made_absolute_and_lose_their_last_slashes)
{
	begin();
	testing_expect(is_absolute("/", "/"));
	testing_expect(is_absolute("///", "/"));
	testing_expect(is_absolute("/a//", "/a"));
	testing_expect(is_absolute("a/b/", in_base("a/b")));
	testing_expect(is_absolute(".", base));
	testing_expect(is_absolute(".//./", base));
	testing_expect(is_absolute("././/a", in_base("a")));
	testing_expect(is_absolute("..", in_base("..")));
	testing_expect(is_absolute(".a/.", in_base(".a/.")));
	testing_expect(chdir("/") == 0);
	testing_expect(is_absolute("a", "/a"));
	testing_expect(is_absolute(".", "/"));
	errno = 0;
	testing_expect(!with__absolute("") && errno == ENOENT);
}
END_CHILD_TEST

TESTING_MAIN("where",
	unset_variables_mean_tmp,
	empty_variables_mean_tmp_and_not_here,
	variables_come_in_their_order,
	it_is_found_once,
	a_relative_value_is_made_absolute_at_once,
	what_is_missing_or_a_file_is_passed_over,
	what_cannot_be_written_to_is_passed_over,
	what_is_too_long_is_passed_over,
	where_no_name_of_ours_fits_is_passed_over,
	what_has_no_free_block_is_passed_over,
	what_has_no_free_inode_is_passed_over,
	where_the_probe_is_written_in_part_is_passed_over,
	none_usable_is_enoent_and_never_the_current_directory,
	without_o_tmpfile_the_probe_leaves_no_name,
	no_descriptor_left_is_emfile_and_no_verdict,
	no_file_left_in_the_system_is_enfile_and_no_verdict,
	no_kernel_memory_is_enomem_and_no_verdict,
	a_limit_on_files_is_no_verdict,
	a_vanished_directory_is_looked_for_again,
	gettempdir_looks_again_for_a_vanished_directory,
	gettempdir_names_no_vanished_directory_if_none_is_left,
	a_directory_that_came_back_is_used_again,
	a_set_uid_program_ignores_the_environment,
	paths_are_made_absolute_and_lose_their_last_slashes)
