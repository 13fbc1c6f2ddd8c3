/* SPDX-License-Identifier: MIT */
/* Replace a file so that readers see the old content or the new, whole. */
#include <stdio.h>
#include <sys/stat.h>

#include <with.h>

static int save(const char *path, const char *colour)
{
	WITH_NAMED_TMP (new, .beside = path, .mode = "w") {
		fprintf(new->file, "colour = %s\n", colour);
		/* Until here, and whatever goes wrong, the old one stays. */
		return tempfile_named_persist(new, path, TEMPFILE_TARGET_MODE |
								 TEMPFILE_SYNC);
	}
	return -1;
}

static void show(const char *path)
{
	struct stat status;
	char line[80];

	WITH_FILE (in, path, "r")
		if (fgets(line, sizeof(line), in) && !stat(path, &status))
			printf("%03o %s", status.st_mode & 0777U, line);
}

int main(void)
{
	WITH_TEMPDIR (dir) {
		const char *path = tempfile_dir_join(dir, "settings.ini");

		if (save(path, "red"))
			perror("settings");
		show(path);
		if (chmod(path, 0640) || save(path, "blue"))
			perror("settings");
		show(path);
	} else {
		perror("directory");
		return 1;
	}
	return 0;
}
