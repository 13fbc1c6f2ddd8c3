/* SPDX-License-Identifier: MIT */
/* test-spooled.c - memory, then a file, and what happens when there is none. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/directory.h>
#include <with/spooled.h>

#include "base/syscalls.h"
#include "stream/stream.h"
#include "testing.h"

static unsigned opened;

static int counting_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	opened++;
	return openat(dirfd, name, flags, mode);
}

static void put(struct tempfile_spooled *spool, const char *text)
{
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), spool->file),
			  strlen(text));
}

static void holds(struct tempfile_spooled *spool, const char *expected,
		  size_t size)
{
	static char bytes[8192];

	rewind(spool->file);
	ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), spool->file), size);
	ck_assert(feof(spool->file) && !ferror(spool->file));
	ck_assert_mem_eq(bytes, expected, size);
}

START_TEST(what_is_small_stays_in_memory)
{
	struct tempfile_spooled *spool;

	with__sys.openat = counting_openat;
	opened = 0;
	spool = tempfile_spooled_open(.max_size = 1000);
	ck_assert_ptr_nonnull(spool);
	put(spool, "hello");
	holds(spool, "hello", 5);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(fileno(spool->file), -1);
	errno = 0;
	ck_assert_int_eq(with__stream_descriptor(spool->file), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	ck_assert_ptr_null(spool);
	ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(exactly_max_size_stays_and_one_more_rolls)
{
	static const long long sizes[] = { 1, 2, 100, 511, 512, 513, 4096,
					   8192, 8193, 20000 };
	static char bytes[20001];

	for (size_t i = 0; i < 3 * sizeof(sizes) / sizeof(*sizes); i++) {
		long long size = sizes[i / 3];
		struct tempfile_spooled *spool = tempfile_spooled_open(
			.max_size = size,
			.buffering = i % 3 == 1 ? TEMPFILE_UNBUFFERED :
				i % 3 == 2 ? 16 : 0);

		ck_assert_uint_eq(fwrite(bytes, 1, (size_t)size, spool->file),
				  (size_t)size);
		ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
		ck_assert_int_eq(putc('x', spool->file), 'x');
		ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
		ck_assert_int_eq(ftell(spool->file), size + 1);
		ck_assert_int_eq(fseek(spool->file, -1, SEEK_END), 0);
		ck_assert_int_eq(getc(spool->file), 'x');
		ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	}
}
END_TEST

START_TEST(position_counts_and_seeking_alone_does_not_roll)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(.max_size = 10);

	put(spool, "0123456789");
	ck_assert_int_eq(fseek(spool->file, 5, SEEK_SET), 0);
	put(spool, "ABCDE");
	ck_assert_int_eq(fseek(spool->file, 0, SEEK_SET), 0);
	put(spool, "x");
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(fseek(spool->file, 1000, SEEK_SET), 0);
	ck_assert_int_eq(ftell(spool->file), 1000);
	ck_assert_int_eq(getc(spool->file), EOF);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(fseek(spool->file, 12, SEEK_SET), 0);
	put(spool, "y");
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	holds(spool, "x1234ABCDE\0\0y", 13);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

/* More than 32 bits of addresses reach, all of it hole but the ends. */
START_TEST(beyond_four_gigabytes_it_is_a_file)
{
	const off_t far = (off_t)5 << 30;
	struct tempfile_spooled *spool =
		tempfile_spooled_open(.max_size = 1000);
	char back[8] = "";

	put(spool, "near");
	ck_assert_int_eq(fseeko(spool->file, far, SEEK_SET), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	put(spool, "far");
	ck_assert_int_eq(fflush(spool->file), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	ck_assert_int_eq(ftello(spool->file), far + 3);
	rewind(spool->file);
	ck_assert_uint_eq(fread(back, 1, 4, spool->file), 4);
	ck_assert_str_eq(back, "near");
	ck_assert_int_eq(fseeko(spool->file, far, SEEK_SET), 0);
	ck_assert_uint_eq(fread(back, 1, 4, spool->file), 3);
	ck_assert_mem_eq(back, "far", 3);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, far + 1), 0);
	ck_assert_int_eq(fseeko(spool->file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftello(spool->file), far + 1);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(a_hole_in_memory_reads_as_zeros)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 100);

	ck_assert_int_eq(fseek(spool->file, 6, SEEK_SET), 0);
	put(spool, "x");
	holds(spool, "\0\0\0\0\0\0x", 7);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(no_limit_means_memory_only)
{
	struct tempfile_spooled *spool = tempfile_spooled_open();
	char bytes[1000];

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(fwrite(bytes, 1, 1000, spool->file), 1000);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 0), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	/* Python rolls here, since 1 exceeds a max_size of 0. */
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 1), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(truncate_cuts_fills_and_rolls_if_it_must)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(.max_size = 10);

	put(spool, "01234567");
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 3), 0);
	ck_assert_int_eq(ftell(spool->file), 8);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 6), 0);
	holds(spool, "012\0\0\0", 6);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 10), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 11), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	holds(spool, "012\0\0\0\0\0\0\0\0", 11);
	/* What stdio has read is not served from its buffer any more. */
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 2), 0);
	ck_assert_int_eq(fseek(spool->file, 5, SEEK_SET), 0);
	ck_assert_int_eq(getc(spool->file), EOF);
	ck_assert_int_eq(fseek(spool->file, 1, SEEK_SET), 0);
	ck_assert_int_eq(getc(spool->file), '1');
	holds(spool, "01", 2);
	errno = 0;
	ck_assert_int_eq(tempfile_spooled_truncate(spool, -1), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(fileno_rolls_and_has_the_offset_of_the_stream)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 100, .dir = testing_tmpdir());
	struct stat st;
	char bytes[8];
	int fd;

	put(spool, "hello");
	ck_assert_int_eq(fseek(spool->file, 2, SEEK_SET), 0);
	fd = tempfile_spooled_fileno(spool);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 2);
	ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), 3);
	ck_assert_mem_eq(bytes, "llo", 3);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(getc(spool->file), 'l');
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(options_of_the_file_hold_when_it_rolls)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.permissions = 0640, .inheritable = true, .append = true);
	struct stat st;
	int fd;

	put(spool, "one");
	rewind(spool->file);
	put(spool, "two");
	holds(spool, "onetwo", 6);
	fd = tempfile_spooled_fileno(spool);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	ck_assert(fcntl(fd, F_GETFL) & O_APPEND);
	rewind(spool->file);
	put(spool, "three");
	holds(spool, "onetwothree", 11);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(stream_and_position_survive_the_rollover)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 100);
	FILE *file = spool->file;

	put(spool, "hello world");
	ck_assert_int_eq(fseek(file, 4, SEEK_SET), 0);
	ck_assert_int_eq(getc(file), 'o');
	errno = EDOM;
	ck_assert_int_eq(tempfile_spooled_rollover(spool), 0);
	ck_assert_int_eq(tempfile_spooled_rollover(spool), 0);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_ptr_eq(spool->file, file);
	ck_assert_int_eq(ftell(file), 5);
	ck_assert_int_eq(getc(file), ' ');
	ck_assert_int_eq(fseek(file, 0, SEEK_CUR), 0);
	put(spool, "W");
	holds(spool, "hello World", 11);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

