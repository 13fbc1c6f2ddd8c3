/* SPDX-License-Identifier: MIT */
/*
 * test-codec.c - texts and bytes, compared with what Python makes of them.
 *
 * tests/text-vectors.py says how a vector looks. A few are stored; more are
 * made on the spot where there is a python3. Each is written, or read, through
 * a stream in random pieces, with random buffering, and must come out alike.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <with/options.h>

#include "stream/stream.h"
#include "testing.h"

enum { MOST = 16384 };

struct bytes {
	unsigned char data[MOST];
	size_t size;
	bool error;	/* an error follows */
};

struct vector {
	char kind;
	char encoding[32];
	char errors[32];
	const char *newline;
	struct bytes given;
	struct bytes expected;
};

static unsigned long long seed = 88172645463325252u;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

static const char *newline_of(const char *name)
{
	static const char *const names[][2] = {
		{ "none", NULL }, { "empty", "" }, { "lf", "\n" },
		{ "cr", "\r" }, { "crlf", "\r\n" },
	};

	for (size_t i = 0; i < 5; i++) {
		if (!strcmp(names[i][0], name))
			return names[i][1];
	}
	ck_abort_msg("newline %s", name);
}

static void parse_bytes(const char *text, struct bytes *ret)
{
	unsigned value;

	ret->error = *text == '!';
	ret->size = 0;
	text += ret->error;
	ck_assert_int_eq(*text, '<');
	for (text++; *text != '>'; text += 2) {
		ck_assert_int_eq(sscanf(text, "%2x", &value), 1);
		ck_assert_uint_lt(ret->size, MOST);
		ret->data[ret->size++] = (unsigned char)value;
	}
}

/* Returns false at the end of the file. */
static bool next_vector(FILE *file, struct vector *ret)
{
	static char given[2 * MOST + 4];
	static char expected[2 * MOST + 4];
	char newline[8];
	int count;

	count = fscanf(file, " %c", &ret->kind);
	if (count == 1 && ret->kind == '#') {
		count = fscanf(file, "%*[^\n]");
		return next_vector(file, ret);
	}
	if (count != 1)
		return false;
	ck_assert_int_eq(fscanf(file, "%31s %31s %7s %32770s %32770s",
				ret->encoding, ret->errors, newline, given,
				expected), 5);
	ret->newline = newline_of(newline);
	parse_bytes(given, &ret->given);
	parse_bytes(expected, &ret->expected);
	return true;
}

static FILE *open_vector(const struct vector *vector, int fd)
{
	static const long long bufferings[] = {
		0, TEMPFILE_UNBUFFERED, TEMPFILE_LINE_BUFFERED, 1, 7, 4096,
	};
	FILE *file = with__stream_open(fd, &(struct with__stream){
		.mode = "w+",
		.buffering = bufferings[draw(6)],
		.encoding = vector->encoding,
		.errors = vector->errors,
		.newline = vector->newline,
	});

	ck_assert_msg(file != NULL, "%s: %s", vector->encoding,
		      strerror(errno));
	return file;
}

static void show(const char *title, const unsigned char *data, size_t size)
{
	fprintf(stderr, "%s:", title);
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, " %02x", data[i]);
	fputc('\n', stderr);
}

static void same(const struct vector *vector, const unsigned char *data,
		 size_t size, bool error)
{
	const struct bytes *expected = &vector->expected;

	if (size == expected->size && error == expected->error &&
	    memcmp(data, expected->data, size) == 0)
		return;
	show("given   ", vector->given.data, vector->given.size);
	show("expected", expected->data, expected->size);
	show("got     ", data, size);
	ck_abort_msg("%c %s %s newline %s: error %d, expected %d",
		     vector->kind, vector->encoding, vector->errors,
		     vector->newline ? vector->newline : "none", error,
		     expected->error);
}

static void check_write(const struct vector *vector)
{
	static unsigned char got[MOST];
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int watch = dup(fd);
	FILE *file = open_vector(vector, fd);
	size_t done = 0;
	bool error = false;
	ssize_t size;

	while (done < vector->given.size && !error) {
		size_t piece = 1 + draw(draw(4) ? 9 : 600);

		if (piece > vector->given.size - done)
			piece = vector->given.size - done;
		errno = 0;
		/* glibc does not always say it by a short count. */
		error = fwrite(vector->given.data + done, 1, piece, file) !=
			piece || (!draw(6) && fflush(file)) || ferror(file);
		done += piece;
	}
	if (!error && fflush(file))
		error = true;
	if (error)
		ck_assert_int_eq(errno, EILSEQ);
	clearerr(file);
	ck_assert_int_eq(with__stream_close(file), 0);
	size = pread(watch, got, sizeof(got), 0);
	ck_assert_int_ge(size, 0);
	close(watch);
	same(vector, got, (size_t)size, error);
}

static void check_read(const struct vector *vector)
{
	static unsigned char got[4 * MOST];
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *file;
	size_t size = 0;
	bool error;

	ck_assert_int_eq(pwrite(fd, vector->given.data, vector->given.size, 0),
			 (ssize_t)vector->given.size);
	file = open_vector(vector, fd);
	errno = 0;
	while (!feof(file) && !ferror(file)) {
		size_t piece = 1 + draw(draw(4) ? 9 : 600);

		size += fread(got + size, 1, piece, file);
	}
	error = ferror(file);
	if (error)
		ck_assert_int_eq(errno, EILSEQ);
	ck_assert_int_eq(with__stream_close(file), 0);
	same(vector, got, size, error);
}

/* musl's iconv lacks some East Asian encodings, and parts of others. */
static bool is_there(const char *encoding)
{
#ifdef __GLIBC__
	(void)encoding;
	return true;
#else
	return !strncmp(encoding, "utf", 3) || !strcmp(encoding, "ascii") ||
		!strcmp(encoding, "latin-1") || !strcmp(encoding, "cp1252");
#endif
}

static size_t check_vectors(FILE *file)
{
	static struct vector vector;
	size_t count = 0;

	while (next_vector(file, &vector)) {
		if (!is_there(vector.encoding))
			continue;
		if (vector.kind == 'W')
			check_write(&vector);
		else
			check_read(&vector);
		count++;
	}
	return count;
}

static const char *source_directory(void)
{
	const char *directory = getenv("top_srcdir");

	return directory ? directory : "..";
}

START_TEST(stored_vectors_hold)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/text-vectors.txt",
		 source_directory());
	file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
	ck_assert_uint_gt(check_vectors(file), 100);
	fclose(file);
}
END_TEST

START_TEST(python_makes_the_same_of_random_texts)
{
	char command[4200];
	const char *number = getenv("TESTING_SEED");
	FILE *file;
	size_t count;

	if (system("command -v python3 >/dev/null")) {
		fputs("no python3: compared with stored vectors only\n",
		      stderr);
		return;
	}
	snprintf(command, sizeof(command),
		 "TMPDIR='%s' python3 '%s/tests/text-vectors.py' %s 4",
		 testing_tmpdir(), source_directory(), number ? number : "7");
	file = popen(command, "re");
	ck_assert_ptr_nonnull(file);
	count = check_vectors(file);
	ck_assert_int_eq(pclose(file), 0);
	ck_assert_uint_gt(count, 400);
}
END_TEST

TESTING_MAIN("codec",
	stored_vectors_hold,
	python_makes_the_same_of_random_texts)
