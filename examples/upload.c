/* SPDX-License-Identifier: MIT */
/* Store an upload, process it, discard it, also when processing fails. */
#include <stdio.h>
#include <unistd.h>

#include <with.h>

/* Adds up numbers, one a line; -1 at the first line that is none. */
static int process(FILE *upload, long *ret_sum)
{
	char line[80];
	long number, sum = 0;

	while (fgets(line, sizeof(line), upload)) {
		if (sscanf(line, "%ld", &number) != 1)
			return -1;
		sum += number;
	}
	*ret_sum = sum;
	return 0;
}

static int receive(const char *content, char *path, size_t size)
{
	long sum;

	WITH_NAMED_TMP (upload, .prefix = "upload_", .suffix = ".txt") {
		snprintf(path, size, "%s", upload->path);
		fputs(content, upload->file);
		if (fflush(upload->file))
			return -1;
		rewind(upload->file);
		if (process(upload->file, &sum))
			return -1;	/* the file goes here too */
		printf("sum: %ld\n", sum);
		return 0;
	}
	return -1;
}

int main(void)
{
	const char *uploads[] = { "1\n2\n39\n", "1\ntwo\n3\n" };
	char path[4096] = "";

	for (int i = 0; i < 2; i++) {
		if (receive(uploads[i], path, sizeof(path)))
			puts("this one is no list of numbers");
		printf("%s is %s\n", path,
		       access(path, F_OK) ? "gone" : "left");
	}
	return 0;
}
