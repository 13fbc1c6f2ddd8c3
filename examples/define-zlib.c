/* SPDX-License-Identifier: MIT */
/* Give zlib's gzFile a guard: compress a line, and read it again. */
#include <stdio.h>
#include <string.h>
#include <with.h>
#include <zlib.h>

WITH_DEFINE(my_gz, gzFile, gzopen, gzclose)

int main(void)
{
	char line[40] = "";

	WITH_TEMPDIR (dir) {
		const char *path = tempfile_dir_join(dir, "line.gz");

		WITH (my_gz, out, path, "wb") {
			gzputs(out, "compressed\n");
			printf("closed: %d\n", my_gz_close(&out));
		} else {
			perror(path);
		}
		WITH (my_gz, in, path, "rb")
			fputs(gzgets(in, line, sizeof(line)), stdout);
		WITH (my_gz, in, "/nonexistent", "rb")
			puts("opened");
		else
			puts("not there");
	}
	return 0;
}
