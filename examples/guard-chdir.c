/* SPDX-License-Identifier: MIT */
/* Work in a temporary directory, and come back although it was renamed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <with.h>
#include <with/process.h>

int main(void)
{
	WITH_TEMPDIR (dir) {
		SCOPED_FCHDIR(home, tempfile_dir_fd(dir));

		mkdir("old", 0700);
		WITH_CHDIR (back, "old")
			rename("../old", "../new");
		puts(access("new", F_OK) == 0 ? "back again" : "lost");
		WITH_CHDIR (back, "old")
			puts("it is still there");
		else
			printf("old: %s\n", strerror(errno));
	}
	return 0;
}
