/* SPDX-License-Identifier: MIT */
/* Write numbers with a point, whatever the user's locale, in this thread. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <with/process.h>

int main(void)
{
	setlocale(LC_ALL, "");
	WITH_LOCALE (plain, LC_NUMERIC, "C")
		printf("%.2f\n", 1.5);
	else
		perror("C");
	WITH_LOCALE (utf8, LC_CTYPE, "C.UTF-8")
		printf("%d bytes are one character\n", mblen("\xc3\xa9", 2));
	else
		perror("C.UTF-8");
	return 0;
}
