/* SPDX-License-Identifier: MIT */
/* Ask where temporary files go and how they are called, and choose anew. */
#include <stdio.h>

#include <with.h>

static void show_one(const char *when)
{
	WITH_NAMED_TMP (tmp)
		printf("%-18s %s\n", when, tmp->path);
	else
		perror(when);
}

int main(void)
{
	printf("gettempdir():      %s\n", tempfile_gettempdir());
	printf("gettempdirb():     %s\n", tempfile_gettempdirb());
	printf("gettempprefix():   %s\n", tempfile_gettempprefix());
	printf("gettempprefixb():  %s\n", tempfile_gettempprefixb());

	show_one("by default:");
	WITH_TEMPDIR (dir, .prefix = "mine_") {
		if (tempfile_set_tempdir(dir->path))
			perror(dir->path);
		show_one("after set_tempdir:");
		tempfile_set_tempdir(NULL);	/* as it was */
	} else {
		perror("directory");
		return 1;
	}
	show_one("after NULL:");
	return 0;
}
