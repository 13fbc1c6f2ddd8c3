/* SPDX-License-Identifier: MIT */
/*
 * with/memory.h - memory, strings and mappings under a guard
 *
 *	WITH_MEMORY (squares, (int *)calloc(count, sizeof(int))) {
 *		for (int i = 0; i < count; i++)
 *			squares[i] = i * i;
 *	} else {
 *		perror("squares");
 *	}
 *
 * Choose WITH_MEMORY for whatever free() takes: malloc(), calloc(),
 * aligned_alloc(), strdup(), realpath(); WITH_STRING for a string built with a
 * format; WITH_MMAP for a file, or shared memory, as an array.
 *
 * A guarded pointer is never given to free() or realloc(); its size is changed
 * with with_memory_resize().
 *
 * The functions are thread-safe.
 */
#ifndef WITH_MEMORY_H
#define WITH_MEMORY_H

#include <stddef.h>
#include <stdlib.h>
#ifdef _DEFAULT_SOURCE
#include <sys/mman.h>
#endif

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_string_open - build a string with a format
 *
 * format: as for printf(); NULL is EINVAL.
 *
 * Returns the string, for with_string_close() or free(). NULL with EINVAL,
 * ENOMEM, or what printf() says (EILSEQ, EOVERFLOW).
 */
char *with_string_open(const char *format, ...)
	__attribute__((__warn_unused_result__, __format__(__printf__, 1, 2)));

/* A mapping: size bytes at data, which is NULL where there is none. */
struct with_mmap {
	void *data;
	size_t size;
};

/*
 * offset:   where in the file it begins: a multiple of the page size.
 * length:   in bytes; 0: to the end of the file as it is now.
 * writable: it can be written to, and the file has it. The descriptor must be
 *           open for reading and writing.
 * copy:     it can be written to, and nobody else sees that.
 */
struct with_mmap_open_options {
	size_t size;
	long long offset;
	long long length;
	WITH__BOOL writable;
	WITH__BOOL copy;
	const char *source_;	/* private */
	int scoped_;
	int end_;
};

/*
 * with_mmap_open - map a file, or zeros, into memory
 *
 *	with_mmap_open(fd, .offset = 4096, .writable = true)
 *
 * fd: of the file, which may be closed afterwards; -1: memory filled with
 *     zeros, which can always be written to, and which forked children share
 *     unless .copy.
 *
 * Returns the mapping, for with_mmap_close(). Its data is NULL where that
 * failed, with errno:
 *	EINVAL	nothing to map: an empty file, an offset at or behind its end, a
 *		negative number, no length for -1; an offset within a page
 *	EACCES	the descriptor is not open for that
 *	ENODEV	it cannot be mapped (a pipe, a directory)
 *	EBADF, ENOMEM, EOVERFLOW, EAGAIN, EPERM
 * A file that is cut shorter while it is mapped ends in SIGBUS.
 */
struct with_mmap with_mmap_open_opt(int fd,
				    const struct with_mmap_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * with_mmap_close - end a mapping before its scope does
 *
 * map: address of the variable, whose data becomes NULL; NULL is success.
 *
 * Returns 0, or -1 with EINVAL if it was tampered with. What was written
 * reaches the file in any case; when it reaches the disk is for msync().
 */
int with_mmap_close(struct with_mmap *map);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void with__mmap_end(struct with_mmap map);

/* Private: with_mmap_open() without a struct of options to be looked through. */
#define WITH__MMAP_WRITABLE 1u
#define WITH__MMAP_COPY 2u
#define WITH__MMAP_HOW(options) \
	(((options)->writable ? WITH__MMAP_WRITABLE : 0u) | \
	 ((options)->copy ? WITH__MMAP_COPY : 0u))
struct with_mmap with__mmap_begin(int fd, long long length, long long offset,
				  unsigned how)
	__attribute__((__warn_unused_result__));

#ifdef __cplusplus
}
#define WITH_MEMORY(...)	WITH__C_ONLY
#define SCOPED_MEMORY(...)	WITH__C_ONLY
#define WITH_STRING(...)	WITH__C_ONLY
#define SCOPED_STRING(...)	WITH__C_ONLY
#define WITH_MMAP(...)	WITH__C_ONLY
#define SCOPED_MMAP(...)	WITH__C_ONLY
#else

