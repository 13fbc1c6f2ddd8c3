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

#include "stream/codec.h"
#include "stream/stream.h"
#include "stream/utf8.h"
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

/* A mark is written in the machine's own order, which may be another. */
static void turn_around(const char *encoding, struct bytes *bytes)
{
	size_t unit = !strcmp(encoding, "utf-16") ? 2 :
		      !strcmp(encoding, "utf-32") ? 4 : 1;
	bool little = bytes->size && bytes->data[0] == 0xff;

	if (little == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__))
		return;
	for (size_t i = 0; i < bytes->size; i++) {
		size_t other = i ^ (unit - 1);
		unsigned char swap = bytes->data[i];

		if (i > other)
			continue;
		bytes->data[i] = bytes->data[other];
		bytes->data[other] = swap;
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
	if (ret->kind == 'W')
		turn_around(ret->encoding, &ret->expected);
	return true;
}

static FILE *open_vector(const struct vector *vector, int fd)
{
	static const long long bufferings[] = {
		0, TEMPFILE_UNBUFFERED, TEMPFILE_LINE_BUFFERED, 1, 7, 4096,
	};
	FILE *file = with__stream_open(fd, &(struct with__stream){
		.mode = "w+",
		.buffering = bufferings[testing_draw(6)],
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
		size_t piece = 1 + testing_draw(testing_draw(4) ? 9 : 600);

		if (piece > vector->given.size - done)
			piece = vector->given.size - done;
		errno = 0;
		/* glibc does not always say it by a short count. */
		error = fwrite(vector->given.data + done, 1, piece, file) !=
			piece || (!testing_draw(6) && fflush(file)) || ferror(file);
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
		size_t piece = 1 + testing_draw(testing_draw(4) ? 9 : 600);

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

/*
 * Runs of characters are converted in bulk, in several ways for each kind of
 * encoding. What follows holds them to what one character at a time gives.
 */
static const char *const kinds[] = {
	"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
	"utf-32-be", "latin-1", "cp1252", "ascii", "koi8-r", "shift_jis",
	"euc_jp", "gb18030", "iso2022_jp", "cp037",
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds), SOME = 1500 };

static void open_codec(struct with__codec *codec, const char *encoding,
		       const char *newline)
{
	ck_assert_msg(with__codec_open(codec, encoding, "replace", newline) ==
		      0, "%s: %s", encoding, strerror(errno));
}

/* Too long, surrogates, beyond the last, cut short. */
static const char bad[][5] = {
	"\xe0\x81\xa1""a", "\xed\xa0\x80""a", "\xf4\x90\x80\x80",
	"\xf0\x8f\x80\x80", "\xc1\xa1""aa", "\xe3\x81""aa",
};
enum { BAD = sizeof(bad) / sizeof(*bad) };

/* Letters in stretches of one length of UTF-8, most of them ASCII. */
static size_t make_text(unsigned char *text, size_t size, bool spoil)
{
	static const uint32_t first[] = { ' ', 0xa0, 0x3041, 0x4e00, 0x10000 };
	static const uint32_t many[] = { 95, 0x400, 80, 0x3000, 0x1000 };
	size_t length = 0;

	while (length + 5 < size) {
		unsigned kind = testing_draw(2) ? 0 : testing_draw(5);

		for (unsigned left = 1 + testing_draw(testing_draw(3) ? 6 : 90);
		     left && length + 5 < size; left--) {
			uint32_t point = first[kind] + testing_draw(many[kind]);

			if (!testing_draw(50))
				point = (unsigned char)"\r\n\n"[testing_draw(4)];
			length += with__utf8_put(point, text + length);
		}
	}
	for (unsigned i = testing_draw(4); spoil && i; i--)
		text[testing_draw((unsigned)length)] = (unsigned char)testing_draw(256);
	for (unsigned i = testing_draw(3); spoil && i; i--)
		memcpy(text + testing_draw((unsigned)length - 4), bad[testing_draw(BAD)], 4);
	return length;
}

static size_t put_slowly(const struct with__codec *codec, unsigned *state,
			 uint32_t point, unsigned char *out, size_t *worth)
{
	const struct with__charset_ops *ops = codec->charset->ops;
	size_t more = 0;
	int length = ops->encode(codec->charset, state, point, out, &more);

	if (length < 0)
		length = ops->encode(codec->charset, state, '?', out, &more);
	ck_assert_int_gt(length, 0);
	*worth += more;
	return (size_t)length;
}

static struct with__progress
encode_slowly(const struct with__codec *codec, const unsigned char *in,
	      size_t size, unsigned char *out)
{
	struct with__shift shift = with__codec_start(codec);
	struct with__progress progress = { 0 };

	if (codec->charset->ops->begin)
		progress.made = codec->charset->ops->begin(
			codec->charset, &shift.state, out);
	while (progress.used < size) {
		uint32_t point = 0xfffd;
		int length = with__utf8_get(in + progress.used,
					    size - progress.used, true,
					    &point);

		if (point == '\n' && codec->newline.ending)
			progress.made += put_slowly(codec, &shift.state, '\r',
						    out + progress.made,
						    &progress.worth);
		progress.made += put_slowly(codec, &shift.state, point,
					    out + progress.made,
					    &progress.worth);
		progress.used += length > 0 ? (size_t)length :
			length < 0 ? (size_t)-length : size - progress.used;
	}
	return progress;
}

static size_t decode_slowly(const struct with__codec *codec,
			    const unsigned char *in, size_t size,
			    unsigned char *out)
{
	struct with__shift shift = with__codec_start(codec);
	size_t used = 0;
	size_t made = 0;

	while (used < size) {
		uint32_t points[2];
		int count = 0;
		int length = codec->charset->ops->decode(
			codec->charset, &shift.state, in + used, size - used,
			points, &count);

		if (length == WITH__CHARSET_UNMARKED)
			break;
		for (int i = 0; length > 0 && i < count; i++)
			made += with__utf8_put(points[i], out + made);
		if (length <= 0)
			made += with__utf8_put(0xfffd, out + made);
		if (length == 0)
			length = size - used < 8 ? (int)(size - used) : 8;
		used += (size_t)(length < 0 ? -length : length);
	}
	return made;
}

static unsigned char given[SOME * 8], slow[SOME * 24], fast[SOME * 24];

static void alike(const char *what, const char *encoding, size_t size,
		  size_t slow_size, size_t fast_size)
{
	if (slow_size == fast_size && !memcmp(slow, fast, slow_size))
		return;
	show("given", given, size);
	show("slow ", slow, slow_size);
	show("fast ", fast, fast_size);
	ck_abort_msg("%s %s", what, encoding);
}

START_TEST(bulk_writes_what_single_characters_give)
{
	for (int i = 0; i < KINDS * 24; i++) {
		const char *encoding = kinds[i % KINDS];
		const char *newline = testing_draw(2) ? "" : "\r\n";
		struct with__codec one, other;
		struct with__progress expected, got = { 0 };
		struct with__shift shift;

		if (!is_there(encoding))
			continue;
		open_codec(&one, encoding, newline);
		open_codec(&other, encoding, newline);
		/* Once more, when all its characters are known. */
		for (int turn = 0; turn < 3; turn++) {
			size_t size = make_text(given, 20 + testing_draw(SOME - 20),
						i % 3 == 0);

			expected = encode_slowly(&one, given, size, slow);
			shift = with__codec_start(&other);
			got = with__codec_encode(&other, &shift, given, size,
						 true, fast, sizeof(fast));
			alike("write", encoding, size, expected.made, got.made);
			ck_assert_uint_eq(got.used, size);
			ck_assert_uint_eq(got.worth, expected.worth);
		}
		with__codec_close(&one);
		with__codec_close(&other);
	}
}
END_TEST

/* What there is to decode: a good text, most of the time a bad one. */
static size_t make_bytes(const struct with__codec *codec)
{
	static unsigned char text[SOME];
	size_t size = make_text(text, 20 + testing_draw(SOME / 5), false);
	struct with__shift shift = with__codec_start(codec);
	struct with__progress progress = with__codec_encode(
		codec, &shift, text, size, true, given, sizeof(given));

	for (unsigned i = testing_draw(6); i; i--)
		given[testing_draw((unsigned)progress.made)] =
			(unsigned char)testing_draw(256);
	return progress.made - testing_draw(3);
}

START_TEST(bulk_reads_what_single_characters_give)
{
	for (int i = 0; i < KINDS * 40; i++) {
		const char *encoding = kinds[i % KINDS];
		struct with__codec one, other;

		if (!is_there(encoding))
			continue;
		open_codec(&one, encoding, "");
		open_codec(&other, encoding, "");
		for (int turn = 0; turn < 3; turn++) {
			struct with__shift shift = with__codec_start(&other);
			size_t size = make_bytes(&other);
			size_t used = 0, made = 0;

			for (;;) {
				struct with__progress got =
					with__codec_decode(
					&other, &shift, given + used,
					size - used, true, fast + made,
					testing_draw(2) ? 40 : sizeof(fast) - made);

				used += got.used;
				made += got.made;
				if (used == size || got.error)
					break;
			}
			alike("read", encoding, size,
			      decode_slowly(&one, given, size, slow), made);
		}
		with__codec_close(&one);
		with__codec_close(&other);
	}
}
END_TEST

TESTING_MAIN("codec",
	bulk_writes_what_single_characters_give,
	bulk_reads_what_single_characters_give,
	stored_vectors_hold,
	python_makes_the_same_of_random_texts)
