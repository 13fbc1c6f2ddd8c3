/* SPDX-License-Identifier: MIT */
/* Run a command with another environment. */
#include <stdio.h>
#include <stdlib.h>
#include <with/process.h>

static void show(void)
{
	fflush(stdout);
	if (system("echo \"${GREETING-unset}\"") != 0)
		perror("echo");
}

int main(void)
{
	unsetenv("GREETING");
	WITH_ENV (greeting, "GREETING", "hello") {
		show();
		WITH_ENV (none, "GREETING", NULL)
			show();
		WITH_ENV (empty, "GREETING", "")
			show();
	} else {
		perror("GREETING");
	}
	show();
	return 0;
}
