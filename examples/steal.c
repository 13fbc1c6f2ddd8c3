/* SPDX-License-Identifier: MIT */
/* Return a guarded directory from the function that filled it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <with.h>

/* NULL if anything fails, and then nothing is left: the guard sees to that. */
static struct tempfile_dir *make_project(const char *name)
{
	SCOPED_TEMPDIR(dir, .prefix = "project_");
	if (!dir)
		return NULL;

	SCOPED_FILE(readme, tempfile_dir_join(dir, "%s.txt", name), "w");
	if (!readme || fprintf(readme, "This is %s.\n", name) < 0)
		return NULL;
	return with_steal(dir);
}

int main(void)
{
	struct tempfile_dir *dir = make_project("walnut");

	if (!dir) {
		perror("project");
		return 1;
	}
	printf("made %s\n", dir->path);
	if (make_project("no/such/directory"))
		return 1;
	printf("the other one: %s\n", strerror(errno));

	if (tempfile_dir_close(&dir)) {
		perror("close");
		return 1;
	}
	return 0;
}
