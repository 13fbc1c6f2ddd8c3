/* SPDX-License-Identifier: MIT */
/* test-stream.c - streams over a descriptor. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <with/options.h>

#include "stream/known.h"
#include "stream/stream.h"
#include "testing.h"

static int new_file(void)
{
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static FILE *open_new(const struct with__stream *how)
{
	FILE *file = with__stream_open(new_file(), how);

	ck_assert_msg(file != NULL, "%s", strerror(errno));
	return file;
}

static long long size_of(FILE *file)
{
	struct stat st;

	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	return st.st_size;
}

START_TEST(untouched_bytes_come_back_in_every_mode_and_buffering)
{
	static const char *const modes[] = { NULL, "w+", "w+b", "a+", "r+e" };
	static const long long bufferings[] = {
		0, TEMPFILE_UNBUFFERED, TEMPFILE_LINE_BUFFERED, 1, 7, 65536,
	};
	char bytes[3000];
	char back[sizeof(bytes)];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t i = 0; i < 5 * 6; i++) {
		FILE *file = open_new(&(struct with__stream){
			.mode = modes[i % 5], .buffering = bufferings[i / 5] });

		ck_assert_uint_eq(fwrite(bytes, 1, 3000, file), 3000);
		rewind(file);
		ck_assert_uint_eq(fread(back, 1, 3000, file), 3000);
		ck_assert_mem_eq(bytes, back, 3000);
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(buffering_is_what_was_asked_for)
{
	FILE *file = open_new(&(struct with__stream){
		.buffering = TEMPFILE_UNBUFFERED });

	fputs("ab", file);
	ck_assert_int_eq(size_of(file), 2);
	with__stream_close(file);
	file = open_new(&(struct with__stream){
		.buffering = TEMPFILE_LINE_BUFFERED });
	fputs("ab", file);
	ck_assert_int_eq(size_of(file), 0);
	fputs("c\n", file);
	ck_assert_int_eq(size_of(file), 4);
	with__stream_close(file);
	file = open_new(&(struct with__stream){ .buffering = 100000 });
	/* musl keeps 8 bytes of the buffer for ungetc(). */
	for (int i = 0; i < 100000 - 8; i++)
		putc('x', file);
	ck_assert_int_eq(size_of(file), 0);
	for (int i = 0; i < 9; i++)
		putc('x', file);
	ck_assert_int_ge(size_of(file), 100000 - 8);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(append_option_writes_at_the_end)
{
	int fd = new_file();
	FILE *file = with__stream_open(fd, &(struct with__stream){
		.mode = "w+", .append = true });

	ck_assert_int_eq(fileno(file), fd);
	fputs("one", file);
	rewind(file);
	fputs("two", file);
	rewind(file);
	ck_assert_int_eq(getc(file), 'o');
	ck_assert_int_eq(size_of(file), 6);
	with__stream_close(file);
}
END_TEST

static void refused(const struct with__stream *how)
{
	int fd = new_file();

	errno = 0;
	ck_assert_int_eq(with__stream_check(how, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(with__stream_open(fd, how));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(nonsense_is_refused_and_the_descriptor_stays_open)
{
	refused(&(struct with__stream){ .mode = "wr" });
	refused(&(struct with__stream){ .mode = "" });
	refused(&(struct with__stream){ .buffering = -3 });
	refused(&(struct with__stream){ .buffering = INT_MAX + 1LL });
	refused(&(struct with__stream){ .buffering = LLONG_MIN });
	refused(&(struct with__stream){ .mode = "wb", .encoding = "utf-8" });
	refused(&(struct with__stream){ .mode = "wb", .errors = "strict" });
	refused(&(struct with__stream){ .mode = "wb", .newline = "" });
}
END_TEST

START_TEST(check_hands_out_the_mode)
{
	struct with__mode mode;

	ck_assert_int_eq(with__stream_check(
		&(struct with__stream){ .mode = "w", .append = true }, &mode), 0);
	ck_assert(mode.append && mode.writable && !mode.readable);
}
END_TEST

START_TEST(close_reports_what_the_last_flush_said)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	FILE *file = with__stream_open(fd, &(struct with__stream){
		.mode = "w", .buffering = 512 });

	fputs("x", file);
	errno = 0;
	ck_assert_int_eq(with__stream_close(file), EOF);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(hundreds_of_sized_streams_close_in_any_order)
{
	FILE *files[400];

	for (size_t i = 0; i < 400; i++)
		files[i] = open_new(&(struct with__stream){ .buffering = 16 });
	for (size_t i = 0; i < 400; i++) {
		FILE *file = files[i * 237 % 400];

		ck_assert_int_gt(fprintf(file, "%zu and more than 16", i), 16);
		errno = EDOM;
		ck_assert_int_eq(with__stream_close(file), 0);
		ck_assert_int_eq(errno, EDOM);
	}
}
END_TEST

START_TEST(what_is_known_of_a_thousand_files_is_found_again)
{
	static struct with__known entries[1000];
	static struct with__known newer;
	static char places[1000][16];

	for (size_t i = 0; i < 1000; i++) {
		entries[i].file = (FILE *)(void *)places[i];
		ck_assert_ptr_null(with__known_put(&entries[i]));
	}
	newer.file = entries[5].file;
	ck_assert_ptr_eq(with__known_put(&newer), &entries[5]);
	ck_assert_ptr_eq(with__known_take(newer.file), &newer);
	ck_assert_ptr_null(with__known_take(newer.file));
	for (size_t i = 0; i < 1000; i++) {
		struct with__known *expected = i == 5 ? NULL : &entries[i];

		ck_assert_ptr_eq(with__known_get(entries[i].file), expected);
		ck_assert_ptr_eq(with__known_take(entries[i].file), expected);
		ck_assert_ptr_null(with__known_get(entries[i].file));
	}
}
END_TEST

TESTING_MAIN("stream",
	untouched_bytes_come_back_in_every_mode_and_buffering,
	buffering_is_what_was_asked_for,
	append_option_writes_at_the_end,
	nonsense_is_refused_and_the_descriptor_stays_open,
	check_hands_out_the_mode,
	close_reports_what_the_last_flush_said,
	hundreds_of_sized_streams_close_in_any_order,
	what_is_known_of_a_thousand_files_is_found_again)
