/* SPDX-License-Identifier: MIT */
/*
 * extsort-runs.c - runs: sorted files in the temporary directory
 *
 * They are reached through the directory's descriptor, so that there may be
 * any number of them without a path each.
 */
#include <fcntl.h>

#include "extsort.h"

#define NAME_SIZE 24

static int run_at(struct sorter *sorter, unsigned number, int flags)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "run-%u", number);
	return openat(tempfile_dir_fd(sorter->dir), name, flags | O_CLOEXEC,
		      0600);
}

FILE *run_create(struct sorter *sorter, unsigned number)
{
	int fd = run_at(sorter, number, O_WRONLY | O_CREAT | O_EXCL);
	FILE *run = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !run)
		close(fd);
	return run;
}

int run_open(struct sorter *sorter, unsigned number)
{
	return run_at(sorter, number, O_RDONLY);
}

int run_remove(struct sorter *sorter, unsigned number)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "run-%u", number);
	return unlinkat(tempfile_dir_fd(sorter->dir), name, 0);
}

/* Writes the next run: what the block holds, or one line that it does not. */
static int make_run(struct sorter *sorter, struct lines *lines, int is_long)
{
	WITH (run, out, sorter, sorter->next) {
		if (is_long) {
			if (lines_copy_long(lines, out))
				return -1;
		} else {
			lines_sort(lines);
			if (lines_write(lines, out))
				return -1;
		}
		sorter->next++;
		return run_close(&out) ? fail("run") : 0;
	}
	return fail("run");
}

int runs_make(struct sorter *sorter, int input)
{
	struct lines lines = { .sorter = sorter, .input = input };
	int more;

	while ((more = lines_read(&lines)) > 0)
		if (make_run(sorter, &lines, more == 2))
			return -1;
	return more;
}
