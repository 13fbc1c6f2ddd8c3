/* SPDX-License-Identifier: MIT */
/* test-descriptor.c - WITH_FD, WITH_DIRSTREAM */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <with/descriptor.h>

#include "base/syscalls.h"
#include "hook.h"
#include "testing.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(block_opens_close_on_exec_and_closes_at_its_end)
{
	int number = -1;

	WITH_FD (fd, "/dev/null", O_RDWR) {
		number = fd;
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	} else {
		ck_abort_msg("/dev/null is not open");
	}
	ck_assert_int_ge(number, 0);
	ck_assert(!is_open(number));
}
END_TEST

START_TEST(declaration_lasts_to_the_end_of_the_scope)
{
	int number;

	{
		SCOPED_FD(fd, ".", O_RDONLY | O_DIRECTORY);
		number = fd;
		ck_assert(is_open(number));
	}
	ck_assert(!is_open(number));
}
END_TEST

static int leave_by_return(int *ret_fd)
{
	WITH_FD (fd, "/dev/null", O_RDONLY) {
		*ret_fd = fd;
		return 1;
	}
	return 0;
}

START_TEST(every_way_out_closes)
{
	int number;

	ck_assert_int_eq(leave_by_return(&number), 1);
	ck_assert(!is_open(number));
	WITH_FD (fd, "/dev/null", O_RDONLY) {
		number = fd;
		goto out;
	}
out:
	ck_assert(!is_open(number));
	WITH_FD (fd, "/dev/null", O_RDONLY) {
		number = fd;
		if (number >= 0)
			break;
		ck_abort_msg("break does not leave the block");
	}
	ck_assert(!is_open(number));
}
END_TEST

START_TEST(failure_runs_the_else_arm_with_errno_and_is_told)
{
	const char *path = "/nonexistent/file";

	hook_listen();
	errno = 0;
	WITH_FD (fd, path, O_RDONLY) {
		ck_abort_msg("there is descriptor %d", fd);
	} else {
		ck_assert_int_eq(fd, -1);
		ck_assert_int_eq(errno, ENOENT);
	}
	ck_assert_str_eq(hook_heard(), "open with_fd 2 at a line");
	path = NULL;
	WITH_FD (fd, path, O_RDONLY)
		ck_abort_msg("there is descriptor %d", fd);
	else
		ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	WITH_DIRSTREAM (directory, path)
		ck_abort_msg("there is %p", (void *)directory);
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_DIRSTREAM (directory, "/dev/null")
		ck_abort_msg("there is %p", (void *)directory);
	else
		ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

START_TEST(permissions_are_those_asked_for)
{
	char path[4096];
	struct stat st;

	umask(022);
	snprintf(path, sizeof(path), "%s/file", testing_tmpdir());
	WITH_FD (fd, path, O_WRONLY | O_CREAT | O_EXCL, 0640u) {
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0640);
	} else {
		ck_abort_msg("%s: %s", path, strerror(errno));
	}
	unlink(path);
	WITH_FD (fd, testing_tmpdir(), O_WRONLY | O_TMPFILE, 0604u) {
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0604);
	} else {
		ck_abort_msg("no file without a name: %s", strerror(errno));
	}
}
END_TEST

START_TEST(close_ends_early_and_twice_is_harmless)
{
	char *before = testing_descriptors();

	WITH_FD (fd, "/dev/null", O_RDONLY) {
		int number = fd;

		ck_assert_int_eq(with_fd_close(&fd), 0);
		ck_assert_int_eq(fd, -1);
		ck_assert(!is_open(number));
		/* The number comes again; the guard must not close that. */
		ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC),
				 number);
		ck_assert_int_eq(with_fd_close(&fd), 0);
		ck_assert(is_open(number));
		fd = number;
		ck_assert_int_eq(with_fd_close(&fd), 0);
	}
	testing_same_descriptors(before);
}
END_TEST

static int stolen_fd(void)
{
	SCOPED_FD(fd, "/dev/null", O_RDONLY);
	return with_fd_steal(&fd);
}

