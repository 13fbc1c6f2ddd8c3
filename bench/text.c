/* SPDX-License-Identifier: MIT */
/*
 * text.c - what text costs beside bytes, and beside Python's text layer.
 *
 * UTF-8 to UTF-8 is compared with the time of a memcpy() of the same bytes and
 * of stdio writing or reading them; each encoding with Python, which writes
 * and reads the same text in the same pieces: lines, or blocks of 64 KiB (its
 * are of 65,536 characters). Python has its text decoded, where a C program has
 * UTF-8; python-utf-8 begins and ends with that, too. All make a temporary
 * file, write to the last flush, and read to the end. All is CPU time;
 * contenders run by turns, and the median of the ratios counts, with the
 * quartiles beside it.
 *
 *	text [-q] [-o FILE.csv] [-d DIRECTORY] [-p DIRECTORY-OF-PYTHON.PY]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <with.h>

#include "measure.h"
#include "python.h"

enum { BLOCK = 65536, ROUNDS_MOST = 31, LARGE = 64 << 20 };

static const char *const shapes[] = { "lines", "blocks" };

/* Who else, and in which pieces; what python.py calls these. */
static const struct {
	const char *name;
	const char *shape;
	int lines;
} pythons[] = {
	{ "python", "lines", 1 },
	{ "python", "blocks", 0 },
	{ "python-utf-8", "utf-8", 0 },
};

static const char *directory = "/dev/shm";
static FILE *table;
static char *text;
static size_t text_size;
static size_t large = LARGE;
static char block[BLOCK];

/* ---- what is written -------------------------------------------------- */

