/* SPDX-License-Identifier: MIT */
/*
 * test-anonymous.c - files without a name
 *
 * _i is the way: 0 with O_TMPFILE, then with each answer of a file system
 * that has no files without a name.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <with/anonymous.h>
#include <with/directory.h>
#include <with/life.h>

#include "base/syscalls.h"
#include "stream/known.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static const int refusals[] = { 0, EOPNOTSUPP, EISDIR, EINVAL };
#define WAYS 4

static int refusal;
static int flags_seen;
static char name_seen[4096];

/* Every open of a file of ours, seen; without O_TMPFILE if so wanted. */
static int seeing_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;

	if (unnamed && refusal) {
		errno = refusal;
		return -1;
	}
	if (unnamed || (flags & O_CREAT)) {
		flags_seen = flags;
		snprintf(name_seen, sizeof(name_seen), "%s", name);
	}
	return openat(dirfd, name, flags, mode);
}

static void go(int way)
{
	/* Look for the directory by ordinary means. */
	fclose(tempfile_open());
	refusal = refusals[way];
	flags_seen = 0;
	name_seen[0] = '\0';
	with__sys.openat = seeing_openat;
}

static void expect_nameless(FILE *file)
{
	struct stat st;

	ck_assert_msg(file != NULL, "%s", strerror(errno));
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}

START_TEST(what_is_written_comes_back_from_a_file_without_a_name)
{
	char *before = testing_descriptors();
	char line[32];
	FILE *file;

	go(_i);
	errno = EDOM;
	file = tempfile_open();
	ck_assert_int_eq(errno, EDOM);
	expect_nameless(file);
	fputs("hello\n", file);
	rewind(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "hello\n");
	ck_assert_int_eq(with_file_close(&file), 0);
	ck_assert_ptr_null(file);
	ck_assert_int_eq(with_file_close(&file), 0);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(the_file_system_is_asked_each_time)
{
	FILE *file;

	go(_i);
	file = tempfile_open();
	expect_nameless(file);
	fclose(file);
	ck_assert_int_eq((flags_seen & O_TMPFILE) == O_TMPFILE, _i == 0);
	refusal = 0;
	file = tempfile_open();
	expect_nameless(file);
	fclose(file);
	ck_assert_int_eq(flags_seen & O_TMPFILE, O_TMPFILE);
}
END_TEST

START_TEST(close_on_exec_is_set_from_birth_unless_inheritable)
{
	FILE *file;

	go(_i);
	file = tempfile_open();
	expect_nameless(file);
	ck_assert(flags_seen & O_CLOEXEC);
	ck_assert_int_eq(fcntl(fileno(file), F_GETFD), FD_CLOEXEC);
	fclose(file);
	file = tempfile_open(.inheritable = true);
	expect_nameless(file);
	ck_assert(!(flags_seen & O_CLOEXEC));
	ck_assert_int_eq(fcntl(fileno(file), F_GETFD), 0);
	fclose(file);
}
END_TEST

START_TEST(permissions_are_exact_whatever_the_umask)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	static const unsigned wanted[] = { 0, 0400, 0640, 0777, 0001 };

	go(_i);
	for (size_t i = 0; i < 4 * 5; i++) {
		unsigned permissions = wanted[i / 4];
		struct stat st;
		FILE *file;

		umask(masks[i % 4]);
		file = tempfile_open(.permissions = permissions);
		expect_nameless(file);
		ck_assert_int_eq(fstat(fileno(file), &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777,
				  permissions ? permissions : 0600);
		fclose(file);
	}
}
END_TEST

static void open_as_nobody(void *data)
{
	testing_drop_privileges();
	go(*(int *)data);
	for (int i = 0; i < 2; i++) {
		struct stat st;
		FILE *file;

		umask(i ? 0777 : 0);
		file = tempfile_open(.permissions = 0444);
		testing_expect(file && fputs("x", file) >= 0);
		testing_expect(fstat(fileno(file), &st) == 0 &&
			       (st.st_mode & 0777) == 0444);
		testing_expect(with_file_close(&file) == 0);
	}
	testing_expect(testing_entries(NULL) == 0);
}

START_TEST(an_ordinary_user_gets_them_too)
{
	ck_assert(testing_exited(testing_in_child(open_as_nobody, &_i), 0));
}
END_TEST

START_TEST(append_writes_at_the_end)
{
	FILE *file;

	go(_i);
	file = tempfile_open(.append = true);
	expect_nameless(file);
	ck_assert(fcntl(fileno(file), F_GETFL) & O_APPEND);
	fputs("one", file);
	rewind(file);
	fputs("two", file);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(file), 6);
	fclose(file);
	file = tempfile_open(.mode = "a+");
	ck_assert(fcntl(fileno(file), F_GETFL) & O_APPEND);
	fclose(file);
	file = tempfile_open();
	ck_assert(!(fcntl(fileno(file), F_GETFL) & O_APPEND));
	fclose(file);
}
END_TEST

/* musl's stdio sets no errno where a stream is for the other direction. */
#ifdef __GLIBC__
#define SAYS_EBADF true
#else
#define SAYS_EBADF false
#endif

