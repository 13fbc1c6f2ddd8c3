/* SPDX-License-Identifier: MIT */
/*
 * stream.c - check what a stream is to be, open it and close it.
 *
 * A buffer of a size that the caller chose is memory of ours for as long as
 * the stream lives: known.h keeps it, and with__stream_close() frees it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include <with/options.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "stream/codec.h"
#include "stream/cookie.h"
#include "stream/descriptor.h"
#include "stream/known.h"
#include "stream/stream.h"
#include "stream/text.h"

/* More would be a mistake, and some C libraries count buffers in int. */
static const long long buffer_limit = INT_MAX;

static bool is_text(const struct with__stream *how,
		    const struct with__mode *mode)
{
	return mode->text || how->encoding || how->errors || how->newline;
}

static int check_text(const struct with__stream *how)
{
	WITH__NO_CANCEL;
	struct with__codec codec;

	if (with__codec_open(&codec, how->encoding, how->errors,
			     how->newline) < 0)
		return -1;
	with__codec_close(&codec);
	return 0;
}

/* All but the text options, which opening checks by itself. */
static int check(const struct with__stream *how, struct with__mode *ret)
{
	if (with__mode_parse(how->mode, how->append, ret) < 0)
		return -1;
	if (how->buffering < TEMPFILE_LINE_BUFFERED ||
	    how->buffering > buffer_limit ||
	    (ret->bytes && is_text(how, ret))) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int with__stream_check(const struct with__stream *how,
		       struct with__mode *ret)
{
	struct with__mode mode;

	if (check(how, &mode) < 0 ||
	    (is_text(how, &mode) && check_text(how) < 0))
		return -1;
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
	opened->known.kind = WITH__KNOWN_BUFFER;
	(void)setvbuf(opened->known.file, opened->buffer, _IOFBF, size);
	free(with__known_put(&opened->known));
	return opened->known.file;
}

static FILE *open_untouched(int fd, const struct with__stream *how,
			    const struct with__mode *mode)
{
	FILE *file;

	if (how->buffering > 0)
		return open_sized(fd, mode->canonical, (size_t)how->buffering);
	file = fdopen(fd, mode->canonical);
	if (file)
		set_buffering(file, how->buffering);
	return file;
}

static int prepare_cookie(struct with__cookie *cookie,
			  const struct with__stream *how,
			  const struct with__mode *mode)
{
	if (is_text(how, mode)) {
		cookie->text = with__text_open(cookie->bytes,
			&(struct with__text_how) {
				.encoding = how->encoding,
				.errors = how->errors,
				.newline = how->newline,
				.append = mode->append,
			});
		if (!cookie->text)
			return -1;
	}
	if (how->buffering >= 0)
		return with__cookie_buffer(cookie, (size_t)how->buffering);
	return 0;
}

static void free_cookie(struct with__cookie *cookie)
{
	int saved = errno;

	if (cookie->text)
		(void)with__text_close(cookie->text);
	with__cookie_free_buffer(cookie);
	free(cookie);
	errno = saved;
}

FILE *with__stream_over(struct with__bytes *bytes,
			const struct with__stream *how)
{
	WITH__NO_CANCEL;
	struct with__cookie *cookie;
	struct with__mode mode;
	FILE *file = NULL;

	if (check(how, &mode) < 0)
		return NULL;
	cookie = calloc(1, sizeof(*cookie));
	if (!cookie)
		return NULL;
	cookie->bytes = bytes;
	cookie->append = mode.append;
	if (prepare_cookie(cookie, how, &mode) == 0)
		file = with__cookie_open(cookie, mode.canonical);
	if (!file) {
		free_cookie(cookie);
		return NULL;
	}
	if (cookie->buffer)
		(void)setvbuf(file, cookie->buffer, _IOFBF,
			      cookie->sized ? (size_t)how->buffering : BUFSIZ);
	else
		set_buffering(file, how->buffering);
	return file;
}

FILE *with__stream_open_checked(int fd, const struct with__stream *how,
				const struct with__mode *mode)
{
	struct with__bytes *bytes;
	FILE *file;

	if (!is_text(how, mode))
		return open_untouched(fd, how, mode);
	bytes = with__descriptor_new(fd);
	if (!bytes)
		return NULL;
	file = with__stream_over(bytes, how);
	if (!file)
		free(bytes);
	return file;
}

FILE *with__stream_open(int fd, const struct with__stream *how)
{
	struct with__mode mode;

	return check(how, &mode) < 0 ? NULL :
	       with__stream_open_checked(fd, how, &mode);
}

int with__stream_close(FILE *file)
{
	struct with__cookie *cookie = with__cookie_of(file);
	/* Its address may be given to another stream as soon as it is closed. */
	struct with__known *known = cookie ? NULL : with__known_take(file);
	int saved = errno;
	int result = fclose(file);

	if (result == 0)
		errno = saved;
	free(known);
	return result;
}

/*
 * What a descriptor refers to is put out of reach first: from then on neither
 * purge nor close can touch the offset, whatever a C library does in them.
 */
static void hide_descriptor(int fd)
{
	int null = with__sys.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC,
				    0);

	if (null < 0)
		return;
	(void)with__sys.dup3(null, fd, O_CLOEXEC);
	(void)with__sys.close(null);
}

void with__stream_discard(FILE *file)
{
	struct with__cookie *cookie = with__cookie_of(file);
	int saved = errno;

	if (cookie) {
		cookie->discarded = true;
		if (cookie->text)
			with__text_abandon(cookie->text);
	} else if (fileno(file) >= 0) {
		hide_descriptor(fileno(file));
	}
	__fpurge(file);
	errno = saved;
}

int with__stream_descriptor(FILE *file)
{
	struct with__cookie *cookie = with__cookie_of(file);

	if (!cookie)
		return fileno(file);
	return cookie->bytes->ops->descriptor(cookie->bytes);
}

long long with__stream_place(FILE *file)
{
	struct with__cookie *cookie = with__cookie_of(file);

	if (!cookie || !cookie->text)
		return fflush(file) ? -1 : ftello(file);
	return fflush(file) ? -1 : with__text_place(cookie->text);
}

int with__stream_truncate(FILE *file, long long length)
{
	struct with__cookie *cookie = with__cookie_of(file);

	if (length < 0) {
		errno = EINVAL;
		return -1;
	}
	if (fflush(file))
		return -1;
	if (!cookie)
		return with__sys.ftruncate(fileno(file), length);
	if (cookie->text)
		return with__text_truncate(cookie->text, length);
	return cookie->bytes->ops->truncate(cookie->bytes, length);
}
