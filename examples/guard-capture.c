/* SPDX-License-Identifier: MIT */
/* Catch what a function and a child process print, and count the lines. */
#include <stdio.h>
#include <stdlib.h>
#include <with/capture.h>

static int lines(const char *text)
{
	int count = 0;

	for (; text && *text; text++)
		count += *text == '\n';
	return count;
}

int main(void)
{
	int count = -1;

	WITH_CAPTURE (out, stdout) {
		puts("from stdio");
		fflush(stdout);
		if (system("echo from a child") == 0)
			count = lines(with_capture_text(out));
		puts("and this is never seen");
	} else {
		perror("capture");
	}
	printf("%d lines\n", count);

	WITH_CAPTURE_FD (errors, 2) {
		if (system("echo not for the terminal >&2") == 0)
			printf("caught: %s", with_capture_text(errors));
	}
	return 0;
}
