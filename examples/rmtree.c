/* SPDX-License-Identifier: MIT */
/* Remove a whole tree, and nothing that its links point to. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

static bool make_tree(struct tempfile_dir *dir)
{
	WITH_FILE (out, tempfile_dir_join(dir, "precious.txt"), "w")
		fputs("to be kept\n", out);
	return mkdir(tempfile_dir_join(dir, "tree"), 0700) == 0 &&
	       mkdir(tempfile_dir_join(dir, "tree/branch"), 0700) == 0 &&
	       symlink("../../precious.txt",
		       tempfile_dir_join(dir, "tree/branch/link")) == 0 &&
	       chmod(tempfile_dir_join(dir, "tree/branch"), 0) == 0;
}

static void show(struct tempfile_dir *dir, const char *name)
{
	const char *path = tempfile_dir_join(dir, "%s", name);

	printf("%s is %s\n", name, access(path, F_OK) ? "gone" : "there");
}

int main(void)
{
	WITH_TEMPDIR (dir) {
		const char *tree = tempfile_dir_join(dir, "tree");

		if (!make_tree(dir) || tempfile_rmtree(tree)) {
			perror("tree");
			return 1;
		}
		show(dir, "tree");
		show(dir, "precious.txt");
		if (tempfile_rmtree(tree))
			printf("again: %s\n", strerror(errno));
		if (tempfile_rmtree(tree, .missing_ok = true) == 0)
			puts("again, with .missing_ok: success");
	} else {
		perror("directory");
		return 1;
	}
	return 0;
}
