/* SPDX-License-Identifier: MIT */
/* test-stream.c - streams over a descriptor. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <with/options.h>

#include "base/syscalls.h"
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

/* A stream on a file of ten letters, in one of three kinds. */
static FILE *open_kind(int kind, int *ret_fd)
{
	static const struct with__stream kinds[] = {
		{ .mode = "r+" }, { .mode = "r+", .buffering = 5000 },
		{ .mode = "r+", .encoding = "utf-8" },
	};
	FILE *file;

	*ret_fd = new_file();
	ck_assert_int_eq(write(*ret_fd, "abcdefghij", 10), 10);
	ck_assert_int_eq(lseek(*ret_fd, 0, SEEK_SET), 0);
	file = with__stream_open(*ret_fd, &kinds[kind]);
	ck_assert_ptr_nonnull(file);
	return file;
}

/* What a child does with a stream that it is not the owner of. */
static void child_closes(FILE *file)
{
	with__stream_discard(file);
	testing_expect(with__stream_close(file) == 0);
	_exit(0);
}

static void child_goes_on(FILE *file)
{
	with__stream_discard(file);
	fputs("more", file);
	testing_expect(with__stream_close(file) == 0);
	_exit(0);
}

static void child_exits(FILE *file)
{
	with__stream_discard(file);
	exit(0);
}

static void child_flushes_all(FILE *file)
{
	with__stream_discard(file);
	testing_expect(fflush(NULL) == 0);
	_exit(0);
}

static int out_of_descriptors(int dirfd, const char *name, int flags,
			      mode_t mode)
{
	(void)dirfd, (void)name, (void)flags, (void)mode;
	errno = EMFILE;
	return -1;
}

static void child_closes_without_dev_null(FILE *file)
{
	with__sys.openat = out_of_descriptors;
	child_closes(file);
}

static void in_child(void (*function)(FILE *), FILE *file)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		function(file);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(testing_exited(status, 0));
}

static void (*const child_does[])(FILE *) = {
	child_closes, child_goes_on, child_exits, child_flushes_all,
	child_closes_without_dev_null,
};
enum { WAYS = sizeof(child_does) / sizeof(*child_does) };

START_TEST(a_discarded_stream_writes_nothing)
{
	for (int i = 0; i < 3 * WAYS; i++) {
		char bytes[16];
		int fd;
		FILE *file = open_kind(i / WAYS, &fd);

		/* Whatever else is buffered shall not be written twice. */
		fflush(NULL);
		fputs("XYZ", file);
		in_child(child_does[i % WAYS], file);
		ck_assert_int_eq(pread(fd, bytes, 16, 0), 10);
		ck_assert_mem_eq(bytes, "abcdefghij", 10);
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 0);
		ck_assert_int_eq(fflush(file), 0);
		ck_assert_int_eq(pread(fd, bytes, 16, 0), 10);
		ck_assert_mem_eq(bytes, "XYZdefghij", 10);
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(a_discarded_stream_moves_no_shared_offset)
{
	for (int i = 0; i < 3 * WAYS; i++) {
		off_t before;
		int fd;
		FILE *file = open_kind(i / WAYS, &fd);

		fflush(NULL);
		ck_assert_int_eq(getc(file), 'a');
		before = lseek(fd, 0, SEEK_CUR);
		in_child(child_does[i % WAYS], file);
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), before);
		ck_assert_int_eq(getc(file), 'b');
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(a_discarded_stream_has_nothing_to_read)
{
	for (int i = 0; i < 3; i++) {
		static const char more[20000] = "more than is read ahead";
		int fd;
		FILE *file = open_kind(i, &fd);

		ck_assert_int_eq(pwrite(fd, more, sizeof(more), 10),
				 sizeof(more));
		ck_assert_int_eq(getc(file), 'a');
		with__stream_discard(file);
		ck_assert_int_eq(getc(file), EOF);
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(half_a_character_of_the_parent_is_no_error_of_the_child)
{
	int fd;
	FILE *file = open_kind(2, &fd);

	fflush(NULL);
	fputs("\xc3", file);
	ck_assert_int_eq(fflush(file), 0);
	in_child(child_closes, file);
	fputs("\xa9", file);
	ck_assert_int_eq(with__stream_close(file), 0);
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
	what_is_known_of_a_thousand_files_is_found_again,
	a_discarded_stream_writes_nothing,
	a_discarded_stream_moves_no_shared_offset,
	a_discarded_stream_has_nothing_to_read,
	half_a_character_of_the_parent_is_no_error_of_the_child)