START_TEST(mode_says_what_the_stream_can_do)
{
	FILE *file;

	go(_i);
	file = tempfile_open(.mode = "r");
	expect_nameless(file);
	ck_assert_int_eq(fputs("x", file), EOF);
	ck_assert(errno == EBADF || !SAYS_EBADF);
	fclose(file);
	file = tempfile_open(.mode = "w");
	ck_assert_int_ge(fputs("x", file), 0);
	rewind(file);
	ck_assert_int_eq(getc(file), EOF);
	ck_assert(errno == EBADF || !SAYS_EBADF);
	fclose(file);
}
END_TEST

/* What is remembered about a buffer stands in memory that was in use. */
static void soil_memory(void)
{
	int *blocks[32];

	for (unsigned i = 0; i < 32; i++) {
		size_t words = 150 + i;

		blocks[i] = malloc(words * sizeof(int));
		while (words-- > 0)
			blocks[i][words] = 1;
	}
	for (unsigned i = 0; i < 32; i++)
		free(blocks[i]);
}

START_TEST(a_stream_with_a_buffer_is_of_no_other_kind)
{
	FILE *file;

	for (int i = 0; i < 100; i++) {
		soil_memory();
		file = tempfile_open(.buffering = 600 + i);
		ck_assert_int_eq(putc('x', file), 'x');
		ck_assert_int_eq(with_file_close(&file), 0);
		ck_assert_uint_eq(with__known_count, 0);
	}
}
END_TEST

START_TEST(buffering_is_what_was_asked_for)
{
	struct stat st;
	FILE *file;

	go(_i);
	file = tempfile_open(.buffering = TEMPFILE_UNBUFFERED);
	putc('x', file);
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	ck_assert_int_eq(st.st_size, 1);
	fclose(file);
	file = tempfile_open(.buffering = 10000);
	/* musl keeps 8 of them for ungetc(). */
	for (int i = 0; i < 9991; i++)
		putc('x', file);
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(with_file_close(&file), 0);
}
END_TEST

