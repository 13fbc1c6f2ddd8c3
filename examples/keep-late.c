/* SPDX-License-Identifier: MIT */
/* Decide at the end whether a log is worth keeping: only if a job failed. */
#include <stdbool.h>
#include <stdio.h>

#include <with.h>

static bool job(FILE *log, int number)
{
	fprintf(log, "job %d: %s\n", number, number == 2 ? "failed" : "done");
	return number != 2;
}

static void run(int number)
{
	WITH_NAMED_TMP (log, .prefix = "job_", .suffix = ".log", .mode = "w") {
		if (job(log->file, number)) {
			printf("job %d is done\n", number);
		} else {
			tempfile_named_keep(log);
			printf("job %d failed, see\n%s\n", number, log->path);
		}
	} else {
		perror("log");
	}
}

int main(void)
{
	for (int number = 1; number <= 3; number++)
		run(number);
	return 0;
}
