/* SPDX-License-Identifier: MIT */
/* Swap a new version in, and go back to the old one if it does not work. */
#include <stdio.h>

#include <with.h>

static void show(const char *when, const char *path)
{
	char line[80] = "";

	WITH_FILE (in, path, "r")
		if (fgets(line, sizeof(line), in))
			printf("%s: %s", when, line);
}

/* Renamed back, the old version is the live one; else it is removed. */
static int upgrade(const char *live, const char *version, int works)
{
	WITH_NAMED_TMP (new, .beside = live, .mode = "w") {
		fprintf(new->file, "version %s\n", version);
		if (tempfile_named_persist(new, live, TEMPFILE_EXCHANGE))
			return -1;
		show("  live", live);
		show("  aside", new->path);
		return works ? 0 : rename(new->path, live);
	}
	return -1;
}

int main(void)
{
	WITH_TEMPDIR (dir) {
		const char *live = tempfile_dir_join(dir, "live");

		WITH_FILE (out, live, "w")
			fputs("version 1\n", out);
		show("before", live);
		if (upgrade(live, "2", 1))
			perror("2");
		show("after one that works", live);
		if (upgrade(live, "3", 0))
			perror("3");
		show("after one that does not", live);
	} else {
		perror("directory");
		return 1;
	}
	return 0;
}
