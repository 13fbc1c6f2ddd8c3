/* SPDX-License-Identifier: MIT */
/* persisting.c - named and anonymous temporaries for the tests of persist. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/syscalls.h"
#include "persisting.h"

static int (*real_openat)(int dirfd, const char *name, int flags, mode_t mode);

static int openat_without_tmpfile(int dirfd, const char *name, int flags,
				  mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real_openat(dirfd, name, flags, mode);
}

void persisting_names_only(bool on)
{
	if (on && with__sys.openat != openat_without_tmpfile) {
		real_openat = with__sys.openat;
		with__sys.openat = openat_without_tmpfile;
	} else if (!on && with__sys.openat == openat_without_tmpfile) {
		with__sys.openat = real_openat;
	}
}

bool persisting_open(struct persisting *ret, enum persisting_kind kind,
		     const char *content)
{
	*ret = (struct persisting) { .kind = kind };
	if (kind == PERSISTING_NAMED) {
		ret->named = tempfile_named_open();
		ret->file = ret->named ? ret->named->file : NULL;
	} else {
		persisting_names_only(kind == PERSISTING_LATE_NAME);
		ret->file = tempfile_open(.persistable = true);
		persisting_names_only(false);
	}
	return ret->file && fputs(content, ret->file) >= 0;
}

int persisting_persist(struct persisting *subject, const char *target,
		       unsigned flags)
{
	if (subject->named)
		return tempfile_named_persist(subject->named, target, flags);
	return tempfile_persist(subject->file, target, flags);
}

int persisting_close(struct persisting *subject)
{
	if (subject->named)
		return tempfile_named_close(&subject->named);
	return with_file_close(&subject->file);
}

bool persisting_write(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	return file && fputs(content, file) >= 0 && fclose(file) == 0;
}

bool persisting_has(const char *path, const char *content)
{
	char found[64] = "";
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return false;
	length = fread(found, 1, sizeof(found) - 1, file);
	fclose(file);
	return length == strlen(content) && memcmp(found, content, length) == 0;
}
