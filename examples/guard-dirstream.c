/* SPDX-License-Identifier: MIT */
/* Count what is in a directory. */
#include <stdio.h>
#include <string.h>
#include <with.h>
#include <with/descriptor.h>

int main(void)
{
	int count = 0;

	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (one, .inside = dir)
			WITH_NAMED_TMP (two, .inside = dir)
				WITH_DIRSTREAM (entries, dir->path)
					while (readdir(entries))
						count++;
	} else {
		perror("temporary directory");
		return 1;
	}
	printf("%d entries, with . and ..\n", count);
	return 0;
}
