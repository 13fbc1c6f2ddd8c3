/* SPDX-License-Identifier: MIT */
/* Own a directory that is there already, with what programs put into it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <with.h>
#include <with/memory.h>

static int unpack(const char *path)
{
	char command[8300];

	snprintf(command, sizeof(command),
		 "mkdir '%s/doc' && echo 'Read me' >'%s/doc/README'", path, path);
	return system(command);
}

int main(void)
{
	SCOPED_MEMORY(path, tempfile_mkdtemp(.prefix = "unpacked_"));
	if (!path)
		return 1;
	WITH_PATH (tree, path) {
		if (unpack(tree->path))
			return 1;
		printf("unpacked to %s\n", tree->path);
	} else {
		perror(path);
	}
	printf("afterwards it is %s\n", access(path, F_OK) ? "gone" : "there");
	return 0;
}