/* What a byte at this place is in the tests below. */
static char pattern(size_t place)
{
	return (char)(place * 7 + place / 251);
}

static void is_pattern(struct tempfile_spooled *spool, size_t size)
{
	int byte;

	rewind(spool->file);
	for (size_t i = 0; i < size; i++) {
		byte = getc(spool->file);
		testing_expect(byte == (unsigned char)pattern(i));
	}
	testing_expect(!ferror(spool->file));
}

/*
 * Write records until the stream has size bytes or says that something is
 * wrong. Returns up to where they were accepted: written without complaint.
 */
static size_t write_pattern(struct tempfile_spooled *spool, size_t size)
{
	size_t done = (size_t)ftell(spool->file);
	char record[100];

	while (done < size) {
		for (size_t i = 0; i < sizeof(record); i++)
			record[i] = pattern(done + i);
		errno = 0;
		if (fwrite(record, 1, sizeof(record), spool->file) !=
		    sizeof(record) || ferror(spool->file))
			return done;
		done += sizeof(record);
	}
	(void)fflush(spool->file);
	return done;
}

/*
 * Something is wrong with where it would roll to: whatever was accepted stays
 * readable, the error is told, as often as it is tried, and when nothing is
 * wrong any more the rest goes on.
 */
static void survives(struct tempfile_spooled *spool, int error,
		     void (*mend)(void))
{
	size_t accepted = write_pattern(spool, 60000);
	size_t size;

	testing_expect(ferror(spool->file));
	testing_expect(errno == error);
	for (int i = 0; i < 3; i++) {
		clearerr(spool->file);
		testing_expect(fseek(spool->file, 0, SEEK_END) == 0);
		size = (size_t)ftell(spool->file);
		testing_expect(size >= accepted);
		is_pattern(spool, size);
		testing_expect(getc(spool->file) == EOF);
		clearerr(spool->file);
		testing_expect(fseek(spool->file, 0, SEEK_END) == 0);
		(void)write_pattern(spool, 70000);
		testing_expect(ferror(spool->file));
		testing_expect(errno == error);
	}
	mend();
	clearerr(spool->file);
	testing_expect(fseek(spool->file, 0, SEEK_END) == 0);
	size = write_pattern(spool, 61000);
	testing_expect(!ferror(spool->file) && size >= 61000);
	testing_expect(tempfile_spooled_rolled(spool) == 1);
	is_pattern(spool, size);
	testing_expect(getc(spool->file) == EOF);
	testing_expect(tempfile_spooled_close(&spool) == 0);
}

