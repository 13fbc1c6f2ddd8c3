/* SPDX-License-Identifier: MIT */
/* test-named.c - files with a name: what they can do, and how they end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/life.h>
#include <with/named.h>

#include "base/syscalls.h"
#include "hook.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static struct tempfile_named *open_one(void)
{
	struct tempfile_named *named = tempfile_named_open();

	ck_assert_msg(named != NULL, "%s", strerror(errno));
	return named;
}

/* Path of a live one; it ends by itself. */
static const char *path_of(const struct tempfile_named *named)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", named->path);
	return path;
}

START_TEST(stream_and_path_are_the_same_file)
{
	char *before = testing_descriptors();
	struct tempfile_named *named = open_one();
	char text[16] = "";
	FILE *again;

	fputs("hello", named->file);
	fflush(named->file);
	again = fopen(named->path, "re");
	ck_assert_ptr_nonnull(again);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), again));
	ck_assert_str_eq(text, "hello");
	fclose(again);
	rewind(named->file);
	ck_assert_int_eq(getc(named->file), 'h');
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(close_removes_and_may_be_repeated)
{
	struct tempfile_named *named = open_one();
	const char *path = path_of(named);

	errno = EDOM;
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_ptr_null(named);
	ck_assert(!trees_exists(path));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert_int_eq(tempfile_named_close(NULL), 0);
}
END_TEST

START_TEST(what_was_written_at_last_is_there_before_the_name_goes)
{
	struct tempfile_named *named = open_one();
	char other[PATH_MAX];
	struct stat st;

	snprintf(other, sizeof(other), "%s/other", testing_tmpdir());
	trees_must(link(named->path, other));
	fputs("not flushed", named->file);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert_int_eq(stat(other, &st), 0);
	ck_assert_int_eq(st.st_size, 11);
	ck_assert_uint_eq(st.st_nlink, 1);
	trees_must(unlink(other));
}
END_TEST

static int birth_flags;

static int watching_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	if (flags & O_CREAT)
		birth_flags = flags;
	return openat(dirfd, name, flags, mode);
}

