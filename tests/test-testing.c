/* SPDX-License-Identifier: MIT */
/*
 * test-testing.c - the helpers of testing.h, on which the other tests lean.
 *
 * The tests run in the order of the list; some prepare what a later one finds
 * put back.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/syscalls.h"
#include "testing.h"

static int never_unlinkat(int dirfd, const char *name, int flags)
{
	(void)dirfd;
	(void)name;
	(void)flags;
	errno = EIO;
	return -1;
}

START_TEST(table_umask_and_directory_may_be_changed)
{
	with__sys.unlinkat = never_unlinkat;
	umask(0777);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(with__sys.unlinkat(AT_FDCWD, "x", 0), -1);
}
END_TEST

START_TEST(and_are_put_back_for_the_next_test)
{
	char *directory = getcwd(NULL, 0);
	mode_t mask = umask(022);

	ck_assert(with__sys.unlinkat == unlinkat);
	ck_assert_uint_ne(mask, 0777);
	ck_assert_str_ne(directory, "/");
	free(directory);
}
END_TEST

START_TEST(tmpdir_is_empty_and_entries_are_counted)
{
	char path[4096];
	int fd;

	ck_assert_uint_eq(testing_entries(NULL), 0);
	snprintf(path, sizeof(path), "%s/.hidden", testing_tmpdir());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_lost_descriptor_shows_in_the_set)
{
	char *before = testing_descriptors();
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	char *during = testing_descriptors();

	ck_assert_str_ne(before, during);
	free(during);
	close(fd);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(another_file_on_the_same_descriptor_shows_in_the_set)
{
	int first = open("/", O_RDONLY | O_CLOEXEC);
	char *before = testing_descriptors();
	char *after;

	close(first);
	ck_assert_int_eq(open("/proc", O_RDONLY | O_CLOEXEC), first);
	after = testing_descriptors();
	ck_assert_str_ne(before, after);
	close(first);
	free(before);
	free(after);
}
END_TEST

static void return_at_once(void *data)
{
	(void)data;
}

static void expect_the_impossible(void *data)
{
	/* What it prints would look like trouble in the log. */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	testing_expect(data != NULL);
}

static void die_of_a_signal(void *data)
{
	raise(*(int *)data);
}

START_TEST(child_reports_how_it_ended)
{
	int signal_number = SIGKILL;

	ck_assert(testing_exited(testing_in_child(return_at_once, NULL), 0));
	ck_assert(testing_exited(
		testing_in_child(expect_the_impossible, NULL), 1));
	ck_assert(testing_killed(
		testing_in_child(die_of_a_signal, &signal_number), SIGKILL));
}
END_TEST

START_CHILD_TEST(without_privileges_the_tmpdir_is_ours_and_permissions_count)
{
	char path[4096];
	int fd;

	testing_drop_privileges();
	testing_expect(geteuid() != 0 && getegid() != 0);
	snprintf(path, sizeof(path), "%s/mine", testing_tmpdir());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0);
	testing_expect(fd >= 0);
	/* Root could. */
	testing_expect(open(path, O_RDONLY | O_CLOEXEC) < 0 &&
		       errno == EACCES);
	testing_expect(unlink(path) == 0);
}
END_CHILD_TEST

TESTING_MAIN("testing",
	table_umask_and_directory_may_be_changed,
	and_are_put_back_for_the_next_test,
	tmpdir_is_empty_and_entries_are_counted,
	a_lost_descriptor_shows_in_the_set,
	another_file_on_the_same_descriptor_shows_in_the_set,
	child_reports_how_it_ended,
	without_privileges_the_tmpdir_is_ours_and_permissions_count)
