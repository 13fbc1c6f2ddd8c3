/* SPDX-License-Identifier: MIT */
/* Close a temporary file, and let another program work on it by its path. */
#include <stdio.h>
#include <stdlib.h>

#include <with.h>

int main(void)
{
	char command[4200];

	WITH_NAMED_TMP (names, .suffix = ".txt") {
		fputs("walnut\nalmond\nhazel\n", names->file);
		if (tempfile_named_close_file(names)) {
			perror(names->path); /* the disk is full, perhaps */
			return 1;
		}
		snprintf(command, sizeof(command), "sort '%s'", names->path);
		return system(command) ? 1 : 0;
	} else {
		perror("names");
		return 1;
	}
}