static unsigned draw(unsigned below)
{
	static unsigned long long seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/* Characters of UTF-8, all of one size. */
static const char *const ascii[] = {
	"e", "t", "a", "o", "i", "n", "s", "h", "r", "d", "l", "u",
};
static const char *const western[] = {
	"\xc3\xa9", "\xc3\xa8", "\xc3\xbc", "\xc3\xb6", "\xc3\xa4", "\xc3\xb1",
};
static const char *const kana[] = {
	"\xe3\x81\xae", "\xe3\x81\xab", "\xe3\x82\x92", "\xe3\x81\x97",
	"\xe3\x81\xa6", "\xe3\x81\xa8", "\xe3\x82\xa2", "\xe3\x83\xab",
};
static const char *const kanji[] = {
	"\xe4\xb8\x80", "\xe6\x97\xa5", "\xe6\x9c\xac", "\xe4\xba\xba",
	"\xe5\xb9\xb4", "\xe5\xa4\xa7", "\xe5\x87\xba", "\xe8\xa6\x8b",
};

/* French has an accent on one letter in 25, Japanese no spaces. */
static const char *letter(const char *kind)
{
	static unsigned foreign;

	if (!strcmp(kind, "western") && draw(25) == 0)
		return western[draw(6)];
	if (!strcmp(kind, "japanese")) {
		/* Now and then a number or a name in Latin letters. */
		if (foreign == 0 && draw(40) == 0)
			foreign = 1 + draw(8);
		if (foreign == 0)
			return draw(3) ? kana[draw(8)] : kanji[draw(8)];
		foreign--;
	} else if (draw(6) == 0) {
		return " ";
	}
	return ascii[draw(12)];
}

/* Lines of 40 to 80 letters. */
static void make_text(const char *kind, size_t size)
{
	const char *ending = strcmp(kind, "dos") ? "\n" : "\r\n";
	size_t left = 40;

	text_size = 0;
	while (text_size < size) {
		const char *next = letter(kind);

		if (--left == 0) {
			next = ending;
			left = 40 + draw(40);
		}
		memcpy(text + text_size, next, strlen(next));
		text_size += strlen(next);
	}
}

static void give_to_python(void)
{
	struct tempfile_named *named = tempfile_named_open(.dir = directory);
	double nothing[2];

	must(named != NULL, "temporary file");
	must(fwrite(text, 1, text_size, named->file) == text_size &&
	     fflush(named->file) == 0, "temporary file");
	python_ask(nothing, "load %s", named->path);
	must(tempfile_named_close(&named) == 0, "temporary file");
}

/* ---- one round -------------------------------------------------------- */

static void write_text(FILE *file, int lines)
{
	size_t piece;

	for (size_t done = 0; done < text_size; done += piece) {
		size_t left = text_size - done;
		const char *end = memchr(text + done, '\n', left);

		piece = lines && end ? (size_t)(end - text) - done + 1 :
			left < BLOCK ? left : BLOCK;
		must(fwrite(text + done, 1, piece, file) == piece, "write");
	}
	must(fflush(file) == 0, "write");
}

static size_t read_text(FILE *file, int lines)
{
	size_t total = 0;
	size_t count;

	rewind(file);
	if (!lines) {
		while ((count = fread(block, 1, BLOCK, file)) > 0)
			total += count;
	} else {
		static char *line;
		static size_t room;
		ssize_t length;

		while ((length = getline(&line, &room, file)) > 0)
			total += (size_t)length;
	}
	must(!ferror(file), "read");
	return total;
}

/* Write and read: the CPU time of each. NULL: bytes. */
static void take_turn(const char *encoding, const char *newline, int lines,
		      double ret[2])
{
	static const char *const ends[][2] = {
		{ "universal", NULL }, { "lf", "\n" }, { "crlf", "\r\n" },
	};
	const char *end = NULL;
	FILE *file;
	double begin;

	for (size_t i = 0; i < 3; i++)
		if (!strcmp(newline, ends[i][0]))
			end = ends[i][1];
	file = encoding ? tempfile_open(.dir = directory, .mode = "w+t",
					.encoding = encoding, .newline = end) :
		tempfile_open(.dir = directory);
	must(file != NULL, "temporary file");
	begin = measure_cpu();
	write_text(file, lines);
	ret[0] = measure_cpu() - begin;
	begin = measure_cpu();
	/* \r\n may have become \n. */
	must(read_text(file, lines) >= text_size / 10 * 9, "read");
	ret[1] = measure_cpu() - begin;
	must(with_file_close(&file) == 0, "close");
}

/* The same bytes moved once, and then by stdio. */
static void take_floor(int lines, double ret[2])
{
	static char *copy;
	double begin, taken;

	if (!copy) {
		copy = malloc(LARGE + 16);
		must(copy != NULL, "memory");
		memset(copy, 1, LARGE);
	}
	begin = measure_cpu();
	memcpy(copy, text, text_size);
	/* The copy is looked at, or there would be none. */
	must(copy[text_size / 2] == text[text_size / 2], "memcpy");
	taken = measure_cpu() - begin;
	take_turn(NULL, "lf", lines, ret);
	ret[0] += taken;
	ret[1] += taken;
}

/* ---- all rounds ------------------------------------------------------- */

struct column {
	double ours[ROUNDS_MOST];
	double ratios[ROUNDS_MOST];
};

static struct column columns[2];	/* write, read */

static void note(int round, const double ours[2], const double other[2])
{
	for (int i = 0; i < 2; i++) {
		columns[i].ours[round] = ours[i];
		columns[i].ratios[round] = ours[i] / other[i];
	}
}

static void report(const char *other, const char *kind, const char *encoding,
		   const char *newline, const char *shape, int rounds)
{
	static const char *const directions[] = { "write", "read" };

	for (int i = 0; i < 2; i++) {
		struct measure_spread ours =
			measure_spread(columns[i].ours, (size_t)rounds);
		struct measure_spread ratio =
			measure_spread(columns[i].ratios, (size_t)rounds);

		printf("%-12s %-10s %-9s %-9s %-6s %-5s %8.1f MB/s %6.2f "
		       "(%.2f to %.2f)\n", other, encoding, kind, newline,
		       shape, directions[i],
		       (double)text_size / ours.median / 1e6, ratio.median,
		       ratio.low, ratio.high);
		if (table)
			fprintf(table, "%s;%s;%s;%s;%s;%s;%zu;%d;%.1f;%.3f;"
				"%.3f;%.3f\n", other, encoding, kind, newline,
				shape, directions[i], text_size, rounds,
				(double)text_size / ours.median / 1e6,
				ratio.median, ratio.low, ratio.high);
	}
	fflush(stdout);
}

static void beside_stdio(const char *kind, int rounds)
{
	static const char *const newlines[] = { "lf", "crlf", "universal" };

	make_text(kind, large);

	for (size_t i = 0; i < 6; i++) {
		for (int round = 0; round < rounds; round++) {
			double floor_time[2], ours[2];

			take_floor(i / 3 == 0, floor_time);
			take_turn("utf-8", newlines[i % 3], i / 3 == 0, ours);
			note(round, ours, floor_time);
		}
		report("stdio", kind, "utf-8", newlines[i % 3],
		       shapes[i / 3], rounds);
	}
}

static void beside_python(const char *kind, const char *encoding,
			  const char *newline, int rounds)
{
	for (size_t i = 0; i < sizeof(pythons) / sizeof(*pythons); i++) {
		int lines = pythons[i].lines;

		for (int round = 0; round < rounds; round++) {
			double theirs[2], ours[2];

			/* Who comes second finds warmer pages. */
			if (round % 2)
				take_turn(encoding, newline, lines, ours);
			python_ask(theirs, "text %s %s %s %s", encoding,
				   newline, pythons[i].shape, directory);
			if (round % 2 == 0)
				take_turn(encoding, newline, lines, ours);
			note(round, ours, theirs);
		}
		report(pythons[i].name, kind, encoding, newline,
		       shapes[!lines], rounds);
	}
}

static const char *const pairs[][3] = {
	{ "ascii", "utf-8", "lf" },
	{ "ascii", "utf-8", "crlf" },
	{ "ascii", "utf-8", "universal" },
	{ "ascii", "latin-1", "lf" },
	{ "ascii", "utf-16", "lf" },
	{ "dos", "utf-8", "universal" },
	{ "western", "utf-8", "universal" },
	{ "western", "latin-1", "lf" },
	{ "western", "latin-1", "universal" },
	{ "western", "cp1252", "lf" },
	{ "western", "cp1252", "crlf" },
	{ "western", "utf-16", "lf" },
	{ "western", "utf-16-le", "universal" },
	{ "western", "utf-32", "lf" },
	{ "western", "gb18030", "lf" },
	{ "japanese", "utf-8", "lf" },
	{ "japanese", "utf-8", "universal" },
	{ "japanese", "utf-16", "lf" },
	{ "japanese", "utf-16-le", "universal" },
	{ "japanese", "utf-32", "lf" },
	{ "japanese", "shift_jis", "lf" },
	{ "japanese", "euc_jp", "lf" },
	{ "japanese", "euc_jp", "universal" },
	{ "japanese", "gb18030", "lf" },
	{ "japanese", "iso2022_jp", "lf" },
	{ "japanese", "iso2022_jp", "universal" },
};

static void beside_python_all(int rounds, size_t size)
{
	const char *kind = "";

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (strcmp(kind, pairs[i][0])) {
			kind = pairs[i][0];
			make_text(kind, size);
			give_to_python();
		}
		beside_python(kind, pairs[i][1], pairs[i][2], rounds);
	}
}

int main(int argc, char *argv[])
{
	const char *python = ".";
	int quick = 0;
	int option;

	while ((option = getopt(argc, argv, "qo:d:p:")) != -1) {
		if (option == 'q')
			quick = 1, large = LARGE / 8;
		else if (option == 'o')
			must((table = fopen(optarg, "we")) != NULL, optarg);
		else if (option == 'd')
			directory = optarg;
		else if (option == 'p')
			python = optarg;
		else
			return 2;
	}
	measure_on_one_processor();
	text = malloc(LARGE + 16);
	must(text != NULL, "memory");
	if (table)
		fputs("other;encoding;text;newline;pieces;direction;bytes;"
		      "rounds;megabytes_per_second;to_other;low;high\n",
		      table);
	beside_stdio("ascii", quick ? 3 : 5);
	beside_stdio("dos", quick ? 3 : 5);
	beside_stdio("western", quick ? 3 : 5);
	if (python_begin(python))
		beside_python_all(quick ? 4 : 6, quick ? 1 << 20 : 4 << 20);
	else
		puts("no python3: nothing to compare encodings with");
	free(text);
	return 0;
}