static const long long limits[] = { 100, 3000, 4096, 10000, 50000 };
enum { LIMITS = sizeof(limits) / sizeof(*limits) };

static ssize_t failing_pwrite(int fd, const void *buffer, size_t size,
			      off_t at)
{
	(void)fd, (void)buffer, (void)size, (void)at;
	errno = EIO;
	return -1;
}

static void mend_pwrite(void)
{
	with__sys.pwrite = pwrite;
}

START_CHILD_TEST(a_failing_disk_loses_nothing)
{
	char *before = testing_descriptors();
	char *after;

	for (size_t i = 0; i < LIMITS; i++) {
		with__sys.pwrite = failing_pwrite;
		survives(tempfile_spooled_open(.max_size = limits[i]), EIO,
			 mend_pwrite);
	}
	after = testing_descriptors();
	testing_expect(!strcmp(before, after));
	free(before);
	free(after);
}
END_CHILD_TEST

/* Takes some, then says that there is no space. */
static off_t space;
static off_t more_space;	/* each time there was none */

static ssize_t full_pwrite(int fd, const void *buffer, size_t size, off_t at)
{
	if (at >= space) {
		space += more_space;
		errno = ENOSPC;
		return -1;
	}
	if (at + (off_t)size > space)
		size = (size_t)(space - at);
	return pwrite(fd, buffer, size, at);
}

START_CHILD_TEST(a_disk_that_runs_full_at_any_byte_loses_nothing)
{
	for (space = 0; space < 55000; space += 1 + (off_t)testing_draw(2000)) {
		with__sys.pwrite = full_pwrite;
		survives(tempfile_spooled_open(
			.max_size = limits[testing_draw(LIMITS)],
			.buffering = testing_draw(2) ? 0 : 1 + testing_draw(9000)), ENOSPC,
			mend_pwrite);
	}
}
END_CHILD_TEST

START_CHILD_TEST(space_that_comes_in_crumbs_is_used)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 100, .buffering = 1000);

	testing_expect(tempfile_spooled_rollover(spool) == 0);
	with__sys.pwrite = full_pwrite;
	more_space = 170;
	for (space = 300; ftell(spool->file) < 5000;) {
		size_t from = (size_t)ftell(spool->file);

		/* Where writing fails musl forgets what it has buffered. */
		for (size_t i = from; i < from + 1000; i++) {
			if (putc(pattern(i), spool->file) == EOF)
				break;
		}
		(void)fflush(spool->file);
		clearerr(spool->file);
		is_pattern(spool, (size_t)ftell(spool->file));
		testing_expect(fseek(spool->file, 0, SEEK_END) == 0);
	}
	testing_expect(tempfile_spooled_close(&spool) == 0);
}
END_CHILD_TEST

START_TEST(what_a_full_disk_refused_is_part_of_the_content)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 1, .buffering = TEMPFILE_UNBUFFERED);

	put(spool, "0123456789");
	with__sys.pwrite = failing_pwrite;
	ck_assert_int_eq(fseek(spool->file, 13, SEEK_SET), 0);
	fwrite("abcd", 1, 4, spool->file);
	ck_assert(ferror(spool->file));
	holds(spool, "0123456789\0\0\0abcd", 17);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 15), -1);
	ck_assert_int_eq(errno, EIO);
	holds(spool, "0123456789\0\0\0abcd", 17);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 5), 0);
	holds(spool, "01234", 5);
	ck_assert_int_eq(fseek(spool->file, 1, SEEK_SET), 0);
	fwrite("xyz", 1, 3, spool->file);
	ck_assert(ferror(spool->file));
	holds(spool, "0xyz4", 5);
	with__sys.pwrite = pwrite;
	ck_assert_int_eq(fseek(spool->file, 0, SEEK_END), 0);
	put(spool, "!");
	holds(spool, "0xyz4!", 6);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

