/* SPDX-License-Identifier: MIT */
/* Leave nothing behind, not even when a signal ends the program. */
#include <signal.h>
#include <stdio.h>

#include <with.h>

int main(void)
{
	if (with_cleanup_on_signals(NULL, 0)) {
		perror("signals");
		return 1;
	}
	WITH_TEMPDIR (dir, .prefix = "job_") {
		WITH_FILE (out, tempfile_dir_join(dir, "half"), "w")
			fputs("half of what was to be done\n", out);
		printf("%s\n", dir->path);
		fflush(stdout);
		raise(SIGTERM);		/* as Ctrl-C or kill would */
		puts("this is never reached");
	} else {
		perror("directory");
	}
	return 1;
}
