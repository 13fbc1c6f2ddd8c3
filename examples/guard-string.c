/* SPDX-License-Identifier: MIT */
/* Build the name of a file from parts, and hand it out of the function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <with/memory.h>

static char *log_name(const char *directory, int day)
{
	SCOPED_STRING(name, "%s/day-%02d.log", directory, day);

	if (name && strlen(name) > 40)
		return NULL;		/* the string is freed */
	return with_string_steal(&name);
}

int main(void)
{
	WITH_MEMORY (name, log_name("/var/log/app", 7))
		puts(name);
	WITH_MEMORY (name, log_name("/a/very/long/directory/name/for/a/log", 8))
		puts(name);
	else
		puts("too long");
	return 0;
}