static void mend_descriptors(void)
{
	struct rlimit limit = { 256, 256 };

	testing_expect(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

START_CHILD_TEST(no_descriptor_left_loses_nothing)
{
	struct rlimit none = { 0, 256 };

	if (testing_is_wrapped())
		return;
	mend_descriptors();
	testing_expect(setrlimit(RLIMIT_NOFILE, &none) == 0);
	survives(tempfile_spooled_open(.max_size = 3000), EMFILE,
		 mend_descriptors);
}
END_CHILD_TEST

static void mend_size(void)
{
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };

	testing_expect(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

START_CHILD_TEST(a_limit_on_files_loses_nothing)
{
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < LIMITS; i++) {
		struct rlimit limit = { 1000 + 2 * (rlim_t)limits[i] / 3,
					RLIM_INFINITY };

		testing_expect(setrlimit(RLIMIT_FSIZE, &limit) == 0);
		survives(tempfile_spooled_open(.max_size = limits[i]), EFBIG,
			 mend_size);
	}
}
END_CHILD_TEST

static void make_late(void)
{
	testing_expect(mkdir("late", 0700) == 0);
}

START_CHILD_TEST(a_directory_is_looked_for_late_where_it_was_meant)
{
	struct tempfile_spooled *spool;

	testing_expect(chdir(testing_tmpdir()) == 0);
	spool = tempfile_spooled_open(.max_size = 3000, .dir = "late");
	testing_expect(spool != NULL);
	survives(spool, ENOENT, make_late);
	spool = tempfile_spooled_open(.max_size = 3000, .dir = "late");
	testing_expect(chdir("/") == 0);
	testing_expect(tempfile_spooled_rollover(spool) == 0);
	testing_expect(tempfile_spooled_close(&spool) == 0);
	testing_expect(chdir(testing_tmpdir()) == 0);
	testing_expect(rmdir("late") == 0);
}
END_CHILD_TEST

static void small_tmpfs(void)
{
	testing_own_mounts();
	testing_expect(mount("none", testing_tmpdir(), "tmpfs", 0,
			     "size=64k") == 0);
	testing_expect(chdir(testing_tmpdir()) == 0);
}

static void fill_up(int pages)
{
	static char page[4096];
	int fd = open("filler", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	while (pages-- > 0)
		testing_expect(write(fd, page, sizeof(page)) ==
			       sizeof(page));
	close(fd);
}

static void unlink_filler(void)
{
	testing_expect(unlink("filler") == 0);
}

START_CHILD_TEST(a_small_disk_loses_nothing)
{
	small_tmpfs();
	for (int pages = 2; pages <= 14; pages += 3) {
		for (size_t i = 0; i < LIMITS; i++) {
			fill_up(pages);
			survives(tempfile_spooled_open(.max_size = limits[i],
						       .dir = "."),
				 ENOSPC, unlink_filler);
		}
	}
}
END_CHILD_TEST

START_TEST(a_failed_rollover_or_truncate_changes_nothing)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 10, .dir = "/nowhere/at/all");

	put(spool, "0123456789");
	errno = 0;
	ck_assert_int_eq(tempfile_spooled_rollover(spool), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(tempfile_spooled_fileno(spool), -1);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 20), -1);
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	holds(spool, "0123456789", 10);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

static off_t most;	/* as RLIMIT_FSIZE, without its signal */

static ssize_t limited_pwrite(int fd, const void *buffer, size_t size, off_t at)
{
	if (at >= most) {
		errno = EFBIG;
		return -1;
	}
	if (at + (off_t)size > most)
		size = (size_t)(most - at);
	return pwrite(fd, buffer, size, at);
}

static int limited_ftruncate(int fd, off_t length)
{
	if (length <= most)
		return ftruncate(fd, length);
	errno = EFBIG;
	return -1;
}

/* Wherever the cut is: before, within and behind what the file refused. */
START_TEST(a_failed_truncate_keeps_what_the_file_refused)
{
	static const off_t cuts[] = { 13, 18, 20, 22, 28, 40 };
	char content[28] = "0123456789";

	memcpy(content + 20, "abcdefgh", 8);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		struct tempfile_spooled *spool = tempfile_spooled_open(
			.max_size = 1, .buffering = TEMPFILE_UNBUFFERED);

		put(spool, "0123456789");
		most = 12;
		with__sys.pwrite = limited_pwrite;
		with__sys.ftruncate = limited_ftruncate;
		ck_assert_int_eq(fseek(spool->file, 20, SEEK_SET), 0);
		fwrite("abcdefgh", 1, 8, spool->file);
		ck_assert(ferror(spool->file));
		clearerr(spool->file);
		/* From some on part of it is written, and the rest not. */
		for (; most < cuts[i]; most += 5) {
			errno = 0;
			ck_assert_int_eq(tempfile_spooled_truncate(
						 spool, cuts[i]), -1);
			ck_assert_int_eq(errno, EFBIG);
			holds(spool, content, sizeof(content));
		}
		most = 100;
		ck_assert_int_eq(tempfile_spooled_truncate(spool, 24), 0);
		holds(spool, content, 24);
		ck_assert_int_eq(tempfile_spooled_truncate(spool, 5), 0);
		holds(spool, content, 5);
		ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	}
}
END_TEST

