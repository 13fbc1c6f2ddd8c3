/* SPDX-License-Identifier: MIT */
/* Sort a text file that is bigger than the memory that may be used for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <with/descriptor.h>

#include "extsort.h"

WITH_DEFINE(memory, void *, malloc, free)

static const char usage[] =
	"usage: extsort [-S SIZE] [-T DIRECTORY] [-o OUTPUT] [FILE]\n"
	"Sorts the lines of FILE, or of the standard input, by their bytes.\n"
	"  -S SIZE       of the memory, as 65536, 64K, 4M or 1G (4M)\n"
	"  -T DIRECTORY  for temporary files\n"
	"  -o OUTPUT     instead of the standard output; may be FILE\n";

int fail(const char *what)
{
	int error = errno;

	progress(NULL, 0);
	fprintf(stderr, "extsort: %s: %s\n", what, strerror(error));
	return -1;
}

/*
 * Says how far a step has come, in a line that is written over again and
 * again, if somebody is looking; NULL ends the line.
 */
void progress(const char *step, size_t more)
{
	static const char *current;
	static unsigned long long bytes;
	unsigned long long before = bytes;

	if (!isatty(STDERR_FILENO))
		return;
	if (current && step != current)
		fputc('\n', stderr);
	bytes = step == current ? bytes + more : more;
	if (step && (step != current || bytes >> 20 != before >> 20))
		fprintf(stderr, "\r%s: %llu MiB", step, bytes >> 20);
	current = step;
}

/* From 64 KiB to 2 GiB, a multiple of 4096; 0 if it is no size. */
static size_t parse_size(const char *text)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long size = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || *text == '-' || (*end && (!unit || end[1])))
		return 0;
	for (; unit && unit >= units; unit--)
		size = size > 1ULL << 40 ? size : size << 10;
	if (size < 1 << 16)
		size = 1 << 16;
	if (size > 1U << 31)
		size = 1U << 31;
	return (size_t)(size & ~4095ULL);
}

static int write_stream(struct sorter *sorter, FILE *out, const char *name)
{
	if (merge_runs(sorter, out))
		return -1;
	progress(NULL, 0);
	return fflush(out) ? fail(name) : 0;
}

/* A terminal, a pipe, a link: what cannot be replaced is written to. */
static int write_in_place(struct sorter *sorter, const char *path)
{
	WITH_FILE (out, path, "w") {
		if (write_stream(sorter, out, path))
			return -1;
		return with_file_close(&out) ? fail(path) : 0;
	}
	return fail(path);
}

/* The old content stays until the new one is there as a whole. */
static int replace(struct sorter *sorter, const char *path, unsigned flags)
{
	WITH_NAMED_TMP (out, .beside = path, .mode = "w") {
		if (write_stream(sorter, out->file, path))
			return -1;
		if (tempfile_named_persist(out, path, flags))
			return fail(path);
		return tempfile_named_close(&out) ? fail(path) : 0;
	}
	return fail(path);
}

static int write_output(struct sorter *sorter, const char *path)
{
	struct stat old;

	if (!path)
		return write_stream(sorter, stdout, "standard output");
	if (lstat(path, &old))
		return replace(sorter, path, TEMPFILE_UMASK_MODE);
	if (S_ISREG(old.st_mode) && old.st_nlink == 1)
		return replace(sorter, path, TEMPFILE_TARGET_MODE);
	return write_in_place(sorter, path);
}

static int sort_file(struct sorter *sorter, const char *path,
		     const char *output)
{
	if (!path || !strcmp(path, "-")) {
		if (runs_make(sorter, STDIN_FILENO))
			return -1;
		return write_output(sorter, output);
	}
	WITH_FD (input, path, O_RDONLY) {
		if (runs_make(sorter, input))
			return -1;
		with_fd_close(&input);
		return write_output(sorter, output);
	}
	return fail(path);
}

int main(int argc, char **argv)
{
	struct sorter sorter = { .budget = 4 << 20 };
	const char *where = NULL, *output = NULL;
	int option;

	while ((option = getopt(argc, argv, "S:T:o:")) != -1) {
		if (option == 'S')
			sorter.budget = parse_size(optarg);
		else if (option == 'T')
			where = optarg;
		else if (option == 'o')
			output = optarg;
		else
			sorter.budget = 0;
	}
	if (!sorter.budget || argc > optind + 1) {
		fputs(usage, stderr);
		return 2;
	}

	/* From here, not even Ctrl-C leaves anything behind. */
	if (with_cleanup_on_signals(NULL, 0) && fail("signals"))
		return 1;
	WITH_TEMPDIR (dir, .prefix = "extsort_", .dir = where) {
		SCOPED(memory, block, sorter.budget);
		if (!block && fail("memory"))
			return 1;
		sorter.dir = dir;
		sorter.block = block;
		return sort_file(&sorter, argv[optind], output) ? 1 : 0;
	} else {
		fail(where ? where : "temporary directory");
	}
	return 1;
}
