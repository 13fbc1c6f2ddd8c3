/* SPDX-License-Identifier: MIT */
/* trees.c - trees for the tests of removal. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

int trees_check(int result, const char *call)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", call, strerror(errno));
		abort();
	}
	return result;
}

void trees_begin(void)
{
	trees_must(chdir(testing_tmpdir()));
}

void trees_file(const char *path)
{
	close(trees_must(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
			      0644)));
}

void trees_directory(const char *path)
{
	trees_must(mkdir(path, 0755));
}

bool trees_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void trees_files(const char *path, unsigned count)
{
	char name[4096];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%u", path, i);
		trees_file(name);
	}
}

void trees_links(const char *path, unsigned count)
{
	char name[4096], first[4096];

	if (count == 0)
		return;
	trees_files(path, 1);
	snprintf(first, sizeof(first), "%s/0", path);
	for (unsigned i = 1; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%u", path, i);
		trees_must(link(first, name));
	}
}

void trees_directories(const char *path, unsigned count)
{
	char name[4096];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/d%u", path, i);
		trees_directory(name);
	}
}

/* A few levels at a time, or opening each takes as long as making it. */
void trees_chain(const char *path, const char *name, unsigned depth)
{
	int fd = AT_FDCWD, below;
	size_t length = strlen(path);
	char way[4096];

	memcpy(way, path, length + 1);
	trees_directory(path);
	for (unsigned level = 1; level <= depth; level++) {
		length += (size_t)snprintf(way + length, sizeof(way) - length,
					   "/%s", name);
		trees_must(mkdirat(fd, way, 0755));
		if (level % 8 != 0)
			continue;
		below = trees_must(openat(fd, way, O_PATH | O_CLOEXEC));
		if (fd >= 0)
			close(fd);
		fd = below;
		length = 1;
		strcpy(way, ".");
	}
	if (fd >= 0)
		close(fd);
}

unsigned trees_bush(const char *path, unsigned width, unsigned files,
		    unsigned depth)
{
	unsigned objects = 1 + files;
	char name[4096];

	trees_directory(path);
	trees_files(path, files);
	for (unsigned i = 0; depth > 0 && i < width; i++) {
		snprintf(name, sizeof(name), "%s/d%u", path, i);
		objects += trees_bush(name, width, files, depth - 1);
	}
	return objects;
}

/* One rmdir() in vain and one status, and more where levels are left. */
double trees_calls_of_old_kernel(void)
{
	int fd = with__sys.openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		return 2.3;
	close(fd);
	return 0;
}

void trees_descriptors(int count)
{
	static struct rlimit at_first;
	struct rlimit limit;
	int lowest;

	if (!at_first.rlim_cur)
		trees_must(getrlimit(RLIMIT_NOFILE, &at_first));
	trees_must(setrlimit(RLIMIT_NOFILE, &at_first));
	if (count == 0)
		return;
	lowest = trees_must(open("/", O_PATH | O_CLOEXEC));
	close(lowest);
	limit = at_first;
	limit.rlim_cur = (rlim_t)(lowest + (count > 0 ? count : 0));
	trees_must(setrlimit(RLIMIT_NOFILE, &limit));
}

ssize_t trees_getdents64_without_types(int fd, void *buffer, size_t size)
{
	ssize_t got = syscall(SYS_getdents64, fd, buffer, size);
	char *entry = buffer;

	while (got > 0 && entry < (char *)buffer + got) {
		uint16_t length;

		memcpy(&length, entry + 16, sizeof(length));
		entry[18] = DT_UNKNOWN;
		entry += length;
	}
	return got;
}

int trees_refused_renameat(int olddir, const char *old, int newdir,
			   const char *new_name)
{
	(void)olddir;
	(void)old;
	(void)newdir;
	(void)new_name;
	errno = EXDEV;
	return -1;
}

void trees_no_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { .effective = 0 } };

	trees_must(chown(testing_tmpdir(), geteuid(), getegid()));
	trees_must((int)syscall(SYS_capset, &header, none));
}

void trees_clear(const char *path)
{
	struct dirent *entry;
	DIR *stream;

	if (unlink(path) == 0 || rmdir(path) == 0 || errno == ENOENT)
		return;
	(void)chmod(path, 0700);
	stream = opendir(path);
	trees_must(stream ? 0 : -1);
	while ((entry = readdir(stream))) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			trees_clear(name);
	}
	closedir(stream);
	trees_must(rmdir(path));
}

static void picture(FILE *out, const char *path)
{
	struct dirent **entries;
	struct stat st;
	int count;

	trees_must(lstat(path, &st));
	fprintf(out, "%s %o %llu\n", path, (unsigned)st.st_mode,
		(unsigned long long)st.st_ino);
	if (!S_ISDIR(st.st_mode))
		return;
	count = trees_must(scandir(path, &entries, NULL, alphasort));
	for (int i = 0; i < count; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (strcmp(entries[i]->d_name, ".") != 0 &&
		    strcmp(entries[i]->d_name, "..") != 0)
			picture(out, name);
		free(entries[i]);
	}
	free(entries);
}

char *trees_picture(const char *path)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	trees_must(out ? 0 : -1);
	picture(out, path);
	fclose(out);
	return text;
}
