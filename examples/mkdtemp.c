/* SPDX-License-Identifier: MIT */
/* Make a directory with mkdtemp; delete it, and what is in it, by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <with.h>

int main(void)
{
	char inside[4096];
	char *path = tempfile_mkdtemp(.prefix = "job_");
	FILE *file;

	if (!path) {
		perror("mkdtemp");
		return 1;
	}
	printf("made %s\n", path);

	snprintf(inside, sizeof(inside), "%s/notes.txt", path);
	file = fopen(inside, "w");
	if (file) {
		fputs("some notes\n", file);
		fclose(file);
	}

	/* Nobody does these for us: first the file, then its directory. */
	unlink(inside);
	if (rmdir(path))
		perror(path);
	printf("afterwards it is %s\n", access(path, F_OK) ? "gone" : "there");
	free(path);
	return 0;
}
