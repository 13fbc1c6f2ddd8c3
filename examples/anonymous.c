/* SPDX-License-Identifier: MIT */
/* Write to a temporary file that has no name, rewind it, read it back. */
#include <stdio.h>

#include <with.h>

int main(void)
{
	char line[80];

	WITH_TMP (file) {
		fputs("first line\n", file);
		fprintf(file, "%d lines so far\n", 1);

		rewind(file);
		while (fgets(line, sizeof(line), file))
			printf("read: %s", line);
	} else {
		perror("temporary file");
		return 1;
	}
	return 0;
}
