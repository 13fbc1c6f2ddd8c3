/* SPDX-License-Identifier: MIT */
/* Write and read UTF-8, while the file holds another encoding and newlines. */
#include <stdio.h>

#include <with.h>

static void show_bytes(const char *path)
{
	int byte;

	WITH_FILE (in, path, "rb")
		while ((byte = getc(in)) != EOF)
			printf(" %02x", (unsigned)byte);
	putchar('\n');
}

static void try(const char *encoding, const char *newline, const char *text)
{
	char line[80] = "";

	WITH_NAMED_TMP (tmp, .encoding = encoding, .newline = newline) {
		if (fputs(text, tmp->file) < 0 || fflush(tmp->file)) {
			perror(encoding);
			return;
		}
		printf("%-10s", encoding);
		show_bytes(tmp->path);

		rewind(tmp->file);
		if (!newline && fgets(line, sizeof(line), tmp->file))
			printf("  read back: %s", line);
	} else {
		perror(encoding);
	}
}

int main(void)
{
	try("utf-8", NULL, "caf\303\251\n");	/* an e with an acute accent */
	try("latin-1", NULL, "caf\303\251\n");
	try("utf-16-be", NULL, "caf\303\251\n");
	try("shift_jis", NULL, "\346\227\245\346\234\254\n");	/* Japan */
	try("utf-8", "\r\n", "one\ntwo\n");
	return 0;
}
