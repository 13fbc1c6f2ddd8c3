/* SPDX-License-Identifier: MIT */
/*
 * removing.c - removes trees, for check-rmtree-user.sh to look at from outside.
 *
 *	removing flat COUNT	a directory of so many files, made by the script
 *	removing all		a tree of every kind that the engine treats apart
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "base/syscalls.h"

static int refused_renameat(int olddir, const char *old, int newdir,
			    const char *new_name)
{
	(void)olddir;
	(void)old;
	(void)newdir;
	(void)new_name;
	errno = EXDEV;
	return -1;
}

static int refused_openat2(int dirfd, const char *name, int flags,
			   uint64_t resolve)
{
	(void)dirfd;
	(void)name;
	(void)flags;
	(void)resolve;
	errno = ENOSYS;
	return -1;
}

static int refused_unlinkat(int dirfd, const char *name, int flags)
{
	if (strcmp(name, "7") != 0)
		return unlinkat(dirfd, name, flags);
	errno = EPERM;
	return -1;
}

static int hear(const char *path, int error, void *data)
{
	(void)error;
	*(size_t *)data += strlen(path);
	return 0;
}

/* Files, and directories, and more of both below, for 20 levels. */
static void make(void)
{
	int fd, below;

	if (mkdir("root", 0700) < 0)
		return;
	fd = open("root", O_DIRECTORY | O_CLOEXEC);
	for (unsigned level = 0; level < 20; level++) {
		for (unsigned i = 0; i < 40; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%u", i);
			close(openat(fd, name, O_CREAT | O_WRONLY | O_CLOEXEC,
				     0600));
			snprintf(name, sizeof(name), "d%u", i);
			(void)!mkdirat(fd, name, i % 3 ? 0700 : 0);
		}
		(void)!mkdirat(fd, "below", 0700);
		below = openat(fd, "below", O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = below;
	}
	close(fd);
}

static int remove_all(void)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	size_t told = 0;
	int result;

	make();
	with__sys.unlinkat = refused_unlinkat;
	options.on_error = hear;
	options.data = &told;
	result = with__rmtree("root", &options) == -1 && told > 0 ? 0 : 1;
	with__sys.renameat = refused_renameat;
	with__sys.openat2 = refused_openat2;
	result |= with__rmtree("root", &options) == -1 ? 0 : 1;
	with__sys.unlinkat = unlinkat;
	options.threads = 2;
	result |= with__rmtree("root", &options);
	make();
	return result | with__remove("root", NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "all") == 0)
		return remove_all() ? 1 : 0;
	return with__rmtree("flat", NULL) ? 1 : 0;
}
