/* SPDX-License-Identifier: MIT */
/* test-capture.c - WITH_CAPTURE */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define WITH_UNWINDABLE
#include <with/capture.h>
#include <with/life.h>

#include "base/syscalls.h"
#include "hook.h"
#include "testing.h"

static ino_t target_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

static off_t offset_of(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

START_TEST(stdio_write_and_children_are_captured_in_order)
{
	char *before = testing_descriptors();
	ino_t old = target_of(1);

	WITH_CAPTURE (out, stdout) {
		ck_assert(target_of(1) != old);
		printf("one ");
		ck_assert_str_eq(with_capture_text(out), "one ");
		ck_assert_uint_eq(out->length, 4);
		ck_assert_int_eq(write(1, "two ", 4), 4);
		ck_assert_int_eq(system("printf 'three '"), 0);
		printf("four");
		errno = EDOM;
		ck_assert_str_eq(with_capture_text(out), "one two three four");
		ck_assert_int_eq(errno, EDOM);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert(target_of(1) == old);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(whole_text_is_there_after_the_stop)
{
	ino_t old = target_of(2);

	WITH_CAPTURE (err, stderr) {
		fputs("pending", stderr);
		ck_assert_int_eq(with_capture_stop(err), 0);
		ck_assert(target_of(2) == old);
		ck_assert_int_eq(with_capture_stop(err), 0);
		ck_assert_str_eq(with_capture_text(err), "pending");
	}
	WITH_CAPTURE (out, stdout) {
		printf("%s", "pending in a buffer");
		ck_assert_int_eq(with_capture_stop(out), 0);
		ck_assert_str_eq(with_capture_text(out), "pending in a buffer");
	}
}
END_TEST

START_TEST(flushes_on_both_sides_keep_the_order)
{
	char text[100] = "";
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *stream = fdopen(fd, "w+");

	fputs("before ", stream);
	WITH_CAPTURE (out, stream) {
		fputs("inside", stream);
		ck_assert_str_eq(with_capture_text(out), "inside");
		fputs(" and pending", stream);
	}
	fputs("after", stream);
	fflush(stream);
	ck_assert_int_eq(pread(fd, text, sizeof(text) - 1, 0), 12);
	ck_assert_str_eq(text, "before after");
	fclose(stream);
}
END_TEST

START_TEST(reading_back_moves_no_shared_offset)
{
	WITH_CAPTURE (out, stdout) {
		ck_assert_int_eq(write(1, "12345", 5), 5);
		ck_assert_int_eq(offset_of(1), 5);
		ck_assert_str_eq(with_capture_text(out), "12345");
		ck_assert_int_eq(offset_of(1), 5);
		ck_assert_int_eq(lseek(1, 2, SEEK_SET), 2);
		ck_assert_str_eq(with_capture_text(out), "12345");
		ck_assert_int_eq(offset_of(1), 2);
		ck_assert_int_eq(write(1, "67", 2), 2);
		ck_assert_str_eq(with_capture_text(out), "1234567");
	}
}
END_TEST

START_TEST(any_bytes_of_any_length_come_back)
{
	static char bytes[300000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	WITH_CAPTURE (out, stdout) {
		const char *text;

		ck_assert_str_eq(with_capture_text(out), "");
		ck_assert_uint_eq(fwrite(bytes, 1, sizeof(bytes), stdout),
				  sizeof(bytes));
		text = with_capture_text(out);
		ck_assert_uint_eq(out->length, sizeof(bytes));
		ck_assert_mem_eq(text, bytes, sizeof(bytes));
		ck_assert_int_eq(text[out->length], '\0');
		/* It may shrink, too. */
		ck_assert_int_eq(ftruncate(1, 3), 0);
		with_capture_text(out);
		ck_assert_uint_eq(out->length, 3);
	}
}
END_TEST

START_TEST(descriptor_of_any_number_keeps_its_flags)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int inherited = dup(fd);
	ino_t old = target_of(fd);

	WITH_CAPTURE_FD (out, fd) {
		ck_assert_int_eq(out->fd, fd);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		ck_assert_int_eq(write(fd, "text", 4), 4);
		ck_assert_str_eq(with_capture_text(out), "text");
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert(target_of(fd) == old);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	{
		SCOPED_CAPTURE_FD(out, inherited);
		ck_assert_ptr_nonnull(out);
		ck_assert_int_eq(fcntl(inherited, F_GETFD), 0);
	}
	ck_assert_int_eq(fcntl(inherited, F_GETFD), 0);
	ck_assert(target_of(inherited) == old);
	close(inherited);
	close(fd);
}
END_TEST

START_TEST(captures_nest)
{
	WITH_CAPTURE (outer, stdout) {
		printf("outer ");
		WITH_CAPTURE_FD (inner, 1) {
			printf("inner");
			ck_assert_str_eq(with_capture_text(inner), "inner");
		}
		printf("again");
		ck_assert_str_eq(with_capture_text(outer), "outer again");
	}
}
END_TEST

static int leave_by_return(void)
{
	SCOPED_CAPTURE(out, stdout);
	printf("lost");
	return out != NULL;
}

static jmp_buf env;

static void leave_by_longjmp(void)
{
	SCOPED_CAPTURE(out, stdout);
	printf("lost");
	if (out)
		longjmp(env, 1);
}

START_TEST(every_way_out_restores)
{
	char *before = testing_descriptors();
	ino_t old = target_of(1);
	struct with_mark mark = with_mark();

	ck_assert_int_eq(leave_by_return(), 1);
	ck_assert(target_of(1) == old);
	WITH_CAPTURE (out, stdout) {
		printf("lost");
		goto out;
	}
out:
	ck_assert(target_of(1) == old);
	WITH_CAPTURE (out, stdout)
		break;
	ck_assert(target_of(1) == old);
	if (setjmp(env) == 0) {
		leave_by_longjmp();
	} else {
		ck_assert(target_of(1) != old);
		with_unwind(mark);
	}
	ck_assert(target_of(1) == old);
	WITH_CAPTURE (out, stdout) {
		ck_assert_int_eq(with_capture_close(&out), 0);
		ck_assert_ptr_null(out);
		ck_assert(target_of(1) == old);
		ck_assert_int_eq(with_capture_close(&out), 0);
	}
	testing_same_descriptors(before);
}
END_TEST

START_TEST(capture_is_stolen)
{
	struct with_capture *kept = NULL;
	ino_t old = target_of(1);

	WITH_CAPTURE (out, stdout)
		kept = with_capture_steal(&out);
	ck_assert(target_of(1) != old);
	printf("later");
	ck_assert_str_eq(with_capture_text(kept), "later");
	ck_assert_int_eq(with_capture_close(&kept), 0);
	ck_assert(target_of(1) == old);
}
END_TEST

START_TEST(what_cannot_be_captured_runs_the_else_arm)
{
	char *before = testing_descriptors();
	FILE *null = NULL;
	char memory[10];
	FILE *without = fmemopen(memory, sizeof(memory), "w");

	hook_listen();
	errno = 0;
	WITH_CAPTURE (out, null) {
		ck_abort_msg("there is %p", (void *)out);
	} else {
		ck_assert_ptr_null(out);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(hook_heard(), "open with_capture 22 at a line");
	WITH_CAPTURE (out, without)
		ck_abort_msg("there is %p", (void *)out);
	else
		ck_assert_int_eq(errno, EBADF);
	fclose(without);
	WITH_CAPTURE_FD (out, 99)
		ck_abort_msg("there is %p", (void *)out);
	else
		ck_assert_int_eq(errno, EBADF);
	errno = 0;
	ck_assert_ptr_null(with_capture_text(NULL));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_int_eq(with_capture_stop(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	testing_same_descriptors(before);
}
END_TEST

START_CHILD_TEST(what_goes_to_a_closed_standard_number_is_not_caught)
{
	struct with_capture *out;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	out = with_capture_open(stderr);
	testing_expect(out != NULL);
	testing_expect(write(STDIN_FILENO, "x", 1) == -1 && errno == EBADF);
	testing_expect(write(STDOUT_FILENO, "x", 1) == -1 && errno == EBADF);
	fputs("this", stderr);
	testing_expect(strcmp(with_capture_text(out), "this") == 0);
	testing_expect(with_capture_close(&out) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(few_descriptors_are_enough_or_emfile)
{
	struct rlimit limit, before;
	bool captured = false;

	testing_expect(getrlimit(RLIMIT_NOFILE, &before) == 0);
	for (rlim_t most = 0; most < 12; most++) {
		struct with_capture *out;
		int error;

		limit = (struct rlimit) { most, before.rlim_max };
		testing_expect(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		errno = 0;
		out = with_capture_open(stdout);
		error = errno;
		testing_expect(setrlimit(RLIMIT_NOFILE, &before) == 0);
		testing_expect(out || (!captured && error == EMFILE));
		captured = out;
		testing_expect(with_capture_close(&out) == 0);
	}
	testing_expect(captured);
}
END_CHILD_TEST

static int failing_dup3(int old, int new, int flags)
{
	(void)old, (void)new, (void)flags;
	errno = EIO;
	return -1;
}

START_TEST(failure_in_the_middle_leaves_everything_as_it_was)
{
	char *before = testing_descriptors();
	ino_t old = target_of(1);

	with__sys.dup3 = failing_dup3;
	errno = 0;
	WITH_CAPTURE (out, stdout)
		ck_abort_msg("there is %p", (void *)out);
	else
		ck_assert_int_eq(errno, EIO);
	ck_assert(target_of(1) == old);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(pending_bytes_that_cannot_be_written_stop_the_entry)
{
	FILE *full = fopen("/dev/full", "w");

	fputs("pending", full);
	errno = 0;
	WITH_CAPTURE (out, full)
		ck_abort_msg("there is %p", (void *)out);
	else
		ck_assert_int_eq(errno, ENOSPC);
	fclose(full);
}
END_TEST

/* No file may have more than 4 bytes: what is pending at the end is lost. */
START_CHILD_TEST(pending_bytes_that_are_lost_at_the_end_are_returned_or_told)
{
	struct rlimit limit = { .rlim_cur = 4, .rlim_max = 4 };

	testing_expect(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	WITH_CAPTURE (out, stdout) {
		testing_expect(setrlimit(RLIMIT_FSIZE, &limit) == 0);
		printf("too much");
		testing_expect(!with_capture_text(out) && errno == EFBIG);
		clearerr(stdout);
		printf("too much");
		testing_expect(with_capture_close(&out) == -1);
		testing_expect(errno == EFBIG && !out);
	}
	hook_listen();
	WITH_CAPTURE (out, stdout) {
		printf("too much");
		errno = EDOM;
	}
	testing_expect(errno == EDOM);
	testing_expect(strcmp(hook_heard(), "close capture 27") == 0);
}
END_CHILD_TEST

TESTING_MAIN("capture",
	stdio_write_and_children_are_captured_in_order,
	whole_text_is_there_after_the_stop,
	flushes_on_both_sides_keep_the_order,
	reading_back_moves_no_shared_offset,
	any_bytes_of_any_length_come_back,
	descriptor_of_any_number_keeps_its_flags,
	captures_nest,
	every_way_out_restores,
	capture_is_stolen,
	what_cannot_be_captured_runs_the_else_arm,
	what_goes_to_a_closed_standard_number_is_not_caught,
	few_descriptors_are_enough_or_emfile,
	failure_in_the_middle_leaves_everything_as_it_was,
	pending_bytes_that_cannot_be_written_stop_the_entry,
	pending_bytes_that_are_lost_at_the_end_are_returned_or_told)
