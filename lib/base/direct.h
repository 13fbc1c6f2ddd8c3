/* SPDX-License-Identifier: MIT */
/*
 * direct.h - system calls made on the spot
 *
 * On its way through the kernel a processor loses its predictions of where
 * functions return to. Each function between the call and the code that goes
 * on with the result was measured to cost 10 to 20 ns after an open() or a
 * close(), so guards, which have a function of their own there, make the call
 * without another. Nor are these cancellation points. None touches errno: an
 * error is returned as its negative number.
 *
 * Those in the table of base/syscalls.h are used only as long as the table has
 * the library's own; tests and the thread sanitizer (syscalls.c) change it.
 */
#ifndef BASE_DIRECT_H
#define BASE_DIRECT_H

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/syscalls.h"

static inline long with__direct5(long number, long first, long second,
				 long third, long fourth, long fifth)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	register long r10 __asm__("r10") = fourth;
	register long r8 __asm__("r8") = fifth;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third),
			   "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;
	register long x3 __asm__("x3") = fourth;
	register long x4 __asm__("x4") = fifth;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
#else
	int saved = errno;
	long result = syscall(number, first, second, third, fourth, fifth);

	if (result == -1) {
		result = -errno;
		errno = saved;
	}
	return result;
#endif
}

static inline long with__direct(long number, long first, long second,
				long third, long fourth)
{
	return with__direct5(number, first, second, third, fourth, 0);
}

/* As a function of the C library has it: -1 and errno. */
static inline int with__direct_result(long result)
{
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}

/* A result of the table's, as the kernel has it. */
static inline int with__direct_negative(int result, int saved_errno)
{
	if (result >= 0)
		return result;
	result = -errno;
	errno = saved_errno;
	return result;
}

/* As WITH__RETRY(); call has its error as a negative number. */
#define WITH__DIRECT_RETRY(call) \
	(__extension__({ \
		__typeof__(call) with__result; \
		do \
			with__result = (call); \
		while (with__result == -EINTR); \
		with__result; \
	}))

static inline int with__direct_openat(int dirfd, const char *name, int flags,
				      mode_t mode)
{
	int saved;

	if (__builtin_expect(with__sys.openat == with__sys_openat, 1))
		return (int)with__direct(SYS_openat, dirfd, (long)name,
					 flags | O_LARGEFILE, (long)mode);
	saved = errno;
	return with__direct_negative(with__sys.openat(dirfd, name, flags, mode),
				     saved);
}

static inline int with__direct_close(int fd)
{
	int saved;

	if (__builtin_expect(with__sys.close == with__sys_close, 1))
		return (int)with__direct(SYS_close, fd, 0, 0, 0);
	saved = errno;
	return with__direct_negative(with__sys.close(fd), saved);
}

/* Not for locks. */
static inline int with__direct_fcntl(int fd, int command, int argument)
{
	int saved;

	if (__builtin_expect(with__sys.fcntl == with__sys_fcntl, 1))
		return (int)with__direct(SYS_fcntl, fd, command, argument, 0);
	saved = errno;
	return with__direct_negative(with__sys.fcntl(fd, command, argument),
				     saved);
}

static inline int with__direct_dup3(int old_fd, int new_fd, int flags)
{
	int saved;

	if (__builtin_expect(with__sys.dup3 == with__sys_dup3, 1))
		return (int)with__direct(SYS_dup3, old_fd, new_fd, flags, 0);
	saved = errno;
	return with__direct_negative(with__sys.dup3(old_fd, new_fd, flags),
				     saved);
}

static inline int with__direct_mkdirat(int dirfd, const char *name, mode_t mode)
{
	int saved;

	if (__builtin_expect(with__sys.mkdirat == mkdirat, 1))
		return (int)with__direct(SYS_mkdirat, dirfd, (long)name,
					 (long)mode, 0);
	saved = errno;
	return with__direct_negative(with__sys.mkdirat(dirfd, name, mode),
				     saved);
}

static inline int with__direct_unlinkat(int dirfd, const char *name, int flags)
{
	int saved;

	if (__builtin_expect(with__sys.unlinkat == unlinkat, 1))
		return (int)with__direct(SYS_unlinkat, dirfd, (long)name, flags,
					 0);
	saved = errno;
	return with__direct_negative(with__sys.unlinkat(dirfd, name, flags),
				     saved);
}

/* Elsewhere the C library's struct is not the kernel's. */
static inline int with__direct_fstat(int fd, struct stat *ret)
{
	int saved;

#if (defined(__x86_64__) && !defined(__ILP32__)) || defined(__aarch64__)
	if (__builtin_expect(with__sys.fstat == fstat, 1)) {
		int result = (int)with__direct(SYS_fstat, fd, (long)ret, 0, 0);

		WITH__WRITTEN(ret, sizeof(*ret));
		return result;
	}
#endif
	saved = errno;
	return with__direct_negative(with__sys.fstat(fd, ret), saved);
}

static inline int with__direct_statx(int dirfd, const char *name, int flags,
				     unsigned mask, struct statx *ret)
{
	int result, saved;

	if (__builtin_expect(with__sys.statx == with__sys_statx, 1)) {
		result = (int)with__direct5(SYS_statx, dirfd, (long)name, flags,
					    (long)mask, (long)ret);
		WITH__WRITTEN(ret, sizeof(*ret));
		return result;
	}
	saved = errno;
	return with__direct_negative(with__sys.statx(dirfd, name, flags, mask,
						     ret), saved);
}

/* The address, or an error's negative number, of which no address has one. */
static inline intptr_t with__direct_mmap(size_t length, int protection,
					 int flags, int fd, off_t offset)
{
	void *data;
	int saved;

#if defined(__x86_64__) && !defined(__ILP32__)
	if (__builtin_expect(!with__sys_visible, 1)) {
		register long r10 __asm__("r10") = flags;
		register long r8 __asm__("r8") = fd;
		register long r9 __asm__("r9") = offset;
		long result;

		__asm__ volatile("syscall"
				 : "=a"(result)
				 : "a"(SYS_mmap), "D"(0L), "S"(length),
				   "d"((long)protection), "r"(r10), "r"(r8),
				   "r"(r9)
				 : "rcx", "r11", "memory");
		return result;
	}
#endif
	saved = errno;
	data = mmap(NULL, length, protection, flags, fd, offset);
	if (data != MAP_FAILED)
		return (intptr_t)data;
	return with__direct_negative(-1, saved);
}

/* On its own, so that the other way needs no registers kept. */
static __attribute__((noinline, unused)) int
with__visible_munmap(void *start, size_t length)
{
	int saved = errno;

	return with__direct_negative(munmap(start, length), saved);
}

static inline int with__direct_munmap(void *start, size_t length)
{
	if (__builtin_expect(with__sys_visible, 0))
		return with__visible_munmap(start, length);
	return (int)with__direct(SYS_munmap, (long)start, (long)length, 0, 0);
}

#endif /* BASE_DIRECT_H */
