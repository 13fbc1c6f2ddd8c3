/* SPDX-License-Identifier: MIT */
/* Keep small data in memory, and large data in a file, by the same stream. */
#include <stdio.h>

#include <with.h>

static void collect(int lines)
{
	char line[80] = "";
	int number = 0;

	WITH_SPOOLED_TMP (spool, .max_size = 1000) {
		for (int i = 1; i <= lines; i++)
			fprintf(spool->file, "this is line %d\n", i);
		printf("%d lines are in %s\n", lines,
		       tempfile_spooled_rolled(spool) ? "a file" : "memory");

		rewind(spool->file);
		while (fgets(line, sizeof(line), spool->file))
			number++;
		printf("read %d, the last one: %s", number, line);
	} else {
		perror("spool");
	}
}

int main(void)
{
	collect(10);
	collect(1000);
	return 0;
}
