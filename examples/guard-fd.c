/* SPDX-License-Identifier: MIT */
/* Read the first bytes of a program: is it one? */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <with/descriptor.h>

static int is_program(const char *path)
{
	char magic[4] = "";

	WITH_FD (fd, path, O_RDONLY) {
		if (read(fd, magic, sizeof(magic)) < 4)
			return 0;
		return memcmp(magic, "\177ELF", 4) == 0;
	} else {
		return -1;
	}
	return -1;
}

int main(void)
{
	printf("this program: %d\n", is_program("/proc/self/exe"));
	printf("an empty file: %d\n", is_program("/dev/null"));
	printf("no file: %d\n", is_program("/nonexistent"));

	/* A descriptor of another call's: here a copy. */
	WITH_FD_FROM (copy, dup(1))
		printf("a copy of stdout: %s\n", copy > 2 ? "yes" : "no");
	return 0;
}
