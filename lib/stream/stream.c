/* SPDX-License-Identifier: MIT */
/*
 * stream.c - check what a stream is to be, open it and close it.
 *
 * A buffer of a size that the caller chose is memory of ours for as long as
 * the stream lives: known.h keeps it, and with__stream_close() frees it.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include <with/options.h>

#include "base/syscalls.h"
#include "stream/known.h"
#include "stream/stream.h"

/* More would be a mistake, and some C libraries count buffers in int. */
static const long long buffer_limit = INT_MAX;

static bool is_text(const struct with__stream *how,
		    const struct with__mode *mode)
{
	return mode->text || how->encoding || how->errors || how->newline;
}

int with__stream_check(const struct with__stream *how,
		       struct with__mode *ret)
{
	struct with__mode mode;

	if (with__mode_parse(how->mode, how->append, &mode) < 0)
		return -1;
	if (how->buffering < TEMPFILE_LINE_BUFFERED ||
	    how->buffering > buffer_limit ||
	    (mode.bytes && is_text(how, &mode))) {
		errno = EINVAL;
		return -1;
	}
	if (ret)
		*ret = mode;
	return 0;
}

/* What is remembered about a stream with a buffer of ours. */
struct opened {
	struct with__known known;
	char buffer[];
};

static void set_buffering(FILE *file, long long buffering)
{
	if (buffering == TEMPFILE_UNBUFFERED)
		(void)setvbuf(file, NULL, _IONBF, 0);
	else if (buffering == TEMPFILE_LINE_BUFFERED)
		(void)setvbuf(file, NULL, _IOLBF, 0);
}

static FILE *open_sized(int fd, const char *mode, size_t size)
{
	struct opened *opened = malloc(sizeof(*opened) + size);

	if (!opened)
		return NULL;
	opened->known.file = fdopen(fd, mode);
	if (!opened->known.file) {
		free(opened);
		return NULL;
	}
	(void)setvbuf(opened->known.file, opened->buffer, _IOFBF, size);
	free(with__known_put(&opened->known));
	return opened->known.file;
}

FILE *with__stream_open(int fd, const struct with__stream *how)
{
	struct with__mode mode;
	FILE *file;

	if (with__stream_check(how, &mode) < 0)
		return NULL;
	if (is_text(how, &mode)) {
		errno = ENOSYS;
		return NULL;
	}
	if (how->buffering > 0)
		return open_sized(fd, mode.canonical, (size_t)how->buffering);
	file = fdopen(fd, mode.canonical);
	if (file)
		set_buffering(file, how->buffering);
	return file;
}

int with__stream_close(FILE *file)
{
	/* Its address may be given to another stream as soon as it is closed. */
	struct with__known *known = with__known_take(file);
	int saved = errno;
	int result = fclose(file);

	if (result == 0)
		errno = saved;
	free(known);
	return result;
}

void with__stream_discard(FILE *file)
{
	int fd = fileno(file);
	int null = with__sys.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);

	__fpurge(file);
	/* fclose() of a stream that was read seeks the shared offset back. */
	if (fd >= 0 && null >= 0)
		with__sys.dup3(null, fd, O_CLOEXEC);
	if (null >= 0)
		with__sys.close(null);
}

int with__stream_descriptor(FILE *file)
{
	return fileno(file);
}