/*
 * with_memory_close, with_string_close - free before the scope ends
 *
 * variable: its address; it becomes NULL. NULL there, or as the address, does
 *           nothing. Returns 0.
 *
 * with_memory_steal, with_string_steal - hand the memory out, for free()
 *
 * with_steal(variable) does the same and keeps the type.
 *
 * with_memory_resize - realloc() under a guard
 *
 * variable: its address; it may move, and NULL there is EINVAL.
 * size:     not 0, which is EINVAL.
 *
 * Returns 0, or -1 with EINVAL or ENOMEM, and then the memory stays as it is.
 */
static inline WITH__UNUSED void *with__pointer_in(const void *variable)
{
	void *pointer;

	__builtin_memcpy(&pointer, variable, sizeof(pointer));
	return pointer;
}

static inline WITH__UNUSED void with__pointer_put(void *variable, void *pointer)
{
	__builtin_memcpy(variable, &pointer, sizeof(pointer));
}

static inline WITH__UNUSED void with__memory_end(void *memory)
{
	int saved = errno;

	free(memory);
	errno = saved;
}

static inline WITH__UNUSED void with_memory__unwind(void *value)
{
	with__memory_end(with__pointer_in(value));
}

static inline WITH__UNUSED void *with_memory__enter(void *variable, void *value,
						    const char *source)
{
	if (!value) {
		with__report("open", "with_memory", source);
	} else if (!WITH__STACK_ENTER(variable, value, with_memory__unwind)) {
		with__memory_end(value);
		value = NULL;
	}
	return value;
}

static inline WITH__UNUSED int with_memory__held(const void *variable)
{
	return with__pointer_in(variable) ? 1 : 0;
}

static inline WITH__UNUSED void with_memory__leave(void *variable)
{
	void *memory = with__pointer_in(variable);

	if (memory && WITH__STACK_LEAVE(variable))
		with__memory_end(memory);
}

static inline WITH__UNUSED void *with_memory__release(void *variable)
{
	void *memory = with__pointer_in(variable);

	(void)WITH__STACK_LEAVE(variable);
	with__pointer_put(variable, NULL);
	return memory;
}

static inline WITH__UNUSED int with_memory__finish(void *value)
{
	with__memory_end(with__pointer_in(value));
	return 0;
}

static inline WITH__UNUSED int with_memory_close(void *variable)
{
	if (variable)
		with__memory_end(with_memory__release(variable));
	return 0;
}

__attribute__((__warn_unused_result__))
static inline WITH__UNUSED void *with_memory_steal(void *variable)
{
	return with_memory__release(variable);
}

static inline WITH__UNUSED int with_memory_resize(void *variable, size_t size)
{
	void *memory = with__pointer_in(variable);

	if (!memory || size == 0) {
		errno = EINVAL;
		return -1;
	}
	memory = realloc(memory, size);
	if (!memory)
		return -1;
	with__pointer_put(variable, memory);
	WITH__STACK_UPDATE(variable, memory);
	return 0;
}

static inline WITH__UNUSED int with_string_close(char **string)
{
	return with_memory_close(string);
}

#if defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
	(defined(__x86_64__) || defined(__aarch64__))
/*
 * Arguments without a number are copied on their way through each function,
 * which costs 5 ns. Only GCC can hand them on in place, and where a long double
 * is one thing only. In strict C asprintf() may be a function of the program's:
 * glibc has it under a reserved name too.
 */
int with__asprintf(char **string, const char *format, ...)
	__asm__("__asprintf") __attribute__((__warn_unused_result__));

