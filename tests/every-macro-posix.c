/* SPDX-License-Identifier: MIT */
/*
 * every-macro-posix.c - each macro that deals with what POSIX has and C has
 * not, used as a program uses them; see every-macro.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include <with/descriptor.h>

int descriptors(const char *path);
int directories(const char *path);

int descriptors(const char *path)
{
	char byte;

	WITH_FD (in, path, O_RDONLY) {
		SCOPED_FD(out, "copy", O_WRONLY | O_CREAT, 0600u);
		SCOPED_FD_FROM(other, dup(in));

		if (out < 0 || read(other, &byte, 1) != 1)
			return -1;
		return write(out, &byte, 1) == 1 ? with_fd_close(&out) : -1;
	} else {
		return -1;
	}
	WITH_FD_FROM (other, dup(0))
		return (int)read(other, &byte, 1);
	return 0;
}

int directories(const char *path)
{
	WITH_DIRSTREAM (outer, path) {
		SCOPED_DIRSTREAM(inner, path);

		return inner && readdir(inner) && readdir(outer);
	}
	return -1;
}

int main(int argc, char **argv)
{
	return descriptors(argv[argc - 1]) + directories(argv[argc - 1]);
}
