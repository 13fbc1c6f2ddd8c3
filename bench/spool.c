/* SPDX-License-Identifier: MIT */
/*
 * spool.c - what a spooled file costs beside Python's, and beside no spool.
 *
 * In memory: open, write 1,000 bytes, read them back, close; beside Python,
 * and beside open_memstream(), for the order of magnitude. Rolled: 64 MB
 * through a spool of 1 MB, beside the same bytes written to a temporary file
 * from the start. Rust has spooled files only in a crate, which a compiler
 * alone does not bring, so it is not here. CPU time; contenders run by turns,
 * and the median of the ratios counts, with the quartiles beside it.
 *
 *	spool [-q] [-o FILE.csv] [-d DIRECTORY] [-p DIRECTORY-OF-PYTHON.PY]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <with.h>

#include "measure.h"
#include "python.h"

enum {
	SMALL = 1000,
	CYCLES = 20000,
	LIMIT = 1 << 20,
	LARGE = 64 << 20,
	BLOCK = 65536,
	ROUNDS_MOST = 31,
};

static const char *directory = "/dev/shm";
static FILE *table;
static char bytes[BLOCK];

/* ---- in memory -------------------------------------------------------- */

static double spool_cycles(int times)
{
	double begin = measure_cpu();
	char back[SMALL];

	for (int i = 0; i < times; i++) {
		struct tempfile_spooled *spool =
			tempfile_spooled_open(.max_size = 2LL * SMALL);

		must(spool != NULL, "open");
		must(fwrite(bytes, 1, SMALL, spool->file) == SMALL, "write");
		rewind(spool->file);
		must(fread(back, 1, SMALL, spool->file) == SMALL, "read");
		must(tempfile_spooled_close(&spool) == 0, "close");
	}
	return measure_cpu() - begin;
}

static double memstream_cycles(int times)
{
	double begin = measure_cpu();
	char back[SMALL];

	for (int i = 0; i < times; i++) {
		char *memory;
		size_t size;
		FILE *file = open_memstream(&memory, &size);

		must(file != NULL, "open");
		must(fwrite(bytes, 1, SMALL, file) == SMALL, "write");
		must(fflush(file) == 0 && size == SMALL, "flush");
		memcpy(back, memory, SMALL);
		must(back[SMALL - 1] == 0, "read");
		fclose(file);
		free(memory);
	}
	return measure_cpu() - begin;
}

static double python_cycles(int times)
{
	double answer[2];

	python_ask(answer, "spool %d %d", times, SMALL);
	return answer[0];
}

/* ---- rolled ----------------------------------------------------------- */

static size_t piece = BLOCK;

static double write_large(FILE *file, int times)
{
	double begin = measure_cpu();

	for (size_t done = 0; done < (size_t)times; done += piece)
		must(fwrite(bytes, 1, piece, file) == piece, "write");
	must(fflush(file) == 0, "flush");
	return measure_cpu() - begin;
}

static double write_direct(int times)
{
	FILE *file = tempfile_open(.dir = directory);
	double taken;

	must(file != NULL, "open");
	taken = write_large(file, times);
	must(with_file_close(&file) == 0, "close");
	return taken;
}

static double write_spooled(int times)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.dir = directory, .max_size = LIMIT);
	double taken;

	must(spool != NULL, "open");
	taken = write_large(spool->file, times);
	must(tempfile_spooled_rolled(spool) == 1, "roll");
	must(tempfile_spooled_close(&spool) == 0, "close");
	return taken;
}

/* ---- all rounds ------------------------------------------------------- */

/* times: as both functions understand it; unit: what one of them is. */
static void compare(const char *what, const char *other,
		    double (*ours)(int), double (*theirs)(int), int times,
		    int rounds)
{
	double own[ROUNDS_MOST], ratios[ROUNDS_MOST];
	struct measure_spread spread, ratio;

	for (int round = 0; round < rounds; round++) {
		double base = 0;

		/* Who comes second finds warmer pages. */
		if (round % 2)
			base = theirs(times);
		own[round] = ours(times);
		if (round % 2 == 0)
			base = theirs(times);
		ratios[round] = own[round] / base;
	}
	spread = measure_spread(own, (size_t)rounds);
	ratio = measure_spread(ratios, (size_t)rounds);
	printf("%-28s %8.2f ns each, %.3f of %s (%.3f to %.3f)\n", what,
	       spread.median / times * 1e9, ratio.median, other, ratio.low,
	       ratio.high);
	if (table)
		fprintf(table, "%s;%s;%d;%d;%.2f;%.3f;%.3f;%.3f\n", what,
			other, times, rounds, spread.median / times * 1e9,
			ratio.median, ratio.low, ratio.high);
	fflush(stdout);
}

static void compare_all(int quick, const char *python)
{
	int rounds = quick ? 4 : 16;
	int cycles = quick ? CYCLES / 10 : CYCLES;
	int large = quick ? LARGE / 8 : LARGE;

	if (python_begin(python))
		compare("1,000 bytes in memory", "python", spool_cycles,
			python_cycles, cycles, rounds);
	else
		puts("no python3 to compare with");
	compare("1,000 bytes in memory", "open_memstream", spool_cycles,
		memstream_cycles, cycles, rounds);
	compare("rolled, in blocks of 64 KiB", "a file", write_spooled,
		write_direct, large, rounds);
	piece = 64;
	compare("rolled, in pieces of 64", "a file", write_spooled,
		write_direct, large, rounds);
}

int main(int argc, char *argv[])
{
	const char *python = ".";
	int quick = 0;
	int option;

	while ((option = getopt(argc, argv, "qo:d:p:")) != -1) {
		if (option == 'q')
			quick = 1;
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
	if (table)
		fputs("what;other;times;rounds;ns_each;to_other;low;high\n",
		      table);
	compare_all(quick, python);
	return 0;
}
