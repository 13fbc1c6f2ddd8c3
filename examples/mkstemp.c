/* SPDX-License-Identifier: MIT */
/* Take a descriptor and a path from mkstemp; delete the file by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <with.h>

int main(void)
{
	static const char text[] = "written through a descriptor\n";
	char *path;
	int fd = tempfile_mkstemp(&path, .prefix = "job_", .suffix = ".txt");

	if (fd < 0) {
		perror("mkstemp");
		return 1;
	}
	printf("made %s\n", path);
	printf("wrote %zd bytes\n", write(fd, text, strlen(text)));

	/* Nobody does these three for us. */
	close(fd);
	unlink(path);
	printf("afterwards it is %s\n", access(path, F_OK) ? "gone" : "there");
	free(path);
	return 0;
}
