/* SPDX-License-Identifier: MIT */
/*
 * spool.c - memory, then a descriptor.
 *
 *	in memory	fd is -1; the bytes are the block's
 *	rolled		fd has them; the block is empty, or, after a write that
 *			the descriptor refused, what it refused: the bytes from
 *			block_at on, over whatever the file has there
 *
 * A roll changes nothing until the descriptor has everything.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/syscalls.h"
#include "stream/descriptor.h"
#include "stream/spool.h"

enum { LEAST = 512 };		/* bytes of the first block */

struct spool {
	struct with__bytes bytes;
	struct with__spool_how how;
	int fd;
	bool dropped;
	off_t block_at;		/* 0 in memory */
	char *block;
	size_t size;
	size_t room;
};

static struct spool *spool_of(struct with__bytes *bytes)
{
	return (struct spool *)bytes;
}

static bool exceeds(const struct spool *spool, off_t end)
{
	return spool->how.max_size && end > spool->how.max_size;
}

/* Could memory hold this? Files are larger where addresses have 32 bits. */
static bool addressable(off_t end)
{
	return end <= PTRDIFF_MAX;
}

/*
 * Make room for size bytes. It doubles, but not beyond the limit: what needs
 * more than that is the one write, and gets exactly what it needs.
 */
static int reserve(struct spool *spool, size_t size)
{
	size_t room = spool->room < LEAST / 2 ? LEAST : 2 * spool->room;
	char *block;

	if (size <= spool->room)
		return 0;
	if (exceeds(spool, (off_t)room))
		room = (size_t)spool->how.max_size;
	if (room < size)
		room = size;
	block = realloc(spool->block, room);
	if (!block)
		return -1;
	spool->block = block;
	spool->room = room;
	return 0;
}

/* Store into the block at this place of it; what it has before is zero. */
static int keep(struct spool *spool, const void *buffer, size_t size,
		size_t at)
{
	if (reserve(spool, at + size) < 0)
		return -1;
	if (at > spool->size)
		memset(spool->block + spool->size, 0, at - spool->size);
	memcpy(spool->block + at, buffer, size);
	if (at + size > spool->size)
		spool->size = at + size;
	return 0;
}

static void empty(struct spool *spool)
{
	free(spool->block);
	spool->block = NULL;
	spool->size = 0;
	spool->room = 0;
	spool->block_at = 0;
}

int with__spool_roll(struct with__bytes *bytes)
{
	struct spool *spool = spool_of(bytes);
	int saved;
	int fd;

	if (spool->fd >= 0)
		return 0;
	fd = spool->how.open(spool->how.data);
	if (fd < 0)
		return -1;
	if (with__descriptor_write(fd, spool->block, spool->size, 0) <
	    spool->size) {
		saved = errno;
		(void)with__sys.close(fd);
		errno = saved;
		return -1;
	}
	spool->fd = fd;
	empty(spool);
	return 0;
}

/* Into memory although the limit is passed, once. */
static size_t write_beyond(struct spool *spool, const void *buffer,
			   size_t size, off_t at)
{
	int error = errno;

	if (exceeds(spool, at) || exceeds(spool, (off_t)spool->size) ||
	    !addressable(at + (off_t)size))
		return 0;
	if (keep(spool, buffer, size, (size_t)at) < 0) {
		errno = error;
		return 0;
	}
	spool->bytes.late_error = error;
	return size;
}

/* Give the descriptor what it refused before. */
static int settle(struct spool *spool)
{
	size_t done;

	if (!spool->size)
		return 0;
	done = with__descriptor_write(spool->fd, spool->block, spool->size,
				      spool->block_at);
	if (done == spool->size) {
		empty(spool);
		return 0;
	}
	memmove(spool->block, spool->block + done, spool->size - done);
	spool->size -= done;
	spool->block_at += (off_t)done;
	return -1;
}

static size_t write_rolled(struct spool *spool, const void *buffer,
			   size_t size, off_t at)
{
	size_t done;
	int error;

	if (settle(spool) < 0)
		return 0;
	done = with__descriptor_write(spool->fd, buffer, size, at);
	if (done == size)
		return size;
	error = errno;
	if (keep(spool, (const char *)buffer + done, size - done, 0) < 0) {
		errno = error;
		return done;
	}
	spool->block_at = at + (off_t)done;
	spool->bytes.late_error = error;
	return size;
}

