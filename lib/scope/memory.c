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

#include "base/direct.h"
#include "life/report.h"
#include "temp/options.h"

#define MAX_ERRNO 4096		/* the kernel's */

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

/* To the end of the file as it is now, or -1 with errno. */
static __attribute__((noinline)) long long
length_to_end(int fd, long long offset)
{
	struct stat st;
	long long length;

	if (with__sys.fstat(fd, &st) < 0)
		return -1;
	if (offset < 0)
		return 0;
	length = st.st_size - offset;
	/* What has no size says better itself why it cannot be mapped. */
	if (!S_ISREG(st.st_mode) && length <= 0)
		return 1;
	return length > 0 ? length : 0;
}

static __attribute__((noinline)) struct with_mmap not_mapped(int error)
{
	errno = error;
	return (struct with_mmap) { .data = NULL };
}

/* Straight on for a length that is given: see base/direct.h. */
struct with_mmap with__mmap_begin(int fd, long long length, long long offset,
				  unsigned how)
{
	bool is_given = length != 0;
	intptr_t data;

	if (__builtin_expect(!is_given, 0) && fd != -1)
		length = length_to_end(fd, offset);
	if (__builtin_expect(length <= 0 || offset < 0, 0))
		return not_mapped(length == -1 && !is_given ? errno : EINVAL);
	if (__builtin_expect((unsigned long long)length > SIZE_MAX, 0))
		return not_mapped(EOVERFLOW);
	data = with__direct_mmap((size_t)length,
				 PROT_READ | (how || fd == -1 ? PROT_WRITE : 0),
				 (how & WITH__MMAP_COPY ? MAP_PRIVATE :
				  MAP_SHARED) | (fd == -1 ? MAP_ANONYMOUS : 0),
				 fd, offset);
	if (__builtin_expect(data < 0 && data > -MAX_ERRNO, 0))
		return not_mapped((int)-data);
	return (struct with_mmap) { (void *)data, (size_t)length };
}

struct with_mmap with_mmap_open_opt(int fd,
				    const struct with_mmap_open_options *given)
{
	struct with_mmap_open_options copy;
	const struct with_mmap_open_options *options =
		with__options_known(&copy, sizeof(copy), given);

	if (!options)
		return (struct with_mmap) { .data = NULL };
	return with__mmap_begin(fd, options->length, options->offset,
				WITH__MMAP_HOW(options));
}

int with_mmap_close(struct with_mmap *map)
{
	struct with_mmap closing;

	if (!map || !map->data)
		return 0;
	closing = *map;
	(void)with__leave(map);
	*map = (struct with_mmap) { .data = NULL };
	return with__direct_result(
		with__direct_munmap(closing.data, closing.size));
}

void with__mmap_end(struct with_mmap map)
{
	int result = with__direct_munmap(map.data, map.size);

	if (result < 0)
		with__report_error("close", "mapping", -result, NULL);
}