START_TEST(bad_options_are_einval_before_any_call)
{
	static const char *const modes[] = { "", "q", "rw", "wbt", "b", "+w",
					     "w++", "rx", "w+b " };

	meddle_begin(NULL, NULL);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		errno = 0;
		ck_assert_ptr_null(tempfile_open(.mode = modes[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
	errno = 0;
	ck_assert_ptr_null(tempfile_open(.buffering = -3));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(tempfile_open(.prefix = "a/b"));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(tempfile_open(.permissions = 01600));
	ck_assert_int_eq(errno, EINVAL);
	meddle_end();
	ck_assert_uint_eq(meddle_count(NULL), 0);
}
END_TEST

START_TEST(arguments_may_come_in_any_order_or_not_at_all)
{
	struct tempfile_open_options options = { .size = sizeof(options) };
	FILE *file;

	go(_i);
	file = tempfile_open(.suffix = ".s", .mode = "w+", .prefix = "p");
	expect_nameless(file);
	fclose(file);
	file = tempfile_open_opt(NULL);
	expect_nameless(file);
	fclose(file);
	options.mode = "w";
	options.prefix = "kept_";
	file = tempfile_open_opt(&options);
	expect_nameless(file);
	fclose(file);
	/* While there is a name, it is made of these. */
	if (_i)
		ck_assert_ptr_nonnull(strstr(name_seen, "/kept_"));
	options.size = 3;
	ck_assert_ptr_null(tempfile_open_opt(&options));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(dir_inside_and_at_say_where)
{
	struct tempfile_dir *dir;
	int fd;
	FILE *file;

	go(_i);
	trees_begin();
	trees_directory("place");
	file = tempfile_open(.dir = "place/");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(strstr(name_seen, "/place"));
	ck_assert_uint_eq(testing_entries("place"), 0);
	fclose(file);
	fd = trees_must(open("place", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	trees_must(rename("place", "moved"));
	file = tempfile_open(.at = &fd);
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_ptr_null(tempfile_open(.at = &fd, .dir = "/"));
	ck_assert_int_eq(errno, EINVAL);
	close(fd);
	ck_assert_ptr_null(tempfile_open(.at = &fd));
	ck_assert_int_eq(errno, EBADF);
	dir = tempfile_dir_open(.dir = "moved");
	file = tempfile_open(.inside = dir);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(testing_entries(dir->path), 0);
	fclose(file);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	trees_must(rmdir("moved"));
}
END_TEST

START_TEST(a_bad_directory_says_why)
{
	char *before = testing_descriptors();

	go(_i);
	trees_begin();
	trees_file("file");
	errno = 0;
	ck_assert_ptr_null(tempfile_open(.dir = "missing"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(tempfile_open(.dir = "file"));
	ck_assert_int_eq(errno, ENOTDIR);
	trees_must(unlink("file"));
	testing_same_descriptors(before);
}
END_TEST

START_TEST(other_errors_are_told_at_once_and_are_no_reason_for_a_name)
{
	static const int errors[] = { EACCES, EROFS, ENOSPC, EMFILE, ENFILE,
				      ENOMEM, EIO, ENOTDIR, EDQUOT };

	ck_assert_ptr_nonnull(testing_tmpdir());
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		meddle_fail_all("openat", errors[i]);
		errno = 0;
		ck_assert_ptr_null(tempfile_open(.dir = testing_tmpdir()));
		ck_assert_int_eq(errno, errors[i]);
		meddle_end();
		ck_assert_uint_eq(meddle_count("openat"), 1);
	}
}
END_TEST

START_TEST(the_file_can_never_be_linked)
{
	FILE *file;
	char link[64];

	go(0);
	file = tempfile_open();
	trees_begin();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fileno(file));
	ck_assert_int_eq(linkat(AT_FDCWD, link, AT_FDCWD, "linked",
				AT_SYMLINK_FOLLOW), -1);
	ck_assert_int_eq(errno, ENOENT);
	fclose(file);
}
END_TEST

static int failing_unlinks;

static int failing_unlinkat(int dirfd, const char *name, int flags)
{
	if (failing_unlinks-- > 0) {
		errno = EACCES;
		return -1;
	}
	return unlinkat(dirfd, name, flags);
}

START_TEST(a_name_that_cannot_be_removed_is_told_and_goes_at_exit)
{
	char *before = testing_descriptors();

	go(_i);
	failing_unlinks = 1;
	with__sys.unlinkat = failing_unlinkat;
	errno = 0;
	ck_assert_ptr_null(tempfile_open());
	ck_assert_int_eq(errno, EACCES);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	testing_same_descriptors(before);
	with_cleanup_now();
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(no_descriptor_left_is_emfile)
{
	FILE *file;

	if (testing_is_wrapped())
		return;
	go(_i);
	trees_descriptors(TREES_NO_DESCRIPTOR);
	errno = 0;
	ck_assert_ptr_null(tempfile_open());
	ck_assert_int_eq(errno, EMFILE);
	/* One is enough. */
	trees_descriptors(1);
	file = tempfile_open();
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(the_block_closes_it_and_keeps_errno)
{
	char *before = testing_descriptors();
	int runs = 0;

	go(_i);
	WITH_TMP (file, .mode = "w+") {
		expect_nameless(file);
		fputs("x", file);
		runs++;
		errno = EDOM;
	} else {
		ck_abort_msg("not made");
	}
	ck_assert_int_eq(errno, EDOM);
	WITH_TMP (file, .mode = "nonsense") {
		ck_abort_msg("made");
	} else {
		ck_assert_int_eq(errno, EINVAL);
		runs++;
	}
	WITH_TMP (file) {
		/* Closed early: the guard has nothing to do. */
		ck_assert_int_eq(with_file_close(&file), 0);
		runs++;
	}
	ck_assert_int_eq(runs, 3);
	testing_same_descriptors(before);
}
END_TEST

/* testing_in_child() flushes first, which must not happen here. */
static void close_in_child(FILE **file)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(with_file_close(file) == 0 && !*file ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(testing_exited(status, 0));
}

START_TEST(a_child_that_closes_it_writes_nothing_and_moves_nothing)
{
	char text[16] = "";

	go(_i);
	WITH_TMP (file) {
		fputs("abc", file);
		ck_assert_int_eq(fflush(file), 0);
		fputs("def", file);
		close_in_child(&file);
		ck_assert_int_eq(lseek(fileno(file), 0, SEEK_CUR), 3);
		rewind(file);
		ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	}
	ck_assert_str_eq(text, "abcdef");
}
END_TEST

static void fill(TCase *tcase)
{
#define EACH_WAY(test) tcase_add_loop_test(tcase, test, 0, WAYS)
	EACH_WAY(what_is_written_comes_back_from_a_file_without_a_name);
	EACH_WAY(the_file_system_is_asked_each_time);
	EACH_WAY(close_on_exec_is_set_from_birth_unless_inheritable);
	EACH_WAY(permissions_are_exact_whatever_the_umask);
	EACH_WAY(an_ordinary_user_gets_them_too);
	EACH_WAY(append_writes_at_the_end);
	EACH_WAY(mode_says_what_the_stream_can_do);
	EACH_WAY(buffering_is_what_was_asked_for);
	tcase_add_test(tcase, a_stream_with_a_buffer_is_of_no_other_kind);
	tcase_add_test(tcase, bad_options_are_einval_before_any_call);
	EACH_WAY(arguments_may_come_in_any_order_or_not_at_all);
	EACH_WAY(dir_inside_and_at_say_where);
	EACH_WAY(a_bad_directory_says_why);
	tcase_add_test(tcase,
		other_errors_are_told_at_once_and_are_no_reason_for_a_name);
	tcase_add_test(tcase, the_file_can_never_be_linked);
	tcase_add_loop_test(tcase,
		a_name_that_cannot_be_removed_is_told_and_goes_at_exit,
		1, WAYS);
	EACH_WAY(no_descriptor_left_is_emfile);
	EACH_WAY(the_block_closes_it_and_keeps_errno);
	EACH_WAY(a_child_that_closes_it_writes_nothing_and_moves_nothing);
}

TESTING_MAIN_CASE("anonymous", fill)
