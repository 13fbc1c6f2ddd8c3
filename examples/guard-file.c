/* SPDX-License-Identifier: MIT */
/* Copy a file line by line, numbered, and see a full disk before it is over. */
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <with.h>

static int number_lines(const char *from, const char *to)
{
	char line[100];
	int number = 0;

	SCOPED_FILE(in, from, "r");
	SCOPED_FILE(out, to, "w");
	if (!in || !out)
		return -1;
	while (fgets(line, sizeof(line), in))
		fprintf(out, "%d %s", ++number, line);
	/* Closed early: the end of the scope could not say ENOSPC. */
	return with_file_close(&out);
}

int main(void)
{
	WITH_NAMED_TMP (from, .mode = "w") {
		fputs("one\ntwo\n", from->file);
		tempfile_named_close_file(from);
		printf("copied: %d\n", number_lines(from->path, "/dev/null"));
		if (number_lines(from->path, "/dev/full") < 0)
			printf("to a full disk: %s\n", strerror(errno));
	}
	WITH_FILE (in, "/nonexistent", "r")
		printf("opened %p\n", (void *)in);
	else
		printf("no file: %s\n", strerror(errno));
	return 0;
}