static size_t spool_write(struct with__bytes *bytes, const void *buffer,
			  size_t size, off_t at)
{
	struct spool *spool = spool_of(bytes);

	if (spool->dropped && spool->fd < 0)
		return size;
	if (at > INT64_MAX - (off_t)size) {
		errno = EFBIG;
		return 0;
	}
	if (spool->fd < 0) {
		/* Memory that cannot be had is a reason to roll, too. */
		if (!exceeds(spool, at + (off_t)size) &&
		    addressable(at + (off_t)size) &&
		    keep(spool, buffer, size, (size_t)at) == 0)
			return size;
		if (with__spool_roll(bytes) < 0)
			return write_beyond(spool, buffer, size, at);
	}
	return write_rolled(spool, buffer, size, at);
}

static off_t spool_length(struct with__bytes *bytes)
{
	struct spool *spool = spool_of(bytes);
	off_t end = spool->block_at + (off_t)spool->size;
	off_t length;

	if (spool->fd < 0)
		return end;
	length = with__descriptor_length(spool->fd);
	return length >= 0 && spool->size && end > length ? end : length;
}

/* Lay what the descriptor refused over what was read at that place. */
static ssize_t overlay(struct spool *spool, char *buffer, size_t size,
		       off_t at, ssize_t count)
{
	off_t from = spool->block_at > at ? spool->block_at : at;
	off_t to = spool->block_at + (off_t)spool->size;

	if (!spool->size || to <= at)
		return count;
	if (to > at + (off_t)size)
		to = at + (off_t)size;
	/* A hole between the end of the file and there. */
	if (at + count < to)
		memset(buffer + count, 0, (size_t)(to - at - count));
	if (from < to)
		memcpy(buffer + (from - at),
		       spool->block + (from - spool->block_at),
		       (size_t)(to - from));
	return at + count > to ? count : (ssize_t)(to - at);
}

static ssize_t spool_read(struct with__bytes *bytes, void *buffer,
			  size_t size, off_t at)
{
	struct spool *spool = spool_of(bytes);
	ssize_t count = 0;

	if (spool->fd >= 0) {
		count = with__descriptor_read(spool->fd, buffer, size, at);
		if (count < 0)
			return -1;
	}
	return overlay(spool, buffer, size, at, count);
}

static int truncate_memory(struct spool *spool, off_t length)
{
	size_t size = (size_t)length;

	if (size > spool->size) {
		if (reserve(spool, size) < 0)
			return -1;
		memset(spool->block + spool->size, 0, size - spool->size);
	}
	spool->size = size;
	return 0;
}

/* How much of what the descriptor refused lies before length. */
static size_t refused_before(const struct spool *spool, off_t length)
{
	if (length <= spool->block_at)
		return 0;
	if (length - spool->block_at >= (off_t)spool->size)
		return spool->size;
	return (size_t)(length - spool->block_at);
}

/* Give the descriptor that much of it, and keep all. */
static int write_refused(struct spool *spool, size_t size)
{
	return with__descriptor_write(spool->fd, spool->block, size,
				      spool->block_at) == size ? 0 : -1;
}

/*
 * As Python does: with a limit of 0, anything but to nothing rolls. The block
 * is given up last, since what comes before may fail.
 */
static int spool_truncate(struct with__bytes *bytes, off_t length)
{
	struct spool *spool = spool_of(bytes);

	if (spool->fd < 0 && length <= spool->how.max_size &&
	    addressable(length))
		return truncate_memory(spool, length);
	if (with__spool_roll(bytes) < 0 ||
	    write_refused(spool, refused_before(spool, length)) < 0 ||
	    WITH__RETRY(with__sys.ftruncate(spool->fd, length)) < 0)
		return -1;
	empty(spool);
	return 0;
}

static int spool_descriptor(struct with__bytes *bytes)
{
	int fd = spool_of(bytes)->fd;

	if (fd < 0)
		errno = EBADF;
	return fd;
}

static int spool_close(struct with__bytes *bytes)
{
	struct spool *spool = spool_of(bytes);
	int fd = spool->fd;

	free(spool->block);
	free(spool);
	return fd < 0 ? 0 : with__sys.close(fd);
}

bool with__spool_rolled(const struct with__bytes *bytes)
{
	return ((const struct spool *)bytes)->fd >= 0;
}

void with__spool_drop(struct with__bytes *bytes)
{
	spool_of(bytes)->dropped = true;
}

static const struct with__bytes_ops ops = {
	.read = spool_read,
	.write = spool_write,
	.length = spool_length,
	.truncate = spool_truncate,
	.descriptor = spool_descriptor,
	.close = spool_close,
};

struct with__bytes *with__spool_new(const struct with__spool_how *how)
{
	struct spool *spool = malloc(sizeof(*spool));

	if (!spool)
		return NULL;
	*spool = (struct spool) { .bytes.ops = &ops, .how = *how, .fd = -1 };
	return &spool->bytes;
}
