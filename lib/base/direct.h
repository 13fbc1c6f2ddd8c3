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
#include <sys/syscall.h>
#include <unistd.h>

#include "base/syscalls.h"

static inline long with__direct(long number, long first, long second,
				long third, long fourth)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	register long r10 __asm__("r10") = fourth;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third),
			   "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;
	register long x3 __asm__("x3") = fourth;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return x0;
#else
	int saved = errno;
	long result = syscall(number, first, second, third, fourth);

	if (result == -1) {
		result = -errno;
		errno = saved;
	}
	return result;
#endif
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

#endif /* BASE_DIRECT_H */