static int interruptions;

static int interrupted_ftruncate(int fd, off_t length)
{
	if (interruptions-- > 0) {
		errno = EINTR;
		return -1;
	}
	return ftruncate(fd, length);
}

START_TEST(an_interrupted_truncation_is_made_again)
{
	struct tempfile_spooled *spool = tempfile_spooled_open();

	ck_assert_ptr_nonnull(spool);
	put(spool, "hello");
	ck_assert_int_eq(tempfile_spooled_rollover(spool), 0);
	interruptions = 2;
	with__sys.ftruncate = interrupted_ftruncate;
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 3), 0);
	ck_assert_int_lt(interruptions, 0);
	ck_assert_int_eq(fseek(spool->file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(spool->file), 3);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(what_cannot_be_is_refused_at_once)
{
	struct tempfile_spooled *spool;

#define REFUSED(number, ...)						\
	do {								\
		errno = 0;						\
		spool = tempfile_spooled_open(__VA_ARGS__);		\
		ck_assert_ptr_null(spool);				\
		ck_assert_int_eq(errno, number);			\
	} while (0)
	REFUSED(EINVAL, .max_size = -1);
	REFUSED(EINVAL, .mode = "q");
	REFUSED(EINVAL, .prefix = "a/b");
	REFUSED(EINVAL, .encoding = "no-such-code");
	REFUSED(EINVAL, .mode = "w+b", .newline = "");
	REFUSED(EINVAL, .buffering = -5);
	REFUSED(EINVAL, .errors = "hope");
	REFUSED(EINVAL, .dir = "/tmp", .at = &(int){ 0 });
	REFUSED(ENOENT, .dir = "");
	ck_assert_int_eq(tempfile_spooled_close(NULL), 0);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	ck_assert_int_eq(tempfile_spooled_rolled(NULL), -1);
	ck_assert_int_eq(tempfile_spooled_rollover(NULL), -1);
	ck_assert_int_eq(tempfile_spooled_fileno(NULL), -1);
	ck_assert_int_eq(tempfile_spooled_truncate(NULL, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(text_options_hold_in_memory_and_in_the_file)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 12, .encoding = "utf-16-le", .newline = "\r\n");
	char bytes[64];
	char line[32];
	int fd;

	put(spool, "\xc3\xa9\n");
	put(spool, "abc");
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	rewind(spool->file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), spool->file));
	ck_assert_str_eq(line, "\xc3\xa9\r\n");
	ck_assert_int_eq(fseek(spool->file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(spool->file), 7);
	put(spool, "d");
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 1);
	fd = tempfile_spooled_fileno(spool);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 14);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), 14);
	ck_assert_mem_eq(bytes, "\xe9\0\r\0\n\0a\0b\0c\0d\0", 14);
	ck_assert_int_eq(tempfile_spooled_truncate(spool, 8), 0);
	ck_assert_int_eq(ftell(spool->file), 5);
	put(spool, "z");
	rewind(spool->file);
	ck_assert_uint_eq(fread(line, 1, sizeof(line), spool->file), 6);
	ck_assert_mem_eq(line, "\xc3\xa9\r\naz", 6);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(an_unfinished_character_is_reported_at_close)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(.mode = "w+t");

	put(spool, "a\xe3");
	errno = 0;
	ck_assert_int_eq(tempfile_spooled_close(&spool), -1);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_ptr_null(spool);
}
END_TEST

