/* SPDX-License-Identifier: MIT */
/* Say what becomes of characters that an encoding does not have. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <with.h>

static void try(const char *errors, const char *text)
{
	char line[80] = "";

	WITH_NAMED_TMP (tmp, .encoding = "ascii", .errors = errors) {
		fputs(text, tmp->file);
		if (fflush(tmp->file))
			printf("%-18s %s\n", errors, strerror(errno));
		clearerr(tmp->file);
		WITH_FILE (in, tmp->path, "rb")
			if (fgets(line, sizeof(line), in))
				printf("%-18s the file has: %s\n", errors, line);
	} else {
		perror(errors);
	}
}

int main(void)
{
	static const char *handlers[] = { "strict", "ignore", "replace",
					  "backslashreplace",
					  "xmlcharrefreplace" };

	for (int i = 0; i < 5; i++)
		try(handlers[i], "5 \342\202\254 each");	/* a euro sign */
	return 0;
}
