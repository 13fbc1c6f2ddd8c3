/* SPDX-License-Identifier: MIT */
/*
 * file.c - a stream under a guard
 *
 * What the library opened for a guard is noted in life/inherited.h, so that a
 * forked child drops what its parent has not written yet.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include <with/file.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "life/inherited.h"
#include "life/report.h"
#include "stream/file.h"
#include "stream/stream.h"

static void discard(void *file)
{
	with__stream_discard(file);
}

int with__file_note(FILE *file)
{
	return with__inherited_note(file, discard);
}

/* Before the stream: as long as it is open, its inode is its own. */
static int end_companion(FILE *file)
{
	struct with__companion *companion = with__inherited_companion(file);

	return companion ? companion->end(companion) : 0;
}

/* What a flush lost earlier is no error of fclose(), but lost all the same. */
static int close_stream(FILE *file)
{
	bool ours = with__inherited_strike(file);
	bool failed_before = ferror(file) != 0;

	if (with__stream_close(file) != 0 && ours)
		return -1;
	if (failed_before && ours) {
		errno = EIO;
		return -1;
	}
	return 0;
}

int with__file_finish(FILE *file)
{
	int saved = errno;
	int result, error;

	if (!file)
		return 0;
	result = end_companion(file);
	error = result < 0 ? errno : saved;
	if (close_stream(file) < 0 && result == 0) {
		error = errno;
		result = -1;
	}
	errno = error;
	return result;
}

static int open_flags(const struct with__mode *mode)
{
	int flags = O_CLOEXEC;

	if (!mode->writable)
		return flags | O_RDONLY;
	flags |= mode->readable ? O_RDWR : O_WRONLY;
	if (mode->canonical[0] == 'r')
		return flags;
	return flags | O_CREAT | (mode->append ? O_APPEND : O_TRUNC) |
		(mode->exclusive ? O_EXCL : 0);
}

/* Bytes: fopen() saves the system call by which fdopen() looks at the flags. */
static FILE *open_bytes(const char *path, const struct with__mode *mode)
{
	char how[8] = "";

	strcat(how, mode->canonical);
	strcat(how, mode->exclusive ? "xe" : "e");
	return fopen(path, how);
}

static FILE *open_file(const char *path, const char *mode)
{
	const struct with__stream how = { .mode = mode };
	struct with__mode parsed;
	FILE *file;
	int fd, error;

	if (!path || !mode) {
		errno = EINVAL;
		return NULL;
	}
	if (with__stream_check(&how, &parsed) < 0)
		return NULL;
	if (!parsed.text)
		return open_bytes(path, &parsed);
	fd = with__sys.openat(AT_FDCWD, path, open_flags(&parsed), 0666);
	if (fd < 0)
		return NULL;
	file = with__stream_open(fd, &how);
	if (!file) {
		error = errno;
		with__sys.close(fd);
		errno = error;
	}
	return file;
}

FILE *with_file_open(const char *path, const char *mode)
{
	WITH__NO_CANCEL;

	return open_file(path, mode);
}

FILE *with__file_begin(const char *path, const char *mode, const char *source)
{
	WITH__NO_CANCEL;
	FILE *file = open_file(path, mode);

	if (file && with__file_note(file) < 0) {
		with__stream_close(file);
		file = NULL;
		errno = ENOMEM;
	}
	if (!file)
		with__report_error("open", path ? path : "stream", errno, source);
	return file;
}

int with_file_close(FILE **file)
{
	WITH__NO_CANCEL;
	FILE *closing = *file;

	if (!closing)
		return 0;
	(void)with__leave(file);
	*file = NULL;
	return with__file_finish(closing);
}

void with__file_end(FILE *file)
{
	WITH__NO_CANCEL;
	int saved = errno;

	if (with__file_finish(file) < 0)
		with__report("close", "stream", NULL);
	errno = saved;
}
