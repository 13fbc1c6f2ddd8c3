/* SPDX-License-Identifier: MIT */
/* Write a log file under a fresh name, and leave it on disk. */
#include <stdbool.h>
#include <stdio.h>

#include <with.h>

int main(void)
{
	WITH_NAMED_TMP (log, .mode = "w", .prefix = "myapp_", .suffix = ".log",
			.keep = true) {
		fputs("Log entry 1\n", log->file);
		fputs("Log entry 2\n", log->file);
		printf("%s\n", log->path);
	} else {
		perror("log");
		return 1;
	}
	return 0;
}
