/* SPDX-License-Identifier: MIT */
/* Put files into a temporary directory, and lose all of it together. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

static void write_part(struct tempfile_dir *dir, int number)
{
	const char *path = tempfile_dir_join(dir, "parts/part-%02d", number);

	WITH_FILE (part, path, "w") {
		fprintf(part, "this is part %d\n", number);
		printf("wrote %s\n", path);
	} else {
		perror(path);
	}
}

int main(void)
{
	char path[4096] = "";

	WITH_TEMPDIR (dir, .prefix = "build_") {
		snprintf(path, sizeof(path), "%s", dir->path);
		if (mkdir(tempfile_dir_join(dir, "parts"), 0700))
			perror("parts");
		for (int i = 1; i <= 3; i++)
			write_part(dir, i);
	} else {
		perror("directory");
		return 1;
	}
	printf("%s is %s\n", path, access(path, F_OK) ? "gone" : "left");
	return 0;
}
