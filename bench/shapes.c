/* SPDX-License-Identifier: MIT */
/* shapes.c - the trees that are removed, and the floor of removing them. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "shapes.h"

const struct shape shapes[SHAPES] = {
	{ "flat 10",	   0, 0, 10, 0, 500 },
	{ "flat 1,000",	   0, 0, 1000, 0, 8 },
	{ "flat 100,000",  0, 0, 100000, 0, 1 },
	{ "1,000 x 100",   1000, 1, 100, 1, 1 },
	{ "20,000 empty",  20000, 1, 0, 0, 1 },
	{ "mixed 8,190",   4, 5, 5, 0, 1 },
	{ "chain 1,000",   1, 1000, 0, 0, 10 },
	{ "chain 10,000",  1, 10000, 0, 0, 1 },
};

static char (*names)[8];		/* "0" to "99999" */

void make_tree(const struct shape *shape, int dirfd, const char *name,
	       unsigned depth)
{
	int fd;

	must(mkdirat(dirfd, name, 0700) == 0, "mkdirat");
	if (shape->width == 0 && shape->files == 0)
		return;
	fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, "openat");
	for (unsigned i = 0; i < shape->files; i++) {
		int file;

		if (shape->leaves_only && depth > 0)
			break;
		file = openat(fd, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		must(file >= 0, "openat");
		close(file);
	}
	for (unsigned i = 0; depth > 0 && i < shape->width; i++) {
		char directory[16];

		snprintf(directory, sizeof(directory), "d%s", names[i]);
		make_tree(shape, fd, directory, depth - 1);
	}
	close(fd);
}

void floor_tree(const struct shape *shape, int dirfd, const char *name,
		unsigned depth)
{
	int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char directory[16] = "d";

	for (unsigned i = 0; i < shape->files; i++) {
		if (shape->leaves_only && depth > 0)
			break;
		unlinkat(fd, names[i], 0);
	}
	for (unsigned i = 0; depth > 0 && i < shape->width; i++) {
		strcpy(directory + 1, names[i]);
		if (depth == 1 && shape->files == 0)
			unlinkat(fd, directory, AT_REMOVEDIR);
		else
			floor_tree(shape, fd, directory, depth - 1);
	}
	close(fd);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

unsigned long objects_below(const struct shape *shape, unsigned depth)
{
	unsigned long count = 1;

	if (!shape->leaves_only || depth == 0)
		count += shape->files;
	if (depth > 0)
		count += shape->width * objects_below(shape, depth - 1);
	return count;
}

void prepare_shapes(void)
{
	struct rlimit limit;

	names = calloc(NAMES, sizeof(*names));
	must(names != NULL, "calloc");
	for (unsigned i = 0; i < NAMES; i++)
		snprintf(names[i], sizeof(names[i]), "%u", i);
	/* The floor of a chain holds every level open. */
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}
