/* SPDX-License-Identifier: MIT */
/*
 * test-text.c - positions in a decoded text, and what may be done there.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <with/anonymous.h>
#include <with/file.h>
#include <with/named.h>
#include <with/options.h>

#include "base/syscalls.h"
#include "stream/stream.h"
#include "testing.h"

static const char *const encodings[] = {
	"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
	"latin-1", "cp1252", "ascii", "shift_jis", "euc_jp", "gb18030",
	"iso2022_jp",
};
enum { ENCODINGS = sizeof(encodings) / sizeof(*encodings) };

/* musl's iconv lacks some, or reads but does not write them. */
static bool is_there(const char *encoding)
{
#ifdef __GLIBC__
	(void)encoding;
	return true;
#else
	return with__stream_check(&(struct with__stream){
		.encoding = encoding }, NULL) == 0;
#endif
}

static int new_file(void)
{
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static FILE *open_on(int fd, const struct with__stream *how)
{
	FILE *file = with__stream_open(fd, how);

	ck_assert_msg(file != NULL, "%s", strerror(errno));
	return file;
}

static FILE *open_text(const char *mode, const char *encoding,
		       const char *errors, const char *newline)
{
	return open_on(new_file(), &(struct with__stream){
		.mode = mode, .encoding = encoding, .errors = errors,
		.newline = newline });
}

/* A stream on a file with these bytes. */
static FILE *open_bytes(const void *bytes, size_t size, const char *encoding,
			const char *errors, const char *newline)
{
	int fd = new_file();

	ck_assert_int_eq(pwrite(fd, bytes, size, 0), (ssize_t)size);
	return open_on(fd, &(struct with__stream){
		.mode = "r+t", .encoding = encoding, .errors = errors,
		.newline = newline });
}

/* The bytes of the file behind a stream that has been flushed. */
static void holds(FILE *file, const void *expected, size_t size)
{
	char bytes[4096];
	ssize_t got = pread(with__stream_descriptor(file), bytes,
			    sizeof(bytes), 0);

	ck_assert_int_eq(got, (ssize_t)size);
	ck_assert_mem_eq(bytes, expected, size);
}

static void reads(FILE *file, const char *expected)
{
	char text[256];
	size_t size = fread(text, 1, sizeof(text) - 1, file);

	text[size] = '\0';
	ck_assert_str_eq(text, expected);
}

/* Letters of one to four bytes of UTF-8 that all encodings but some have. */
static size_t make_text(const char *encoding, char *text, size_t size)
{
	const char *wide[] = { "a", "Z", "~", " ", "\xc3\xa9", "\xc3\xbf",
			       "\xe3\x81\x82", "\xe4\xb8\x80",
			       "\xf0\x9f\x98\x80", "\n" };
	unsigned first = 0;
	unsigned last = 8;
	size_t length = 0;

	if (!strncmp(encoding, "utf", 3))
		last = 9;
	else if (!strcmp(encoding, "ascii"))
		last = 4;
	else if (!strcmp(encoding, "latin-1") || !strcmp(encoding, "cp1252"))
		last = 6;
	while (length + 5 < size) {
		unsigned choice = first + testing_draw(last + 1);

		if (choice == last)
			choice = 9;
		if (last == 8 && (choice == 4 || choice == 5))
			continue;
		strcpy(text + length, wide[choice]);
		length += strlen(wide[choice]);
	}
	return length;
}

static void read_at(FILE *file, const char *text, size_t size, size_t at)
{
	char piece[700];
	size_t want = testing_draw(3) ? testing_draw(20) : testing_draw(sizeof(piece));
	size_t got = fread(piece, 1, want, file);

	ck_assert_uint_eq(got, want < size - at ? want : size - at);
	ck_assert_mem_eq(piece, text + at, got);
	ck_assert_int_eq(ftell(file), (long)(at + got));
}

/* Any offset at all, many of them within characters. */
static void wander(FILE *file, const char *text, size_t size, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++) {
		long at = (long)testing_draw((unsigned)size + 1);
		long now = ftell(file);

		switch (testing_draw(5)) {
		case 0:
			ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
			break;
		case 1:
			ck_assert_int_eq(fseek(file, at - now, SEEK_CUR), 0);
			break;
		case 2:
			ck_assert_int_eq(fseek(file, at - (long)size,
					       SEEK_END), 0);
			break;
		case 3:
			at = now;
			ck_assert_int_eq(fflush(file), 0);
			break;
		default:
			rewind(file);
			at = 0;
		}
		ck_assert_int_eq(ftell(file), at);
		read_at(file, text, size, (size_t)at);
	}
	errno = 0;
	ck_assert_int_eq(fseek(file, (long)size + 1, SEEK_SET), -1);
	ck_assert_int_eq(errno, EINVAL);
}

