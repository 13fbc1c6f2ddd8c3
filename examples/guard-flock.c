/* SPDX-License-Identifier: MIT */
/* Make sure that a program runs only once at a time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <with.h>
#include <with/lock.h>

static void run(const char *lock_file, int again)
{
	WITH_FLOCK (lock, lock_file, .create = 1, .nonblocking = 1) {
		puts("running");
		if (again)
			run(lock_file, 0);
	} else {
		printf("it runs already: %s\n", strerror(errno));
	}
}

int main(void)
{
	WITH_TEMPDIR (dir) {
		const char *lock_file = tempfile_dir_join(dir, "app.lock");

		run(lock_file, 1);
		run(lock_file, 0);
	}
	return 0;
}
