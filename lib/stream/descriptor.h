/* SPDX-License-Identifier: MIT */
/* descriptor.h - a source of bytes over a descriptor. */
#ifndef STREAM_DESCRIPTOR_H
#define STREAM_DESCRIPTOR_H

#include "stream/bytes.h"

/*
 * with__descriptor_new - the bytes of a seekable descriptor
 *
 * The source owns fd and closes it; the offset that the descriptor has is
 * neither used nor moved. Returns NULL with ENOMEM, and fd is the caller's.
 */
struct with__bytes *with__descriptor_new(int fd);

/*
 * The same two with nothing around them, for other sources. They go on after
 * a short count and after EINTR.
 */
ssize_t with__descriptor_read(int fd, void *buffer, size_t size, off_t at);
size_t with__descriptor_write(int fd, const void *buffer, size_t size,
			      off_t at);
off_t with__descriptor_length(int fd);

#endif /* STREAM_DESCRIPTOR_H */
