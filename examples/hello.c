/* SPDX-License-Identifier: MIT */
/* A log file in a temporary directory; both are gone when the block ends. */
#include <with.h>

int main(void)
{
	WITH_TEMPDIR (dir, .prefix = "myapp_") {
		WITH_NAMED_TMP (log, .inside = dir, .mode = "w", .suffix = ".log") {
			fputs("Log entry 1\n", log->file);
			printf("Log: %s\n", log->path);
		} else {
			perror("log");
		}
	} else {
		perror("tempdir");	/* it could not be made: errno says why */
		return 1;
	}
	return 0;	/* directory and log are gone, however the block was left */
}