START_TEST(any_offset_is_reached_in_every_encoding)
{
	static const size_t sizes[] = { 40, 9000, 150000 };
	static char text[150000];

	for (size_t i = 0; i < ENCODINGS * 3; i++) {
		size_t size = make_text(encodings[i / 3], text, sizes[i % 3]);
		FILE *file;

		if (!is_there(encodings[i / 3]))
			continue;
		file = open_text("w+", encodings[i / 3], NULL, "");
		ck_assert_uint_eq(fwrite(text, 1, size, file), size);
		wander(file, text, size, 60);
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

/* One byte of text a character, so that what is overwritten is known. */
static void update(FILE *file, char *text, size_t *size, size_t room)
{
	size_t at = testing_draw((unsigned)*size + 1);
	size_t length = testing_draw(3) ? testing_draw(20) : testing_draw(6000);

	if (length > room - at)
		length = room - at;
	ck_assert_int_eq(fseek(file, (long)at, SEEK_SET), 0);
	for (size_t i = 0; i < length; i++)
		text[at + i] = (char)('a' + testing_draw(26));
	ck_assert_uint_eq(fwrite(text + at, 1, length, file), length);
	if (at + length > *size)
		*size = at + length;
	ck_assert_int_eq(ftell(file), (long)(at + length));
	if (testing_draw(2)) {
		at = testing_draw((unsigned)*size + 1);
		ck_assert_int_eq(fseek(file, (long)at, SEEK_SET), 0);
	} else {
		ck_assert_int_eq(fflush(file), 0);
		at += length;
	}
	read_at(file, text, *size, at);
}

START_TEST(what_is_written_anywhere_is_read_after)
{
	static char text[80000];

	for (size_t i = 0; i < ENCODINGS - 1; i++) {
		size_t size = 0;
		FILE *file;

		if (!is_there(encodings[i]))
			continue;
		file = open_text("w+", encodings[i], NULL, "");
		for (unsigned j = 0; j < 60; j++)
			update(file, text, &size, sizeof(text));
		wander(file, text, size, 20);
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(text_grows_at_its_end_and_stays_readable)
{
	static char text[60000];

	for (size_t i = 0; i < ENCODINGS * 2; i++) {
		bool append = i % 2;
		const char *encoding = encodings[i / 2];
		size_t whole = make_text(encoding, text, sizeof(text));
		size_t done = 0;
		FILE *file;

		if (!is_there(encoding))
			continue;
		file = open_text(append ? "a+" : "w+", encoding, NULL, "");
		while (done < whole) {
			size_t piece = 1 + testing_draw(4000);
			size_t at = testing_draw((unsigned)done + 1);

			if (piece > whole - done)
				piece = whole - done;
			/* Positions are left at whole characters only. */
			while (done + piece < whole &&
			       (text[done + piece] & 0xc0) == 0x80)
				piece++;
			ck_assert_int_eq(fseek(file, append ? (long)at : 0,
					       append ? SEEK_SET : SEEK_END),
					 0);
			ck_assert_uint_eq(fwrite(text + done, 1, piece, file),
					  piece);
			done += piece;
			ck_assert_int_eq(fseek(file, (long)at, SEEK_SET), 0);
			read_at(file, text, done, at);
		}
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(writing_within_a_character_is_refused)
{
	FILE *file = open_bytes("a\xc3\xa9z", 4, "utf-8", NULL, "");

	ck_assert_int_eq(fseek(file, 2, SEEK_SET), 0);
	errno = 0;
	ck_assert(fputc('x', file) == EOF || fflush(file) == EOF);
	ck_assert_int_eq(errno, EINVAL);
	clearerr(file);
	holds(file, "a\xc3\xa9z", 4);
	ck_assert_int_eq(fseek(file, 2, SEEK_SET), 0);
	reads(file, "\xa9z");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(writing_amid_a_text_with_escapes_is_refused)
{
	static const char bytes[] = "a\x1b$B$\"$$\x1b(Bz";
	FILE *file = open_bytes(bytes, sizeof(bytes) - 1, "iso2022_jp", NULL,
				"");

	for (long at = 0; at < 8; at++) {
		ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
		errno = 0;
		ck_assert(fputc('x', file) == EOF || fflush(file) == EOF);
		ck_assert_int_eq(errno, EINVAL);
		clearerr(file);
		holds(file, bytes, sizeof(bytes) - 1);
	}
	ck_assert_int_eq(fseek(file, 8, SEEK_SET), 0);
	ck_assert_int_eq(fputs("\xe3\x81\x82", file) == EOF, 0);
	ck_assert_int_eq(fseek(file, 7, SEEK_SET), 0);
	reads(file, "z\xe3\x81\x82");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

/*
 * The bytes without their escapes. musl goes back to ASCII behind each
 * character, glibc only where ASCII follows.
 */
static void holds_between_escapes(FILE *file, const char *expected)
{
	char bytes[64], text[64];
	size_t length = 0;
	ssize_t size = pread(with__stream_descriptor(file), bytes,
			     sizeof(bytes), 0);

	for (ssize_t i = 0; i < size; i++) {
		if (bytes[i] == '\x1b')
			i += 2;
		else
			text[length++] = bytes[i];
	}
	text[length] = '\0';
	ck_assert_str_eq(text, expected);
	ck_assert_mem_eq(bytes, "\x1b$B", 3);
	/* What is ASCII again is so behind one escape. */
	ck_assert_mem_eq(bytes + size - 4, "\x1b(Bz", 4);
#ifdef __GLIBC__
	ck_assert_int_eq(size, 11);
#endif
}

START_TEST(escaped_text_goes_on_in_the_set_it_ended_in)
{
	FILE *file = open_text("w+", "iso2022_jp", NULL, "");

	fputs("\xe3\x81\x82", file);
	rewind(file);
	reads(file, "\xe3\x81\x82");
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	fputs("\xe3\x81\x84z", file);
	rewind(file);
	reads(file, "\xe3\x81\x82\xe3\x81\x84z");
	holds_between_escapes(file, "$\"$$z");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(a_mark_is_written_once_and_again_only_over_itself)
{
	FILE *file = open_text("w+", "utf-16", NULL, NULL);
	char bytes[8];

	fputs("ab", file);
	ck_assert_int_eq(ftell(file), 2);
	fflush(file);
	fputs("c", file);
	rewind(file);
	fputs("x", file);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(file), 3);
	fputs("d", file);
	rewind(file);
	reads(file, "xbcd");
	ck_assert_int_eq(pread(with__stream_descriptor(file), bytes, 8, 0), 8);
	ck_assert(!memcmp(bytes, "\xff\xfex\0b\0c\0", 8) ||
		  !memcmp(bytes, "\xfe\xff\0x\0b\0c", 8));
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(byte_order_of_the_file_is_kept)
{
	FILE *file = open_bytes("\xfe\xff\0a", 4, "utf-16", NULL, NULL);

	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	fputs("b", file);
	ck_assert_int_eq(fflush(file), 0);
	holds(file, "\xfe\xff\0a\0b", 6);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(half_a_mark_is_malformed)
{
	FILE *file = open_bytes("\xef\xbb", 2, "utf-8-sig", NULL, NULL);

	errno = 0;
	ck_assert_int_eq(getc(file), EOF);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(positions_count_ends_of_lines_as_they_are_read)
{
	FILE *file = open_bytes("a\r\nb\rc\n\r\nd", 10, NULL, NULL, NULL);

	reads(file, "a\nb\nc\n\nd");
	for (long at = 0; at <= 8; at++) {
		ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
		reads(file, &"a\nb\nc\n\nd"[at]);
	}
	/* Behind the \r of \r\n comes b, not the \n. */
	ck_assert_int_eq(fseek(file, 2, SEEK_SET), 0);
	fputs("B", file);
	fflush(file);
	holds(file, "a\r\nB\rc\n\r\nd", 10);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	ck_assert_int_eq(ftell(file), 8);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(flushed_positions_count_what_was_put_for_ends_of_lines)
{
	static const struct {
		const char *newline, *errors, *text;
		long position;
	} cases[] = {
		{ "\r\n", NULL, "a\nb\n", 6 },
		{ "\r", NULL, "a\nb\n", 4 },
		{ "", NULL, "a\r\nb\r\n", 6 },
		{ NULL, NULL, "a\r\nb\r\n", 4 },
		{ "", "replace", "a\xe4\xb8\x80", 2 },
		{ "", "ignore", "a\xe4\xb8\x80", 1 },
		{ "", "xmlcharrefreplace", "\xe4\xb8\x80", 8 },
		{ "", "backslashreplace", "\xe4\xb8\x80", 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		FILE *file = open_text("w+", "latin-1", cases[i].errors,
				       cases[i].newline);
		long end;

		fputs(cases[i].text, file);
		fflush(file);
		ck_assert_int_eq(ftell(file), cases[i].position);
		fputs("z", file);
		fflush(file);
		end = ftell(file);
		rewind(file);
		ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
		ck_assert_int_eq(ftell(file), end);
		ck_assert_int_eq(fseek(file, cases[i].position, SEEK_SET), 0);
		reads(file, "z");
		ck_assert_int_eq(with__stream_close(file), 0);
	}
}
END_TEST

START_TEST(escaped_bytes_are_counted_as_what_they_became)
{
	FILE *file = open_text("w+", "utf-8", "surrogateescape", "");

	/* Two bytes that nobody meant to be a letter are one. */
	fputs("x\xed\xb3\x83\xed\xb2\xa9", file);
	fflush(file);
	holds(file, "x\xc3\xa9", 3);
	ck_assert_int_eq(ftell(file), 3);
	fputs("\xff", file);
	ck_assert_int_eq(fseek(file, 1, SEEK_SET), 0);
	reads(file, "\xc3\xa9\xed\xb3\xbf");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(strict_stops_at_the_place_and_keeps_what_was_before)
{
	FILE *file = open_text("w+", "ascii", NULL, NULL);

	fputs("good\xc3\xa9lost", file);
	errno = 0;
	ck_assert_int_eq(fflush(file), EOF);
	ck_assert_int_eq(errno, EILSEQ);
	clearerr(file);
	ck_assert_int_eq(ftell(file), 4);
	fputs("+more", file);
	rewind(file);
	reads(file, "good+more");
	ck_assert_int_eq(with__stream_close(file), 0);
	file = open_bytes("ab\xff" "cd", 5, "utf-8", NULL, NULL);
	for (int i = 0; i < 3; i++) {
		rewind(file);
		reads(file, "ab");
		ck_assert(ferror(file));
		ck_assert_int_eq(errno, EILSEQ);
		clearerr(file);
		ck_assert_int_eq(getc(file), EOF);
		ck_assert(ferror(file));
	}
	ck_assert_int_eq(fseek(file, 4, SEEK_SET), -1);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(an_unfinished_character_is_reported_at_close)
{
	FILE *file = open_text("w+", "utf-16-le", NULL, NULL);
	int watch = dup(with__stream_descriptor(file));
	char bytes[4];

	fputs("a\xe3\x81", file);
	ck_assert_int_eq(fflush(file), 0);
	errno = 0;
	ck_assert_int_eq(with__stream_close(file), EOF);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_int_eq(pread(watch, bytes, 4, 0), 2);
	close(watch);
	file = open_text("w+", "ascii", "backslashreplace", NULL);
	watch = dup(with__stream_descriptor(file));
	fputs("\xe3", file);
	ck_assert_int_eq(with__stream_close(file), 0);
	ck_assert_int_eq(pread(watch, bytes, 4, 0), 4);
	ck_assert_mem_eq(bytes, "\\xe3", 4);
	close(watch);
}
END_TEST

START_TEST(an_unfinished_character_is_reported_when_it_is_left)
{
	FILE *file = open_text("w+", "utf-8", NULL, NULL);

	setvbuf(file, NULL, _IONBF, 0);
	fputs("a\xe3", file);
	ck_assert_int_eq(ftell(file), 2);
	fputs("\x81", file);
	ck_assert_int_eq(ftell(file), 3);
	errno = 0;
	ck_assert_int_eq(fseek(file, 0, SEEK_SET), -1);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_int_eq(fseek(file, 0, SEEK_SET), 0);
	reads(file, "a");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(ungetc_puts_back_and_lines_are_read)
{
	FILE *file = open_bytes("\xe9\r\nx\n", 5, "latin-1", NULL, NULL);
	char line[16];

	ck_assert_int_eq(getc(file), 0xc3);
	ck_assert_int_eq(ungetc(0xc3, file), 0xc3);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "\xc3\xa9\n");
	ck_assert_int_eq(ungetc('y', file), 'y');
	ck_assert_int_eq(ftell(file), 2);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "yx\n");
	ck_assert_ptr_null(fgets(line, sizeof(line), file));
	ck_assert(feof(file) && !ferror(file));
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(unknown_options_are_refused_before_anything_exists)
{
	static const struct with__stream bad[] = {
		{ .encoding = "no-such-code" }, { .encoding = "" },
		{ .encoding = "ascii//TRANSLIT" }, { .encoding = "utf-8 " "x" },
		{ .encoding = "a-name-that-is-much-longer-than-all-of-them" },
		{ .errors = "" }, { .errors = "Strict" },
		{ .errors = "namereplace" }, { .newline = "\n\r" },
		{ .newline = "\r\n\n" }, { .newline = "x" },
		{ .mode = "wb", .encoding = "utf-8" },
		{ .mode = "wb", .errors = "strict" },
		{ .mode = "wb", .newline = "" }, { .mode = "wbt" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int fd = new_file();

		errno = 0;
		ck_assert_int_eq(with__stream_check(&bad[i], NULL), -1);
		ck_assert_int_eq(errno, EINVAL);
		errno = 0;
		ck_assert_ptr_null(with__stream_open(fd, &bad[i]));
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(close(fd), 0);
	}
}
END_TEST

START_TEST(encodings_go_by_the_names_that_python_gives_them)
{
	static const char *const names[] = {
		"utf-8", "UTF8", "utf_8", "U8", "utf-8-sig", "UTF_8_SIG",
		"utf-16", "utf16", "UTF-16LE", "utf_16_be", "utf-32", "u32",
		"utf_32_le", "ascii", "us-ascii", "646", "latin-1", "latin1",
		"L1", "iso-8859-1", "iso8859-15", "ISO_8859_2", "cp1252",
		"windows-1252", "shift_jis", "sjis", "Shift-JIS", "cp932",
		"euc_jp", "EUC-JP", "ujis", "iso2022_jp", "ISO-2022-JP",
		"gb18030", "gbk", "gb2312", "big5", "euc_kr", "koi8_r",
		"koi8-u", "cp437", "mac_roman", "tis-620",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_msg(!is_there(names[i]) || with__stream_check(
			&(struct with__stream){ .encoding = names[i] },
			NULL) == 0, "%s", names[i]);
}
END_TEST

static size_t short_writes;

static ssize_t full_pwrite(int fd, const void *buffer, size_t size, off_t at)
{
	if (at >= 100) {
		errno = ENOSPC;
		return -1;
	}
	if (at + (off_t)size > 100)
		size = (size_t)(100 - at);
	short_writes++;
	return pwrite(fd, buffer, size, at);
}

START_TEST(a_full_disk_leaves_no_half_character)
{
	FILE *file = open_text("w+", "utf-16", NULL, NULL);

	with__sys.pwrite = full_pwrite;
	for (int i = 0; i < 40; i++)
		fputs("x", file);
	ck_assert_int_eq(fflush(file), 0);
	fputs("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	      "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", file);
	errno = 0;
	ck_assert_int_eq(fflush(file), EOF);
	ck_assert_int_eq(errno, ENOSPC);
	clearerr(file);
	rewind(file);
	reads(file, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	ck_assert(!ferror(file));
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

/* Not asked for before each write, so seen when one has failed. */
START_TEST(what_a_stranger_appended_is_not_cut_off)
{
	FILE *file = open_text("w+", "utf-16", NULL, NULL);
	int fd = with__stream_descriptor(file);
	char text[200], found[sizeof(text)];

	with__sys.pwrite = full_pwrite;
	for (int i = 0; i < 40; i++)
		fputs("x", file);
	ck_assert_int_eq(fflush(file), 0);
	memset(text, 's', sizeof(text));
	ck_assert_int_eq(pwrite(fd, text, sizeof(text), 100), sizeof(text));
	fputs("123456789012345", file);
	ck_assert_int_eq(fflush(file), EOF);
	ck_assert_int_eq(pread(fd, found, sizeof(found), 100), sizeof(found));
	ck_assert_mem_eq(found, text, sizeof(text));
	with__stream_discard(file);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

/* What is cut away does not count as the end any more. */
START_TEST(a_full_disk_after_a_cut_leaves_what_is_behind)
{
	FILE *file = open_text("w+", "utf-16-le", NULL, NULL);
	int fd = with__stream_descriptor(file);
	struct stat st;

	for (int i = 0; i < 40; i++)
		fputs("x", file);
	ck_assert_int_eq(fflush(file), 0);
	ck_assert_int_eq(with__stream_truncate(file, 100), 0);
	with__sys.pwrite = full_pwrite;
	for (int i = 0; i < 20; i++)
		fputs("y", file);
	ck_assert_int_eq(fflush(file), EOF);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 100);
	with__stream_discard(file);
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

static ssize_t failing_pread(int fd, void *buffer, size_t size, off_t at)
{
	(void)fd, (void)buffer, (void)size, (void)at;
	errno = EIO;
	return -1;
}

START_TEST(a_failed_read_may_be_tried_again)
{
	FILE *file = open_bytes("abc", 3, "utf-8", NULL, NULL);

	with__sys.pread = failing_pread;
	errno = 0;
	ck_assert_int_eq(getc(file), EOF);
	ck_assert(ferror(file));
	ck_assert_int_eq(errno, EIO);
	with__sys.pread = pread;
	clearerr(file);
	reads(file, "abc");
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

START_TEST(files_of_all_kinds_take_the_text_options)
{
	struct tempfile_named *named = tempfile_named_open(
		.encoding = "utf-16-le", .newline = "\r\n");
	FILE *file = tempfile_open(.mode = "w+t");
	char bytes[16];
	int fd = open(named->path, O_RDONLY | O_CLOEXEC);

	fputs("\xc3\xa9\n", named->file);
	ck_assert_int_eq(fflush(named->file), 0);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), 6);
	ck_assert_mem_eq(bytes, "\xe9\0\r\0\n", 6);
	close(fd);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	fputs("a\r\nb", file);
	rewind(file);
	reads(file, "a\nb");
	holds(file, "a\r\nb", 4);
	ck_assert_int_eq(with_file_close(&file), 0);
	errno = 0;
	ck_assert_ptr_null(tempfile_named_open(.encoding = "no-such-code"));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(tempfile_open(.mode = "wb", .errors = "strict"));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/*
 * glibc asks for the end to know where a stream that appends is, and a part of
 * a character may have been written then.
 */
START_TEST(asking_where_an_append_is_leaves_a_character_unfinished)
{
	FILE *file = open_text("a+", "utf-8", "replace", "");
	char buffer[128];
	char text[132];
	char got[sizeof(text)];

	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(buffer) - 1, "\xe3\x81\x82", 3);
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	ck_assert_uint_eq(fwrite(text, 1, sizeof(text), file), sizeof(text));
	ck_assert_int_eq(ftell(file), sizeof(text));
	ck_assert_int_eq(fseek(file, 0, SEEK_SET), 0);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), file), sizeof(text));
	ck_assert_mem_eq(got, text, sizeof(text));
	ck_assert_int_eq(with__stream_close(file), 0);
}
END_TEST

TESTING_MAIN("text",
	any_offset_is_reached_in_every_encoding,
	what_is_written_anywhere_is_read_after,
	text_grows_at_its_end_and_stays_readable,
	writing_within_a_character_is_refused,
	writing_amid_a_text_with_escapes_is_refused,
	escaped_text_goes_on_in_the_set_it_ended_in,
	a_mark_is_written_once_and_again_only_over_itself,
	byte_order_of_the_file_is_kept,
	half_a_mark_is_malformed,
	positions_count_ends_of_lines_as_they_are_read,
	flushed_positions_count_what_was_put_for_ends_of_lines,
	escaped_bytes_are_counted_as_what_they_became,
	strict_stops_at_the_place_and_keeps_what_was_before,
	an_unfinished_character_is_reported_at_close,
	an_unfinished_character_is_reported_when_it_is_left,
	ungetc_puts_back_and_lines_are_read,
	unknown_options_are_refused_before_anything_exists,
	encodings_go_by_the_names_that_python_gives_them,
	asking_where_an_append_is_leaves_a_character_unfinished,
	a_full_disk_leaves_no_half_character,
	what_a_stranger_appended_is_not_cut_off,
	a_full_disk_after_a_cut_leaves_what_is_behind,
	a_failed_read_may_be_tried_again,
	files_of_all_kinds_take_the_text_options)
