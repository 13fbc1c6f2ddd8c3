/* SPDX-License-Identifier: MIT */
/* test-scope-memory.c - WITH_MEMORY, WITH_STRING, WITH_MMAP */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The guards of this program free by way of this. */
static int freed;

static void counting_free(void *memory)
{
	freed++;
	free(memory);
	errno = EBADMSG;	/* as a free() may that is older than POSIX.2024 */
}
#define free counting_free
#include <with/memory.h>
#undef free

#include <with/descriptor.h>

#include "base/syscalls.h"
#include "hook.h"
#include "testing.h"

/* More than there is, unknown to the compiler. */
static volatile size_t too_much = SIZE_MAX / 2 + 1;

START_TEST(memory_has_the_type_of_its_expression_and_is_freed)
{
	freed = 0;
	WITH_MEMORY (numbers, (int *)calloc(10, sizeof(int))) {
		numbers[9]++;
		ck_assert_int_eq(numbers[9], 1);
		ck_assert_uint_eq(sizeof(*numbers), sizeof(int));
	} else {
		ck_abort_msg("no memory");
	}
	ck_assert_int_eq(freed, 1);
	WITH_MEMORY (text, strdup("text")) {
		ck_assert_str_eq(text, "text");
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_eq(freed, 2);
	{
		SCOPED_MEMORY(bytes, malloc(10));
		ck_assert_ptr_nonnull(bytes);
		memset(bytes, 1, 10);
	}
	ck_assert_int_eq(freed, 3);
}
END_TEST

START_TEST(memory_that_is_not_there_runs_the_else_arm)
{
	hook_listen();
	errno = 0;
	freed = 0;
	WITH_MEMORY (bytes, malloc(too_much)) {
		ck_abort_msg("there is %p", bytes);
	} else {
		ck_assert_ptr_null(bytes);
		ck_assert_int_eq(errno, ENOMEM);
	}
	ck_assert_str_eq(hook_heard(), "open with_memory 12 at a line");
	ck_assert_int_eq(freed, 0);
}
END_TEST

static void *stolen(void)
{
	SCOPED_MEMORY(bytes, malloc(10));
	return with_memory_steal(&bytes);
}

START_TEST(memory_is_closed_once_or_stolen)
{
	char *text = NULL;
	void *bytes;

	freed = 0;
	ck_assert_int_eq(with_memory_close(NULL), 0);
	ck_assert_int_eq(with_string_close(NULL), 0);
	WITH_MEMORY (closing, malloc(10)) {
		ck_assert_int_eq(with_memory_close(&closing), 0);
		ck_assert_ptr_null(closing);
		ck_assert_int_eq(freed, 1);
	}
	ck_assert_int_eq(freed, 1);
	bytes = stolen();
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(freed, 1);
	free(bytes);
	WITH_MEMORY (given, strdup("given")) {
		text = with_steal(given);
		ck_assert_ptr_null(given);
	}
	ck_assert_int_eq(freed, 1);
	free(text);
}
END_TEST

START_TEST(memory_grows_and_shrinks_under_its_guard)
{
	char *null = NULL;

	freed = 0;
	WITH_MEMORY (text, strdup("text")) {
		ck_assert_int_eq(with_memory_resize(&text, 1 << 20), 0);
		ck_assert_str_eq(text, "text");
		memset(text, 'x', 1 << 20);
		ck_assert_int_eq(with_memory_resize(&text, too_much), -1);
		ck_assert_int_eq(errno, ENOMEM);
		ck_assert_int_eq(with_memory_resize(&text, 0), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(text[(1 << 20) - 1], 'x');
		ck_assert_int_eq(with_memory_resize(&text, 4), 0);
		ck_assert_mem_eq(text, "xxxx", 4);
	}
	ck_assert_int_eq(freed, 1);
	errno = 0;
	ck_assert_int_eq(with_memory_resize(&null, 4), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(string_is_built_with_its_format)
{
	const char *null = NULL;
	char *text = NULL;

	freed = 0;
	WITH_STRING (string, "%s-%03d", "part", 7)
		ck_assert_str_eq(string, "part-007");
	else
		ck_abort_msg("no string");
	ck_assert_int_eq(freed, 1);
	{
		SCOPED_STRING(string, "plain");
		ck_assert_str_eq(string, "plain");
		ck_assert_int_eq(with_string_close(&string), 0);
		ck_assert_ptr_null(string);
		ck_assert_int_eq(freed, 2);
	}
	ck_assert_int_eq(freed, 2);
	WITH_STRING (string, "%0*d", 10000, 1) {
		ck_assert_uint_eq(strlen(string), 10000);
		text = with_string_steal(&string);
		ck_assert_ptr_null(string);
	}
	ck_assert_int_eq(freed, 2);
	free(text);
	errno = 0;
	hook_listen();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
	WITH_STRING (string, null)
		ck_abort_msg("there is %s", string);
	else
		ck_assert_int_eq(errno, EINVAL);
#pragma GCC diagnostic pop
	ck_assert_str_eq(hook_heard(), "open with_string 22 at a line");
}
END_TEST

static int file_with(const char *text)
{
	int fd = open(testing_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	return fd;
}

static int is_mapped(void *data)
{
	unsigned char in_core;

	return mincore(data, 1, &in_core) == 0;
}

START_TEST(mapping_shows_the_file_and_ends_with_its_block)
{
	void *data = NULL;

	WITH_FD_FROM (fd, file_with("0123456789")) {
		WITH_MMAP (map, fd) {
			data = map.data;
			ck_assert_uint_eq(map.size, 10);
			ck_assert_mem_eq(map.data, "0123456789", 10);
		} else {
			ck_abort_msg("%s", strerror(errno));
		}
		ck_assert(!is_mapped(data));
		SCOPED_MMAP(map, fd, .length = 3);
		ck_assert_uint_eq(map.size, 3);
		ck_assert_int_eq(with_mmap_close(&map), 0);
		ck_assert_ptr_null(map.data);
		ck_assert_int_eq(with_mmap_close(&map), 0);
	}
}
END_TEST

START_TEST(mapping_is_written_to_the_file_or_copied)
{
	char byte;

	WITH_FD_FROM (fd, file_with("0123456789")) {
		WITH_MMAP (map, fd, .writable = 1)
			memcpy(map.data, "ab", 2);
		WITH_MMAP (map, fd, .copy = 1) {
			memcpy(map.data, "xy", 2);
			ck_assert_int_eq(pread(fd, &byte, 1, 1), 1);
			ck_assert_int_eq(byte, 'b');
		}
		ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
		ck_assert_int_eq(byte, 'a');
	}
}
END_TEST

START_TEST(mapping_begins_at_its_offset)
{
	long page = sysconf(_SC_PAGESIZE);

	WITH_FD_FROM (fd, file_with("head")) {
		ck_assert_int_eq(pwrite(fd, "tail", 4, page), 4);
		WITH_MMAP (map, fd, .offset = page) {
			ck_assert_uint_eq(map.size, 4);
			ck_assert_mem_eq(map.data, "tail", 4);
		} else {
			ck_abort_msg("%s", strerror(errno));
		}
	}
}
END_TEST

static void write_hello(void *data)
{
	memcpy(data, "hello", 5);
}

START_TEST(zeros_are_shared_with_forked_children_unless_copied)
{
	WITH_MMAP (map, -1, .length = 10) {
		ck_assert_mem_eq(map.data, "\0\0\0\0\0\0\0\0\0\0", 10);
		testing_in_child(write_hello, map.data);
		ck_assert_mem_eq(map.data, "hello", 5);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	WITH_MMAP (map, -1, .length = 10, .copy = 1) {
		testing_in_child(write_hello, map.data);
		ck_assert_mem_eq(map.data, "\0\0\0\0\0", 5);
	}
}
END_TEST

static void refused(int error, int fd,
		    const struct with_mmap_open_options *options)
{
	struct with_mmap map;

	errno = 0;
	map = with_mmap_open_opt(fd, options);
	ck_assert_ptr_null(map.data);
	ck_assert_int_eq(errno, error);
}

START_TEST(mapping_nothing_or_nonsense_fails)
{
	struct with_mmap_open_options options = { .size = sizeof(options) };
	int fd = file_with("");
	int whole = file_with("0123456789");
	int ends[2];

	hook_listen();
	WITH_MMAP (map, fd)
		ck_abort_msg("there is %p", map.data);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_str_eq(hook_heard(), "open with_mmap 22 at a line");
	refused(EINVAL, fd, NULL);
	refused(EINVAL, -1, NULL);
	refused(EBADF, -2, NULL);
	refused(EINVAL, fd, &(struct with_mmap_open_options){
		.size = sizeof(struct with_mmap_open_options),
		.offset = LLONG_MIN });
	refused(EBADF, -2, &(struct with_mmap_open_options){
		.size = sizeof(options), .length = 1 });
	options.offset = 1;
	refused(EINVAL, whole, &options);
	options.offset = -4096;
	refused(EINVAL, whole, &options);
	options.offset = 0;
	options.length = -1;
	refused(EINVAL, whole, &options);
	options.length = 0;
	options.size = 1;
	refused(EINVAL, whole, &options);
	close(fd);
	close(whole);
	WITH_FD (directory, ".", O_RDONLY)
		refused(ENODEV, directory, NULL);
	ck_assert_int_eq(pipe(ends), 0);
	refused(ENODEV, ends[0], NULL);
	close(ends[0]);
	close(ends[1]);
	WITH_FD (read_only, "/proc/self/exe", O_RDONLY)
		refused(EACCES, read_only, &(struct with_mmap_open_options){
			.size = sizeof(options), .writable = 1 });
}
END_TEST

/* These are asked of the kernel in place. */
START_TEST(mappings_of_a_given_length_are_refused_with_the_kernels_errno)
{
	int fd = file_with("0123456789");

	hook_listen();
	WITH_MMAP (map, -2, .length = 1)
		ck_abort_msg("there is %p", map.data);
	else
		ck_assert_int_eq(errno, EBADF);
	ck_assert_str_eq(hook_heard(), "open with_mmap 9 at a line");
	WITH_MMAP (map, fd, .length = 10, .offset = 1)
		ck_abort_msg("there is %p", map.data);
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_MMAP (map, fd, .length = 10, .offset = -4096)
		ck_abort_msg("there is %p", map.data);
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_MMAP (map, fd, .length = -1)
		ck_abort_msg("there is %p", map.data);
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_MMAP (map, fd, .length = 10) {
		ck_assert_uint_eq(map.size, 10);
		ck_assert_int_eq(memcmp(map.data, "0123456789", 10), 0);
	} else {
		ck_abort_msg("no mapping: %s", strerror(errno));
	}
	close(fd);
	WITH_FD (read_only, "/proc/self/exe", O_RDONLY) {
		WITH_MMAP (map, read_only, .length = 1, .writable = true)
			ck_abort_msg("there is %p", map.data);
		else
			ck_assert_int_eq(errno, EACCES);
		WITH_MMAP (map, read_only, .length = 1, .copy = true)
			*(char *)map.data = 'x';
		else
			ck_abort_msg("no copy: %s", strerror(errno));
	}
}
END_TEST

START_TEST(mapping_is_stolen)
{
	struct with_mmap kept = { .data = NULL };

	WITH_MMAP (map, -1, .length = 10) {
		kept = with_mmap_steal(&map);
		ck_assert_ptr_null(map.data);
	}
	ck_assert(is_mapped(kept.data));
	ck_assert_int_eq(with_mmap_close(&kept), 0);
}
END_TEST

START_TEST(mapping_whose_end_fails_is_returned_or_told)
{
	char byte[2];
	struct with_mmap bad = { .data = byte + ((uintptr_t)byte % 2 == 0),
				 .size = 1 };

	ck_assert_int_eq(with_mmap_close(&bad), -1);
	ck_assert_int_eq(errno, EINVAL);
	hook_listen();
	WITH_MMAP (map, -1, .length = 10) {
		bad = with_mmap_steal(&map);
		map.data = byte + ((uintptr_t)byte % 2 == 0);
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close mapping 22");
	ck_assert_int_eq(with_mmap_close(&bad), 0);
}
END_TEST

TESTING_MAIN("scope-memory",
	memory_has_the_type_of_its_expression_and_is_freed,
	memory_that_is_not_there_runs_the_else_arm,
	memory_is_closed_once_or_stolen,
	memory_grows_and_shrinks_under_its_guard,
	string_is_built_with_its_format,
	mapping_shows_the_file_and_ends_with_its_block,
	mapping_is_written_to_the_file_or_copied,
	mapping_begins_at_its_offset,
	zeros_are_shared_with_forked_children_unless_copied,
	mapping_nothing_or_nonsense_fails,
	mappings_of_a_given_length_are_refused_with_the_kernels_errno,
	mapping_is_stolen,
	mapping_whose_end_fails_is_returned_or_told)