START_TEST(steal_hands_the_descriptor_out)
{
	int fd = stolen_fd();

	ck_assert(is_open(fd));
	WITH_FD_FROM (again, fd)
		ck_assert_int_eq(again, fd);
	ck_assert(!is_open(fd));
}
END_TEST

START_TEST(adopted_descriptor_is_closed_or_its_failure_seen)
{
	int number = -1;

	{
		SCOPED_FD_FROM(fd, dup(0));
		number = fd;
		ck_assert(is_open(number));
	}
	ck_assert(!is_open(number));
	WITH_FD_FROM (fd, dup(-1))
		ck_abort_msg("there is descriptor %d", fd);
	else
		ck_assert_int_eq(errno, EBADF);
}
END_TEST

static int close_error;

static int failing_close(int fd)
{
	ck_assert_int_eq(close(fd), 0);
	errno = close_error;
	return -1;
}

START_TEST(close_that_fails_is_returned_or_told)
{
	close_error = EIO;
	with__sys.close = failing_close;
	WITH_FD (fd, "/dev/null", O_RDONLY) {
		ck_assert_int_eq(with_fd_close(&fd), -1);
		ck_assert_int_eq(errno, EIO);
		ck_assert_int_eq(fd, -1);
	}
	hook_listen();
	WITH_FD (fd, "/dev/null", O_RDONLY)
		errno = EDOM;
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close descriptor 5");
	close_error = EINTR;
	errno = EDOM;
	WITH_FD (fd, "/dev/null", O_RDONLY)
		ck_assert_int_eq(with_fd_close(&fd), 0);
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

static size_t count_entries(DIR *directory)
{
	size_t count = 0;

	while (readdir(directory))
		count++;
	return count;
}

START_TEST(directory_stream_reads_and_is_closed)
{
	char *before = testing_descriptors();

	WITH_DIRSTREAM (directory, testing_tmpdir()) {
		ck_assert_int_eq(fcntl(dirfd(directory), F_GETFD), FD_CLOEXEC);
		ck_assert_uint_eq(count_entries(directory), 2);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	{
		SCOPED_DIRSTREAM(directory, testing_tmpdir());
		ck_assert_ptr_nonnull(directory);
		ck_assert_int_eq(with_dirstream_close(&directory), 0);
		ck_assert_ptr_null(directory);
		ck_assert_int_eq(with_dirstream_close(&directory), 0);
	}
	WITH_DIRSTREAM (directory, testing_tmpdir()) {
		DIR *stolen = with_steal(directory);

		ck_assert_ptr_null(directory);
		ck_assert_int_eq(closedir(stolen), 0);
	}
	WITH_DIRSTREAM (directory, testing_tmpdir()) {
		DIR *stolen = with_dirstream_steal(&directory);

		ck_assert_ptr_null(directory);
		ck_assert_int_eq(closedir(stolen), 0);
	}
	testing_same_descriptors(before);
}
END_TEST

START_TEST(directory_stream_whose_close_fails_is_returned_or_told)
{
	WITH_DIRSTREAM (directory, ".") {
		close(dirfd(directory));
		ck_assert_int_eq(with_dirstream_close(&directory), -1);
		ck_assert_int_eq(errno, EBADF);
	}
	hook_listen();
	WITH_DIRSTREAM (directory, ".") {
		close(dirfd(directory));
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close directory stream 9");
}
END_TEST

TESTING_MAIN("descriptor",
	block_opens_close_on_exec_and_closes_at_its_end,
	declaration_lasts_to_the_end_of_the_scope,
	every_way_out_closes,
	failure_runs_the_else_arm_with_errno_and_is_told,
	permissions_are_those_asked_for,
	close_ends_early_and_twice_is_harmless,
	steal_hands_the_descriptor_out,
	adopted_descriptor_is_closed_or_its_failure_seen,
	close_that_fails_is_returned_or_told,
	directory_stream_reads_and_is_closed,
	directory_stream_whose_close_fails_is_returned_or_told)
