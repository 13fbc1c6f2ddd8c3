/* SPDX-License-Identifier: MIT */
/* descriptor.c - positioned reads and writes, complete or explained. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/syscalls.h"
#include "stream/descriptor.h"

struct descriptor {
	struct with__bytes bytes;
	int fd;
};

static int fd_of(struct with__bytes *bytes)
{
	return ((struct descriptor *)bytes)->fd;
}

ssize_t with__descriptor_read(int fd, void *buffer, size_t size, off_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = with__sys.pread(fd, (char *)buffer + done,
						size - done, at + (off_t)done);

		if (count < 0 && errno == EINTR)
			continue;
		/* What was read before the error is handed out first. */
		if (count < 0 && !done)
			return -1;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	return (ssize_t)done;
}

size_t with__descriptor_write(int fd, const void *buffer, size_t size,
			      off_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = with__sys.pwrite(fd,
						 (const char *)buffer + done,
						 size - done,
						 at + (off_t)done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			break;
		if (count == 0) {
			errno = ENOSPC;
			break;
		}
		done += (size_t)count;
	}
	return done;
}

off_t with__descriptor_length(int fd)
{
	struct stat st;

	return with__sys.fstat(fd, &st) < 0 ? -1 : st.st_size;
}

static ssize_t descriptor_read(struct with__bytes *bytes, void *buffer,
			       size_t size, off_t at)
{
	return with__descriptor_read(fd_of(bytes), buffer, size, at);
}

static size_t descriptor_write(struct with__bytes *bytes, const void *buffer,
			       size_t size, off_t at)
{
	return with__descriptor_write(fd_of(bytes), buffer, size, at);
}

static off_t descriptor_length(struct with__bytes *bytes)
{
	return with__descriptor_length(fd_of(bytes));
}

static int descriptor_truncate(struct with__bytes *bytes, off_t length)
{
	return WITH__RETRY(with__sys.ftruncate(fd_of(bytes), length));
}

static int descriptor_close(struct with__bytes *bytes)
{
	int fd = fd_of(bytes);

	free(bytes);
	return with__sys.close(fd);
}

static const struct with__bytes_ops ops = {
	.read = descriptor_read,
	.write = descriptor_write,
	.length = descriptor_length,
	.truncate = descriptor_truncate,
	.descriptor = fd_of,
	.close = descriptor_close,
};

struct with__bytes *with__descriptor_new(int fd)
{
	struct descriptor *descriptor = malloc(sizeof(*descriptor));

	if (!descriptor)
		return NULL;
	*descriptor = (struct descriptor) { .bytes.ops = &ops, .fd = fd };
	return &descriptor->bytes;
}