START_TEST(flags_of_the_descriptor_are_as_asked_for_from_birth)
{
	struct tempfile_named *named;

	with__sys.openat = watching_openat;
	named = open_one();
	ck_assert_int_eq(fcntl(fileno(named->file), F_GETFD), FD_CLOEXEC);
	ck_assert(birth_flags & O_CLOEXEC && birth_flags & O_EXCL &&
		  birth_flags & O_NOFOLLOW && !(birth_flags & O_APPEND));
	tempfile_named_close(&named);
	named = tempfile_named_open(.inheritable = true, .append = true);
	ck_assert_int_eq(fcntl(fileno(named->file), F_GETFD), 0);
	ck_assert(!(birth_flags & O_CLOEXEC) && birth_flags & O_APPEND);
	fputs("one", named->file);
	rewind(named->file);
	fputs("two", named->file);
	ck_assert_int_eq(fseek(named->file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(named->file), 6);
	tempfile_named_close(&named);
}
END_TEST

START_TEST(mode_and_buffering_are_as_asked_for)
{
	struct tempfile_named *named = tempfile_named_open(.mode = "r");
	struct stat st;

	ck_assert_ptr_nonnull(named);
	ck_assert_int_eq(fputs("x", named->file), EOF);
	tempfile_named_close(&named);
	named = tempfile_named_open(.mode = "w",
				    .buffering = TEMPFILE_UNBUFFERED);
	ck_assert_ptr_nonnull(named);
	putc('x', named->file);
	ck_assert_int_eq(stat(named->path, &st), 0);
	ck_assert_int_eq(st.st_size, 1);
	ck_assert_int_eq(getc(named->file), EOF);
	tempfile_named_close(&named);
}
END_TEST

START_TEST(a_bad_mode_or_buffering_is_einval_before_any_call)
{
	static const char *const modes[] = { "", "q", "rw", "wbt", "+", "rx" };

	meddle_begin(NULL, NULL);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		errno = 0;
		ck_assert_ptr_null(tempfile_named_open(.mode = modes[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
	errno = 0;
	ck_assert_ptr_null(tempfile_named_open(.buffering = -3));
	ck_assert_int_eq(errno, EINVAL);
	meddle_end();
	ck_assert_uint_eq(meddle_count(NULL), 0);
}
END_TEST

START_TEST(the_function_behind_takes_null_and_structs)
{
	struct tempfile_named_open_options options = {
		.size = sizeof(options), .suffix = ".kept",
	};
	struct tempfile_named *named = tempfile_named_open_opt(NULL);

	ck_assert_ptr_nonnull(named);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	named = tempfile_named_open_opt(&options);
	ck_assert_ptr_nonnull(named);
	ck_assert_ptr_nonnull(strstr(named->path, ".kept"));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	options.size = 0;
	ck_assert_ptr_null(tempfile_named_open_opt(&options));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(close_file_keeps_the_name_owned)
{
	char *before = testing_descriptors();
	struct tempfile_named *named = open_one();
	const char *path = path_of(named);

	fputs("x", named->file);
	ck_assert_int_eq(tempfile_named_close_file(named), 0);
	ck_assert_ptr_null(named->file);
	testing_same_descriptors(before);
	ck_assert(trees_exists(named->path));
	ck_assert_int_eq(tempfile_named_close_file(named), 0);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert(!trees_exists(path));
	errno = 0;
	ck_assert_int_eq(tempfile_named_close_file(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(keep_leaves_the_file)
{
	struct tempfile_named *named = open_one();
	const char *path = path_of(named);

	ck_assert_int_eq(tempfile_named_keep(named), 0);
	ck_assert_int_eq(tempfile_named_keep(named), 0);
	fputs("x", named->file);
	ck_assert_str_eq(named->path, path);
	with_cleanup_now();
	ck_assert(trees_exists(path));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	trees_must(unlink(path));
	errno = 0;
	ck_assert_int_eq(tempfile_named_keep(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(the_option_keep_leaves_the_file)
{
	char path[PATH_MAX] = "";

	WITH_NAMED_TMP (named, .keep = true) {
		snprintf(path, sizeof(path), "%s", named->path);
		with_cleanup_now();
	} else {
		ck_abort();
	}
	trees_must(unlink(path));
}
END_TEST

START_TEST(a_name_already_gone_is_success)
{
	struct tempfile_named *named = open_one();

	trees_must(unlink(named->path));
	errno = EDOM;
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert_int_eq(errno, EDOM);
	hook_listen();
	WITH_NAMED_TMP (other) {
		trees_must(unlink(other->path));
	} else {
		ck_abort();
	}
	ck_assert_str_eq(hook_heard(), "");
}
END_TEST

START_TEST(a_file_renamed_away_is_the_users)
{
	struct tempfile_named *named = open_one();
	char moved[PATH_MAX];

	snprintf(moved, sizeof(moved), "%s.moved", named->path);
	trees_must(rename(named->path, moved));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	trees_must(unlink(moved));
}
END_TEST

/* The name means something else, made by make(): it is left alone. */
static void expect_impostor_left(void (*make)(const char *path))
{
	char *before = testing_descriptors();

	for (int i = 0; i < 2; i++) {
		struct tempfile_named *named = open_one();
		const char *path = path_of(named);

		if (i)
			tempfile_named_close_file(named);
		trees_must(unlink(path));
		make(path);
		errno = 0;
		ck_assert_int_eq(tempfile_named_close(&named), -1);
		ck_assert_int_eq(errno, ESTALE);
		ck_assert_ptr_null(named);
		/* Not even at exit. */
		with_cleanup_now();
		ck_assert(trees_exists(path));
		trees_must(remove(path));
	}
	testing_same_descriptors(before);
}

static void link_to_root(const char *path)
{
	trees_must(symlink("/", path));
}

/* The inode number of the old one may come again, so a pair is made. */
static void file_beside_file(const char *path)
{
	char other[PATH_MAX + 2];

	snprintf(other, sizeof(other), "%s.x", path);
	trees_file(other);
	trees_file(path);
	trees_must(rename(other, path));
}

START_TEST(an_impostor_under_the_name_is_left_alone)
{
	expect_impostor_left(trees_file);
	expect_impostor_left(file_beside_file);
	expect_impostor_left(trees_directory);
	expect_impostor_left(link_to_root);
}
END_TEST

static int (*real_statx)(int dirfd, const char *name, int flags, unsigned mask,
			 struct statx *ret);
static long long born_later;

/* As if the inode number had been given to a younger file. */
static int younger_statx(int dirfd, const char *name, int flags, unsigned mask,
			 struct statx *ret)
{
	int result = real_statx(dirfd, name, flags, mask, ret);

	ret->stx_btime.tv_nsec += (unsigned)born_later;
	ret->stx_mask |= STATX_BTIME;
	return result;
}

START_TEST(the_same_inode_born_later_is_another_file)
{
	struct tempfile_named *named;
	const char *path;

	born_later = 0;
	real_statx = with__sys.statx;
	with__sys.statx = younger_statx;
	named = open_one();
	path = path_of(named);
	born_later = 1;
	errno = 0;
	ck_assert_int_eq(tempfile_named_close(&named), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert(trees_exists(path));
	trees_must(unlink(path));
}
END_TEST

START_TEST(a_name_that_cannot_be_removed_stays_owned)
{
	char *before = testing_descriptors();
	struct tempfile_named *named = open_one();
	const char *path = path_of(named);

	meddle_fail_all("unlinkat", EACCES);
	errno = 0;
	ck_assert_int_eq(tempfile_named_close(&named), -1);
	ck_assert_int_eq(errno, EACCES);
	meddle_end();
	ck_assert_ptr_null(named);
	testing_same_descriptors(before);
	ck_assert(trees_exists(path));
	with_cleanup_now();
	ck_assert(!trees_exists(path));
}
END_TEST

START_TEST(a_failure_at_the_end_of_a_scope_is_told_with_path_and_line)
{
	char expected[PATH_MAX + 64] = "";

	hook_listen();
	WITH_NAMED_TMP (named) {
		snprintf(expected, sizeof(expected), "remove %s %d at a line",
			 named->path, EACCES);
		meddle_fail_all("unlinkat", EACCES);
		errno = EDOM;
	} else {
		ck_abort();
	}
	ck_assert_int_eq(errno, EDOM);
	meddle_end();
	ck_assert_str_eq(hook_heard(), expected);
	ck_assert_int_eq(hook_count, 1);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(failures_that_are_to_be_ignored_are_nobodys_error)
{
	struct tempfile_named *named =
		tempfile_named_open(.ignore_cleanup_errors = true);
	char path[2][PATH_MAX];

	snprintf(path[0], PATH_MAX, "%s", named->path);
	hook_listen();
	meddle_fail_all("unlinkat", EACCES);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	WITH_NAMED_TMP (other, .ignore_cleanup_errors = true) {
		snprintf(path[1], PATH_MAX, "%s", other->path);
	} else {
		ck_abort();
	}
	meddle_end();
	ck_assert_str_eq(hook_heard(), "");
	(void)unlink(path[0]);
	(void)unlink(path[1]);
}
END_TEST

static void limit_files_to(rlim_t bytes)
{
	const struct rlimit limit = { .rlim_cur = bytes,
				      .rlim_max = RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	testing_expect(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

START_CHILD_TEST(what_cannot_be_stored_is_told_by_close_and_the_name_goes)
{
	struct tempfile_named *named = tempfile_named_open();

	testing_expect(named != NULL);
	limit_files_to(2);
	fputs("12345", named->file);
	errno = 0;
	testing_expect(tempfile_named_close(&named) == -1 && errno == EFBIG);
	testing_expect(testing_entries(NULL) == 0);
	named = tempfile_named_open();
	fputs("12345", named->file);
	errno = 0;
	testing_expect(tempfile_named_close_file(named) == -1 &&
		       errno == EFBIG);
	testing_expect(!named->file && trees_exists(named->path));
	testing_expect(tempfile_named_close(&named) == 0);
	testing_expect(testing_entries(NULL) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(of_two_failures_close_tells_the_first)
{
	struct tempfile_named *named = tempfile_named_open();

	testing_expect(named != NULL);
	limit_files_to(2);
	fputs("12345", named->file);
	meddle_fail_all("unlinkat", EPERM);
	errno = 0;
	testing_expect(tempfile_named_close(&named) == -1 && errno == EPERM);
	meddle_end();
	with_cleanup_now();
	testing_expect(testing_entries(NULL) == 0);
}
END_CHILD_TEST

START_TEST(socket_path_leaves_room_for_an_address)
{
	struct tempfile_named *named;
	char dir[200];
	size_t length = strlen(testing_tmpdir());

	ck_assert_uint_lt(length, 60);
	named = tempfile_named_open(.socket_path = true);
	ck_assert_ptr_nonnull(named);
	tempfile_named_close(&named);
	/* dir, a slash, "tmp" and 16 characters: 107 bytes at the most. */
	memset(dir, 'd', sizeof(dir));
	memcpy(dir, testing_tmpdir(), length);
	dir[length] = '/';
	dir[107 - 20] = '\0';
	trees_must(mkdir(dir, 0700));
	named = tempfile_named_open(.socket_path = true, .dir = dir);
	ck_assert_ptr_nonnull(named);
	ck_assert_uint_eq(strlen(named->path), 107);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	errno = 0;
	ck_assert_ptr_null(tempfile_named_open(.socket_path = true, .dir = dir,
					       .suffix = "x"));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	named = tempfile_named_open(.dir = dir, .suffix = "x");
	ck_assert_ptr_nonnull(named);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	trees_must(rmdir(dir));
}
END_TEST

static struct tempfile_named *stolen(void)
{
	SCOPED_NAMED_TMP(named, .suffix = ".stolen");

	return with_steal(named);
}

START_TEST(guards_can_be_closed_early_and_stolen_from)
{
	struct tempfile_named *named = stolen();

	ck_assert_ptr_nonnull(named);
	ck_assert(trees_exists(named->path));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	hook_listen();
	WITH_NAMED_TMP (early) {
		ck_assert_int_eq(tempfile_named_close(&early), 0);
		ck_assert_uint_eq(testing_entries(NULL), 0);
	} else {
		ck_abort();
	}
	ck_assert_str_eq(hook_heard(), "");
}
END_TEST

static int fork_and_close(struct tempfile_named *named)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		int result = tempfile_named_close(&named);

		/* With what stdio and the library do at the end, too. */
		with_cleanup_now();
		_exit(result == 0 && !named ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return status;
}

START_TEST(a_child_that_closes_it_removes_and_writes_nothing)
{
	struct tempfile_named *named = open_one();
	struct stat st;

	fputs("abc", named->file);
	ck_assert(testing_exited(fork_and_close(named), 0));
	ck_assert(trees_exists(named->path));
	ck_assert_int_eq(lseek(fileno(named->file), 0, SEEK_CUR), 0);
	fputs("def", named->file);
	fflush(named->file);
	ck_assert_int_eq(stat(named->path, &st), 0);
	ck_assert_int_eq(st.st_size, 6);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
}
END_TEST

START_TEST(no_descriptor_left_is_emfile_and_nothing_made)
{
	struct tempfile_named *named;

	if (testing_is_wrapped())
		return;
	named = open_one();
	tempfile_named_close(&named);
	trees_descriptors(TREES_NO_DESCRIPTOR);
	errno = 0;
	ck_assert_ptr_null(tempfile_named_open());
	ck_assert_int_eq(errno, EMFILE);
	/* One is enough, and closing needs none. */
	trees_descriptors(1);
	named = open_one();
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	trees_descriptors(0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

TESTING_MAIN("named",
	stream_and_path_are_the_same_file,
	close_removes_and_may_be_repeated,
	what_was_written_at_last_is_there_before_the_name_goes,
	flags_of_the_descriptor_are_as_asked_for_from_birth,
	mode_and_buffering_are_as_asked_for,
	a_bad_mode_or_buffering_is_einval_before_any_call,
	the_function_behind_takes_null_and_structs,
	close_file_keeps_the_name_owned,
	keep_leaves_the_file,
	the_option_keep_leaves_the_file,
	a_name_already_gone_is_success,
	a_file_renamed_away_is_the_users,
	an_impostor_under_the_name_is_left_alone,
	the_same_inode_born_later_is_another_file,
	a_name_that_cannot_be_removed_stays_owned,
	a_failure_at_the_end_of_a_scope_is_told_with_path_and_line,
	failures_that_are_to_be_ignored_are_nobodys_error,
	what_cannot_be_stored_is_told_by_close_and_the_name_goes,
	of_two_failures_close_tells_the_first,
	socket_path_leaves_room_for_an_address,
	guards_can_be_closed_early_and_stolen_from,
	a_child_that_closes_it_removes_and_writes_nothing,
	no_descriptor_left_is_emfile_and_nothing_made)
