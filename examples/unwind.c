/* SPDX-License-Identifier: MIT */
/* Give back what a longjmp passes by, as in a test that fails in the middle. */
#define WITH_UNWINDABLE
#include <setjmp.h>
#include <stdio.h>
#include <unistd.h>

#include <with.h>

static jmp_buf failed;
static char path[4096];

static void goodbye(const char *name)
{
	printf("%s: given back\n", name);
}
WITH_DEFERRABLE(goodbye, const char *)

static void test(void)
{
	SCOPED_DEFER(goodbye, "deferred");
	WITH_TEMPDIR (dir) {
		snprintf(path, sizeof(path), "%s", dir->path);
		printf("%s is made\n", path);
		longjmp(failed, 1);
	}
}

int main(void)
{
	struct with_mark mark = with_mark();

	if (setjmp(failed) == 0)
		test();
	else
		with_unwind(mark);
	printf("%s is %s\n", path, access(path, F_OK) ? "gone" : "left");
	return 0;
}
