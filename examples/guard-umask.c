/* SPDX-License-Identifier: MIT */
/* Make one file that the group may write to, whatever the umask. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <with.h>
#include <with/descriptor.h>
#include <with/process.h>

int main(void)
{
	struct stat st;

	umask(077);
	WITH_TEMPDIR (dir) {
		WITH_UMASK (before, 002u) {
			const char *path = tempfile_dir_join(dir, "shared");

			WITH_FD (fd, path, O_WRONLY | O_CREAT, 0666u)
				if (fstat(fd, &st) == 0)
					printf("%o\n", st.st_mode & 0777);
			printf("it was %o\n", (unsigned)before);
		}
	}
	printf("it is %o\n", (unsigned)umask(0));
	return 0;
}
