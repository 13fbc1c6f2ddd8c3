/* SPDX-License-Identifier: MIT */
/* memory.c - strings and mappings that a scope owns */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include <with/memory.h>

#include "base/syscalls.h"
#include "temp/options.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

char *with_string_open(const char *format, ...)
{
	char *string = NULL;
	va_list arguments;
	int length;

	if (!format) {
		errno = EINVAL;
		return NULL;
	}
	va_start(arguments, format);
	length = vasprintf(&string, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : string;
}

/* How many bytes there are to map, or -1 with errno. */
static long long length_of(int fd, const struct with_mmap_open_options *options)
{
	long long length = options->length;
	struct stat st;

	if (length == 0 && fd >= 0) {
		if (with__sys.fstat(fd, &st) < 0)
			return -1;
		length = st.st_size - options->offset;
		/* What has no size says better itself why it cannot be mapped. */
		if (!S_ISREG(st.st_mode) && length <= 0)
			length = 1;
	}
	if (length <= 0 || options->offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if ((unsigned long long)length > SIZE_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	return length;
}

struct with_mmap with_mmap_open_opt(int fd,
				    const struct with_mmap_open_options *given)
{
	struct with_mmap map = { .data = NULL };
	struct with_mmap_open_options copy;
	const struct with_mmap_open_options *options =
		with__options_known(&copy, sizeof(copy), given);
	bool anonymous = fd == -1;
	int protection = PROT_READ, flags;
	long long length;
	void *data;

	if (!options)
		return map;
	length = length_of(fd, options);
	if (length < 0)
		return map;
	if (options->writable || options->copy || anonymous)
		protection |= PROT_WRITE;
	flags = (options->copy ? MAP_PRIVATE : MAP_SHARED) |
		(anonymous ? MAP_ANONYMOUS : 0);
	data = mmap(NULL, (size_t)length, protection, flags, fd, options->offset);
	if (data != MAP_FAILED) {
		map.data = data;
		map.size = (size_t)length;
	}
	return map;
}

int with_mmap_close(struct with_mmap *map)
{
	struct with_mmap closing;

	if (!map || !map->data)
		return 0;
	closing = *map;
	(void)with__leave(map);
	*map = (struct with_mmap) { .data = NULL };
	return munmap(closing.data, closing.size);
}

void with__mmap_end(struct with_mmap map)
{
	int saved = errno;

	if (munmap(map.data, map.size) < 0)
		with__report("close", "mapping", NULL);
	errno = saved;
}
