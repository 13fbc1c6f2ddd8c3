/* SPDX-License-Identifier: MIT */
/* Read a file while it is written, through a second stream of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

WITH_DEFINE(again, FILE *, tempfile_named_reopen, fclose)

int main(void)
{
	char line[80];

	WITH_NAMED_TMP (tmp, .buffering = TEMPFILE_LINE_BUFFERED) {
		fputs("one\n", tmp->file);
		WITH (again, reader, tmp, "r") {
			fputs("two\n", tmp->file);
			while (fgets(line, sizeof(line), reader))
				printf("read: %s", line);
		} else {
			perror(tmp->path);
		}

		/* What somebody has put in its place is not opened. */
		if (unlink(tmp->path) || mkdir(tmp->path, 0700))
			perror(tmp->path);
		WITH (again, reader, tmp, "r")
			puts("this is not ours");
		else
			printf("replaced: %s\n", strerror(errno));
		rmdir(tmp->path);
	} else {
		perror("file");
		return 1;
	}
	return 0;
}
