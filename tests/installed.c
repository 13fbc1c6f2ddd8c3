/* SPDX-License-Identifier: MIT */
/* installed.c - a user's program, for tests/installcheck.sh. */
#include <stdio.h>
#include <string.h>

#include <with.h>

int main(void)
{
	if (strcmp(with_version(), WITH_VERSION) != 0)
		return 1;
	WITH_TEMPDIR (dir, .prefix = "installed_") {
		WITH_NAMED_TMP (log, .inside = dir, .suffix = ".log") {
			fputs("installed: C\n", log->file);
			puts("installed: C");
		} else {
			return 2;
		}
	} else {
		return 3;
	}
	return 0;
}
