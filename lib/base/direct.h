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
 * the library's own.
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

static inline int with__direct_openat(int dirfd, const char *name, int flags,
				      mode_t mode)
{
	int saved, result;

	if (__builtin_expect(with__sys.openat == with__sys_openat, 1))
		return (int)with__direct(SYS_openat, dirfd, (long)name,
					 flags | O_LARGEFILE, (long)mode);
	saved = errno;
	result = with__sys.openat(dirfd, name, flags, mode);
	if (result < 0) {
		result = -errno;
		errno = saved;
	}
	return result;
}

static inline int with__direct_close(int fd)
{
	int saved, result;

	if (__builtin_expect(with__sys.close == with__sys_close, 1))
		return (int)with__direct(SYS_close, fd, 0, 0, 0);
	saved = errno;
	result = with__sys.close(fd);
	if (result < 0) {
		result = -errno;
		errno = saved;
	}
	return result;
}

#endif /* BASE_DIRECT_H */