__attribute__((__gnu_inline__, __always_inline__, __format__(__printf__, 1, 2)))
extern inline char *with__string_begin(const char *format, ...)
{
	char *string;

	if (__builtin_expect(!format, 0)) {
		errno = EINVAL;
		return (char *)0;
	}
	return with__asprintf(&string, format, __builtin_va_arg_pack()) < 0 ?
		(char *)0 : string;
}
#else
#define with__string_begin with_string_open
#endif

WITH__DEFINE_READY(with_string, char *, (char *)0, self != (char *)0,
		   with__memory_end)

#define with_mmap_open(...) \
	WITH__MMAP_OPEN(WITH__FIRST(__VA_ARGS__, ~), WITH__REST(__VA_ARGS__))
#define WITH__MMAP_OPEN(fd, ...) \
	with_mmap_open_opt(fd, WITH__OPTIONS(with_mmap_open_options, \
					     __VA_ARGS__))

/*
 * A function of the library between the program and mmap() was measured to cost
 * 10 ns. So the call is made here where nothing has to be looked up first, in
 * programs that have it: in strict C the name is theirs.
 */
static inline WITH__UNUSED struct with_mmap with__mmap_begin_here(
	int fd, const struct with_mmap_open_options *options)
{
	long long length = options->length;
#if defined(_DEFAULT_SOURCE) && defined(__LP64__)
	int protection = options->writable || options->copy || fd == -1 ?
			 PROT_READ | PROT_WRITE : PROT_READ;
	int flags = (options->copy ? MAP_PRIVATE : MAP_SHARED) |
		    (fd == -1 ? MAP_ANONYMOUS : 0);
	void *data;

	if (length > 0 && options->offset >= 0) {
		data = mmap((void *)0, (size_t)length, protection, flags, fd,
			    options->offset);
		if (__builtin_expect(data == MAP_FAILED, 0))
			return (struct with_mmap) { 0 };
		return (struct with_mmap) { data, (size_t)length };
	}
#endif
	return with__mmap_begin(fd, length, options->offset,
				WITH__MMAP_HOW(options));
}
#define WITH__MMAP_BEGIN(fd, ...) \
	with__mmap_begin_here(fd, WITH__OPTIONS(with_mmap_open_options, \
						__VA_ARGS__))

WITH__DEFINE_READY(with_mmap, struct with_mmap, ((struct with_mmap) { 0 }),
		   self.data != (void *)0, with__mmap_end)

/*
 * The statement: a block, or the rest of the scope. The variable of
 * WITH_MEMORY has the type of the expression, which may be a cast.
 */
#define WITH_MEMORY(variable, ...) \
	WITH__BLOCK(with_memory, __typeof__(__VA_ARGS__), variable, __VA_ARGS__)
#define SCOPED_MEMORY(variable, ...) \
	WITH__DECLARATION(with_memory, __typeof__(__VA_ARGS__), variable, \
			  __VA_ARGS__)

#define WITH_STRING(variable, ...) \
	WITH__BLOCK(with_string, char *, variable, with__string_begin(__VA_ARGS__))
#define SCOPED_STRING(variable, ...) \
	WITH__DECLARATION(with_string, char *, variable, \
			  with__string_begin(__VA_ARGS__))

#define WITH_MMAP(variable, ...) \
	WITH__BLOCK(with_mmap, struct with_mmap, variable, \
		    WITH__MMAP_BEGIN(WITH__FIRST(__VA_ARGS__, ~), \
				     WITH__REST(__VA_ARGS__)))
#define SCOPED_MMAP(variable, ...) \
	WITH__DECLARATION(with_mmap, struct with_mmap, variable, \
			  WITH__MMAP_BEGIN(WITH__FIRST(__VA_ARGS__, ~), \
					   WITH__REST(__VA_ARGS__)))
#endif
#endif /* WITH_MEMORY_H */