/* A file that is a plain array, and the spool that must be like it. */
struct model {
	char bytes[30000];
	size_t size;
	size_t position;
};

static void model_step(struct model *model, struct tempfile_spooled *spool)
{
	static char bytes[3000];
	size_t length = testing_draw(3) ? testing_draw(50) : testing_draw(3000);
	size_t cut;

	switch (testing_draw(6)) {
	case 0:
	case 1:
		if (model->position + length > sizeof(model->bytes))
			break;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)testing_draw(256);
		ck_assert_uint_eq(fwrite(bytes, 1, length, spool->file),
				  length);
		if (length && model->position > model->size)
			memset(model->bytes + model->size, 0,
			       model->position - model->size);
		memcpy(model->bytes + model->position, bytes, length);
		model->position += length;
		if (length && model->position > model->size)
			model->size = model->position;
		break;
	case 2:
		model->position = testing_draw((unsigned)model->size + 20);
		break;
	case 3:
		cut = testing_draw((unsigned)model->size + 20);
		if (cut > sizeof(model->bytes))
			break;
		ck_assert_int_eq(tempfile_spooled_truncate(
			spool, (long long)cut), 0);
		if (cut > model->size)
			memset(model->bytes + model->size, 0,
			       cut - model->size);
		model->size = cut;
		break;
	case 4:
		if (!testing_draw(5))
			ck_assert_int_eq(tempfile_spooled_rollover(spool), 0);
		break;
	}
	ck_assert_int_eq(fseek(spool->file, (long)model->position, SEEK_SET),
			 0);
	if (testing_draw(2) && model->position <= model->size) {
		size_t got = fread(bytes, 1, length, spool->file);
		size_t left = model->size - model->position;

		ck_assert_uint_eq(got, length < left ? length : left);
		ck_assert_mem_eq(bytes, model->bytes + model->position, got);
		model->position += got;
		ck_assert_int_eq(ftell(spool->file), (long)model->position);
		ck_assert_int_eq(fseek(spool->file, 0, SEEK_CUR), 0);
	}
}

START_TEST(it_is_like_a_plain_file_whatever_is_done)
{
	static struct model model;

	for (int i = 0; i < 60; i++) {
		struct tempfile_spooled *spool = tempfile_spooled_open(
			.max_size = testing_draw(2) ? testing_draw(5000) : 0,
			.buffering = testing_draw(2) ? 0 : 1 + testing_draw(600));

		model.size = 0;
		model.position = 0;
		for (int j = 0; j < 60; j++)
			model_step(&model, spool);
		ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	}
}
END_TEST

static size_t allocated(void)
{
#ifdef HAVE_MALLINFO2
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

START_TEST(memory_is_bounded_by_the_limit_and_one_write)
{
	static const char bytes[300000];
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 1000000, .dir = "/nowhere/at/all");
	size_t before = allocated();

	for (size_t i = 0; i < 1000000; i += 1000)
		ck_assert_uint_eq(fwrite(bytes, 1, 1000, spool->file), 1000);
	ck_assert_int_eq(fflush(spool->file), 0);
	ck_assert_uint_le(allocated() - before, 1000000 + 40000);
	for (int i = 0; i < 5; i++) {
		fwrite(bytes, 1, sizeof(bytes), spool->file);
		ck_assert(ferror(spool->file));
		clearerr(spool->file);
	}
	ck_assert_uint_le(allocated() - before,
			  1000000 + sizeof(bytes) + 40000);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(memory_grows_geometrically_up_to_the_limit)
{
	static const char bytes[100];
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.max_size = 1000000, .buffering = TEMPFILE_UNBUFFERED);
	size_t before = allocated();
	size_t last = before;
	unsigned grown = 0;

	for (size_t i = 100; i <= 1000000; i += 100) {
		size_t now;

		ck_assert_uint_eq(fwrite(bytes, 1, 100, spool->file), 100);
		now = allocated();
		if (now == last)
			continue;
		last = now;
		grown++;
		/* Double of what is needed, and never beyond the limit. */
		ck_assert_uint_le(now - before, 2 * i + 8192);
		ck_assert_uint_le(now - before, 1000000 + 8192);
	}
	ck_assert_int_eq(tempfile_spooled_rolled(spool), 0);
	/* From 512 to a million it doubles eleven times. */
	ck_assert_uint_le(grown, 12);
#if defined(HAVE_MALLINFO2) && !TESTING_SANITIZED
	ck_assert(grown >= 8 || testing_is_wrapped());
#endif
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(closing_writes_nothing_to_any_disk)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(.max_size = 10);

	with__sys.openat = counting_openat;
	opened = 0;
	put(spool, "more than ten, not flushed yet");
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	ck_assert_uint_eq(opened, 0);
}
END_TEST

