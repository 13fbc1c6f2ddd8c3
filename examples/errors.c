/* SPDX-License-Identifier: MIT */
/* See what each error looks like: no resource, and errno says why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

static void show(const char *what, struct tempfile_named *tmp)
{
	printf("%-22s %s\n", what, tmp ? tmp->path : strerror(errno));
	tempfile_named_close(&tmp);
}

int main(void)
{
	struct rlimit limit, none = { 0, 0 };
	char long_name[301] = "";

	SCOPED_TEMPDIR(dir);
	SCOPED_TEMPDIR(locked, .permissions = 0500);
	SCOPED_NAMED_TMP(one, .inside = dir, .prefix = "one",
			 .random_length = TEMPFILE_EXACT_NAME);
	if (!dir || !locked || !one)
		return 1;

	memset(long_name, 'x', 300);
	show("missing directory:", tempfile_named_open(.dir = "/missing"));
	show("file as directory:", tempfile_named_open(.dir = one->path));
	show("slash in a prefix:", tempfile_named_open(.prefix = "a/b"));
	show("mode of no meaning:", tempfile_named_open(.mode = "q"));
	show("name too long:", tempfile_named_open(.prefix = long_name));
	show("name that is taken:",
	     tempfile_named_open(.inside = dir, .prefix = "one",
				 .random_length = TEMPFILE_EXACT_NAME));

	/* Root may write everywhere; be somebody else for this one. */
	if (geteuid() == 0 && seteuid(65534))
		return 1;
	show("not allowed to write:", tempfile_named_open(.inside = locked));
	if (geteuid() != getuid() && seteuid(getuid()))
		return 1;

	getrlimit(RLIMIT_NOFILE, &limit);
	none.rlim_max = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	show("no descriptor left:", tempfile_named_open());
	setrlimit(RLIMIT_NOFILE, &limit);

	/* Another thing in the place of ours is not ours to remove. */
	if (unlink(one->path) || mkdir(one->path, 0700))
		return 1;
	if (tempfile_named_close(&one))
		printf("%-22s %s\n", "replaced meanwhile:", strerror(errno));
	return 0;
}
