/* SPDX-License-Identifier: MIT */
/* Give a file its name when it is whole, unless somebody has that name. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <with.h>

/* Nobody sees the file before it is published; it has no name until then. */
static int publish(const char *path, int pages)
{
	WITH_TMP (report, .persistable = true) {
		for (int i = 1; i <= pages; i++)
			fprintf(report, "page %d\n", i);
		return tempfile_persist(report, path, TEMPFILE_NOREPLACE |
						      TEMPFILE_UMASK_MODE);
	}
	return -1;
}

static void try(const char *path, int pages)
{
	if (publish(path, pages))
		printf("%d pages: %s\n", pages, strerror(errno));
	else
		printf("%d pages: published\n", pages);
}

int main(void)
{
	char line[80];

	WITH_TEMPDIR (dir) {
		const char *path = tempfile_dir_join(dir, "report.txt");

		try(path, 3);
		try(path, 5);
		WITH_FILE (in, path, "r")
			while (fgets(line, sizeof(line), in))
				fputs(line, stdout);
	} else {
		perror("directory");
		return 1;
	}
	return 0;
}
