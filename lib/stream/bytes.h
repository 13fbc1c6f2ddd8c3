/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - a source of bytes: what a stream stands on.
 *
 * A source has no position; every read and write says where. There is one
 * over a descriptor (descriptor.h), and one that is memory first and a
 * descriptor later (spool.h); the layers above cannot tell which they have.
 */
#ifndef STREAM_BYTES_H
#define STREAM_BYTES_H

#include <stddef.h>
#include <sys/types.h>

struct with__bytes {
	const struct with__bytes_ops *ops;
	/*
	 * What a write that stored everything must report nevertheless; 0 if
	 * nothing. The stream above reports it once and clears it.
	 */
	int late_error;
};

struct with__bytes_ops {
	/* Fewer than size only at the end; -1 with errno. */
	ssize_t (*read)(struct with__bytes *bytes, void *buffer, size_t size,
			off_t at);
	/* How many were stored; if fewer than size, errno says why. */
	size_t (*write)(struct with__bytes *bytes, const void *buffer,
			size_t size, off_t at);
	/* How many there are; -1 with errno. */
	off_t (*length)(struct with__bytes *bytes);
	/* Cut, or fill with zeros; -1 with errno. */
	int (*truncate)(struct with__bytes *bytes, off_t length);
	/* The descriptor behind; -1 with EBADF if there is none (yet). */
	int (*descriptor)(struct with__bytes *bytes);
	/* The source is gone in any case; -1 with errno. */
	int (*close)(struct with__bytes *bytes);
};

#endif /* STREAM_BYTES_H */
