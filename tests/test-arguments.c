/* SPDX-License-Identifier: MIT */
/*
 * test-arguments.c - what all functions of a kind answer to nonsense
 *
 * What one of them answers in particular is in the test of its file.
 */
#include "config.h"

#include <errno.h>

#include <with.h>
#include <with/capture.h>
#include <with/descriptor.h>
#include <with/exit_stack.h>
#include <with/lock.h>
#include <with/memory.h>
#include <with/process.h>

#include "testing.h"

START_TEST(closing_without_a_variable_is_success_and_keeps_errno)
{
	errno = EDOM;
	ck_assert_int_eq(tempfile_named_close(NULL), 0);
	ck_assert_int_eq(tempfile_spooled_close(NULL), 0);
	ck_assert_int_eq(tempfile_dir_close(NULL), 0);
	ck_assert_int_eq(tempfile_path_close(NULL), 0);
	ck_assert_int_eq(with_file_close(NULL), 0);
	ck_assert_int_eq(with_fd_close(NULL), 0);
	ck_assert_int_eq(with_dirstream_close(NULL), 0);
	ck_assert_int_eq(with_capture_close(NULL), 0);
	ck_assert_int_eq(with_flock_close(NULL), 0);
	ck_assert_int_eq(with_mmap_close(NULL), 0);
	ck_assert_int_eq(with_chdir_close(NULL), 0);
	ck_assert_int_eq(with_env_close(NULL), 0);
	ck_assert_int_eq(with_umask_close(NULL), 0);
	ck_assert_int_eq(with_rlimit_close(NULL), 0);
	ck_assert_int_eq(with_sigmask_close(NULL), 0);
	ck_assert_int_eq(with_locale_close(NULL), 0);
	ck_assert_int_eq(with_exit_stack_close(NULL), 0);
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

TESTING_MAIN("arguments",
	closing_without_a_variable_is_success_and_keeps_errno)
