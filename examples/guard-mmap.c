/* SPDX-License-Identifier: MIT */
/* Turn a file into capitals in place, then let a child count for its parent. */
#include <ctype.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <with.h>
#include <with/memory.h>

int main(void)
{
	char text[20] = "";

	WITH_TMP (file, .mode = "w+") {
		fputs("hello, mapping", file);
		fflush(file);
		WITH_MMAP (map, fileno(file), .writable = 1) {
			char *bytes = map.data;

			for (size_t i = 0; i < map.size; i++)
				bytes[i] = (char)toupper((unsigned char)bytes[i]);
		}
		rewind(file);
		puts(fgets(text, sizeof(text), file));
	}
	WITH_MMAP (shared, -1, .length = sizeof(int)) {
		int *counter = shared.data;

		if (fork() == 0)
			_exit(++*counter);
		wait(NULL);
		printf("the child counted %d\n", *counter);
	}
	return 0;
}
