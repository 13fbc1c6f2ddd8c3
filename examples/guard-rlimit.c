/* SPDX-License-Identifier: MIT */
/* See what happens when no descriptor is left. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <with/descriptor.h>
#include <with/process.h>

int main(void)
{
	WITH_RLIMIT (files, RLIMIT_NOFILE, 0) {
		WITH_FD (fd, "/dev/null", O_RDONLY)
			printf("opened %d\n", fd);
		else
			printf("%s\n", strerror(errno));
	} else {
		perror("limit");
	}
	WITH_FD (fd, "/dev/null", O_RDONLY)
		puts("and now there is one again");
	return 0;
}