static void close_in_child(void *data)
{
	struct tempfile_spooled *spool = data;

	testing_expect(tempfile_spooled_close(&spool) == 0);
}

START_TEST(a_child_closes_without_a_trace)
{
	for (int rolled = 0; rolled < 2; rolled++) {
		struct tempfile_spooled *spool = tempfile_spooled_open(
			.max_size = 1000);
		int status;

		put(spool, "one");
		if (rolled)
			ck_assert_int_eq(tempfile_spooled_rollover(spool), 0);
		put(spool, "two");
		status = testing_in_child(close_in_child, spool);
		ck_assert(testing_exited(status, 0));
		put(spool, "three");
		holds(spool, "onetwothree", 11);
		ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
	}
}
END_TEST

START_TEST(a_child_that_exits_writes_nothing)
{
	struct tempfile_spooled *spool = tempfile_spooled_open();
	int fd = tempfile_spooled_fileno(spool);
	pid_t child;
	char byte;

	/* testing_in_child() would flush. */
	fflush(NULL);
	put(spool, "not flushed yet");
	child = fork();
	if (child == 0)
		exit(0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(pread(fd, &byte, 1, 0), 0);
	ck_assert_int_eq(tempfile_spooled_close(&spool), 0);
}
END_TEST

START_TEST(guards_close_it)
{
	char *before = testing_descriptors();

	WITH_SPOOLED_TMP (spool, .max_size = 10) {
		put(spool, "hello");
		ck_assert_int_ge(tempfile_spooled_fileno(spool), 0);
	} else {
		ck_abort_msg("no spool");
	}
	WITH_SPOOLED_TMP (spool, .max_size = -1) {
		ck_abort_msg("a spool");
	} else {
		ck_assert_int_eq(errno, EINVAL);
	}
	{
		SCOPED_SPOOLED_TMP(spool);
		ck_assert_int_ge(tempfile_spooled_fileno(spool), 0);
	}
	testing_same_descriptors(before);
}
END_TEST

TESTING_MAIN("spooled",
	what_is_small_stays_in_memory,
	exactly_max_size_stays_and_one_more_rolls,
	position_counts_and_seeking_alone_does_not_roll,
	beyond_four_gigabytes_it_is_a_file,
	a_hole_in_memory_reads_as_zeros,
	no_limit_means_memory_only,
	truncate_cuts_fills_and_rolls_if_it_must,
	fileno_rolls_and_has_the_offset_of_the_stream,
	options_of_the_file_hold_when_it_rolls,
	stream_and_position_survive_the_rollover,
	a_failing_disk_loses_nothing,
	a_disk_that_runs_full_at_any_byte_loses_nothing,
	space_that_comes_in_crumbs_is_used,
	what_a_full_disk_refused_is_part_of_the_content,
	no_descriptor_left_loses_nothing,
	a_limit_on_files_loses_nothing,
	a_directory_is_looked_for_late_where_it_was_meant,
	a_small_disk_loses_nothing,
	a_failed_rollover_or_truncate_changes_nothing,
	a_failed_truncate_keeps_what_the_file_refused,
	an_interrupted_truncation_is_made_again,
	what_cannot_be_is_refused_at_once,
	text_options_hold_in_memory_and_in_the_file,
	an_unfinished_character_is_reported_at_close,
	it_is_like_a_plain_file_whatever_is_done,
	memory_is_bounded_by_the_limit_and_one_write,
	memory_grows_geometrically_up_to_the_limit,
	closing_writes_nothing_to_any_disk,
	a_child_closes_without_a_trace,
	a_child_that_exits_writes_nothing,
	guards_close_it)
