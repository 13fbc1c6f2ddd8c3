/* SPDX-License-Identifier: MIT */
/*
 * cookie.c - what stdio calls when it wants bytes of a stream of ours.
 *
 * The C libraries do not agree on how a write fails: glibc wants a count that
 * is too small, and never a negative one; musl takes any count for success
 * and wants -1, and the BSDs too. Whatever they do with their buffer then,
 * they ask for the position when they next need it.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/cookie.h"

/*
 * A buffer that a closed stream has left for the next. malloc() keeps nothing
 * of this size at hand: to take it from the heap and give it back each time
 * was a fifth of all that a small spooled file costs.
 */
static _Atomic(char *) spare_buffer;

int with__cookie_buffer(struct with__cookie *cookie, size_t size)
{
	cookie->sized = size > 0;
	if (!cookie->sized)
		cookie->buffer = atomic_exchange(&spare_buffer, NULL);
	if (!cookie->buffer)
		cookie->buffer = malloc(size ? size : BUFSIZ);
	return cookie->buffer ? 0 : -1;
}

void with__cookie_free_buffer(struct with__cookie *cookie)
{
	char *none = NULL;

	if (cookie->sized || !cookie->buffer ||
	    !atomic_compare_exchange_strong(&spare_buffer, &none,
					    cookie->buffer))
		free(cookie->buffer);
	cookie->buffer = NULL;
}

static off_t append_position(struct with__cookie *cookie)
{
	return cookie->append ?
		cookie->bytes->ops->length(cookie->bytes) : cookie->position;
}

/* Untouched bytes: how many were taken; if fewer than size errno is set. */
static size_t write_bytes(struct with__cookie *cookie, const char *buffer,
			  size_t size)
{
	struct with__bytes *bytes = cookie->bytes;
	off_t at = append_position(cookie);
	size_t done;

	if (at < 0)
		return 0;
	done = bytes->ops->write(bytes, buffer, size, at);
	cookie->position = at + (off_t)done;
	if (done == size && bytes->late_error) {
		/* All is stored, and something is to be reported. */
		errno = bytes->late_error;
		bytes->late_error = 0;
		return size - 1;
	}
	return done;
}

static ssize_t read_bytes(struct with__cookie *cookie, char *buffer,
			  size_t size)
{
	ssize_t count = cookie->bytes->ops->read(cookie->bytes, buffer, size,
						 cookie->position);

	if (count > 0)
		cookie->position += count;
	return count;
}

static off_t seek_bytes(struct with__cookie *cookie, off_t offset, int whence)
{
	off_t base = 0;

	if (whence == SEEK_CUR)
		base = cookie->position;
	else if (whence == SEEK_END)
		base = cookie->bytes->ops->length(cookie->bytes);
	if (base < 0)
		return -1;
	if (offset < -base || offset > INT64_MAX - base) {
		errno = offset < 0 ? EINVAL : EOVERFLOW;
		return -1;
	}
	cookie->position = base + offset;
	return cookie->position;
}

static ssize_t cookie_read(void *data, char *buffer, size_t size)
{
	struct with__cookie *cookie = data;

	if (cookie->discarded)
		return 0;
	return cookie->text ? with__text_read(cookie->text, buffer, size) :
		read_bytes(cookie, buffer, size);
}

static ssize_t cookie_write(void *data, const char *buffer, size_t size)
{
	struct with__cookie *cookie = data;
	size_t done;

	if (cookie->discarded || !size)
		return (ssize_t)size;
	done = cookie->text ? with__text_write(cookie->text, buffer, size) :
		write_bytes(cookie, buffer, size);
#ifndef __GLIBC__
	if (done < size)
		return -1;
#endif
	return (ssize_t)done;
}

static off_t cookie_seek(void *data, off_t offset, int whence)
{
	struct with__cookie *cookie = data;

	if (cookie->discarded)
		return 0;
	return cookie->text ? with__text_seek(cookie->text, offset, whence) :
		seek_bytes(cookie, offset, whence);
}

static int cookie_close(void *data)
{
	struct with__cookie *cookie = data;
	int saved = errno;
	int result = 0;
	int closed;

	(void)with__known_take(cookie->known.file);
	if (cookie->text) {
		result = with__text_close(cookie->text);
		saved = result < 0 ? errno : saved;
	}
	closed = cookie->bytes->ops->close(cookie->bytes);
	if (closed < 0 && result == 0) {
		result = -1;
		saved = errno;
	}
	with__cookie_free_buffer(cookie);
	free(cookie);
	errno = saved;
	return result;
}

#if defined(HAVE_FOPENCOOKIE)
#ifdef __GLIBC__
typedef off64_t cookie_offset;
#else
typedef off_t cookie_offset;
#endif

static int cookie_seek_in_place(void *data, cookie_offset *offset, int whence)
{
	off_t position = cookie_seek(data, (off_t)*offset, whence);

	if (position < 0)
		return -1;
	*offset = position;
	return 0;
}

static FILE *open_stream(struct with__cookie *cookie, const char *mode)
{
	return fopencookie(cookie, mode, (cookie_io_functions_t) {
		.read = cookie_read,
		.write = cookie_write,
		.seek = cookie_seek_in_place,
		.close = cookie_close,
	});
}
#elif defined(HAVE_FUNOPEN)
static int bsd_read(void *data, char *buffer, int size)
{
	return (int)cookie_read(data, buffer, (size_t)size);
}

static int bsd_write(void *data, const char *buffer, int size)
{
	return (int)cookie_write(data, buffer, (size_t)size);
}

static off_t bsd_seek(void *data, off_t offset, int whence)
{
	return cookie_seek(data, offset, whence);
}

/* The mode says which functions there are, and appending is done by ours. */
static FILE *open_stream(struct with__cookie *cookie, const char *mode)
{
	bool update = strchr(mode, '+');

	return funopen(cookie, *mode == 'r' || update ? bsd_read : NULL,
		       *mode != 'r' || update ? bsd_write : NULL, bsd_seek,
		       cookie_close);
}
#else
#error "a stream of our own needs fopencookie() or funopen()"
#endif

FILE *with__cookie_open(struct with__cookie *cookie, const char *mode)
{
	FILE *file = open_stream(cookie, mode);

	if (!file)
		return NULL;
	cookie->known.file = file;
	cookie->known.kind = WITH__KNOWN_COOKIE;
	/* Whatever was there has been closed by plain fclose(). */
	free(with__known_put(&cookie->known));
	return file;
}

struct with__cookie *with__cookie_of(FILE *file)
{
	struct with__known *known = with__known_get(file);

	return known && known->kind == WITH__KNOWN_COOKIE ?
		(struct with__cookie *)known : NULL;
}
