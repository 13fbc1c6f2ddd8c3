/* SPDX-License-Identifier: MIT */
/* Write three reports, find them by pattern, add their numbers to a total. */
#include <glob.h>
#include <stdio.h>

#include <with.h>

WITH_DEFERRABLE(globfree, glob_t *)

static int write_report(struct tempfile_dir *dir, int number)
{
	const char *path = tempfile_dir_join(dir, "report_%d.txt", number);

	WITH_FILE (report, path, "w") {
		for (int i = 1; i <= 3; i++)
			fprintf(report, "%d\n", number * 100 + i);
		return 0;
	}
	return -1;
}

static long total_of(const char *path)
{
	long number, total = 0;

	WITH_FILE (report, path, "r")
		while (fscanf(report, "%ld", &number) == 1)
			total += number;
	return total;
}

int main(void)
{
	WITH_TEMPDIR (dir, .prefix = "reports_") {
		const char *pattern = tempfile_dir_join(dir, "report_*.txt");
		long grand_total = 0;
		glob_t found;

		for (int i = 1; i <= 3; i++)
			if (write_report(dir, i))
				perror("report");
		if (!pattern || glob(pattern, 0, NULL, &found))
			return 1;
		SCOPED_DEFER(globfree, &found);

		for (size_t i = 0; i < found.gl_pathc; i++) {
			long total = total_of(found.gl_pathv[i]);

			printf("%s: %ld\n", found.gl_pathv[i], total);
			grand_total += total;
		}
		printf("grand total: %ld\n", grand_total);
	} else {
		perror("directory");
		return 1;
	}
	return 0;
}
