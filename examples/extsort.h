/* SPDX-License-Identifier: MIT */
/*
 * extsort.h - the parts of extsort, which sorts more than fits in memory
 *
 * The input is read into one block of memory, as much as fits; its lines are
 * sorted and written to a file of the temporary directory, a run. Then runs
 * are merged, a bounded number at a time, until one is left: the output. The
 * same block serves both steps, so that memory never exceeds the budget by
 * more than what stdio and the C library take.
 *
 * What returns an int returns -1 after having said on stderr what failed.
 */
#ifndef EXTSORT_H
#define EXTSORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <with.h>

struct sorter {
	struct tempfile_dir *dir;	/* of the runs */
	char *block;			/* the memory, budget bytes of it */
	size_t budget;
	unsigned first, next;	/* runs: first <= number < next */
};

/* extsort-lines.c: the lines in the block */
struct line {
	uint64_t key;			/* the first 8 bytes */
	uint32_t start, length;		/* in the block, no newline */
};
struct lines {
	struct sorter *sorter;
	int input, at_end;
	size_t used, filled;		/* of whole lines, of all text */
	struct line *first;
	size_t count;
};
uint64_t line_key(const char *text, size_t length);
int lines_read(struct lines *lines);
void lines_sort(struct lines *lines);
int lines_write(const struct lines *lines, FILE *out);
int lines_copy_long(struct lines *lines, FILE *out);

/* extsort-runs.c: the files in the temporary directory, by their numbers */
FILE *run_create(struct sorter *sorter, unsigned number);
int run_open(struct sorter *sorter, unsigned number);
int run_remove(struct sorter *sorter, unsigned number);
int runs_make(struct sorter *sorter, int input);

/* extsort-merge.c */
int merge_runs(struct sorter *sorter, FILE *out);

/* extsort.c */
int fail(const char *what);
void progress(const char *step, size_t more);

/* A new run under a guard: WITH (run, file, sorter, number) */
WITH_DEFINE(run, FILE *, run_create, fclose)

#endif /* EXTSORT_H */
