/* SPDX-License-Identifier: MIT */
/* faults.c - a table of system calls that counts, and fails on demand. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/syscalls.h"
#include "faults.h"

#define NAMES 32

static struct with__syscalls real;

static struct {
	unsigned long calls;
	unsigned long at;		/* 0: none */
	int at_error;
	bool and_later;
	const char *always;
	int always_error;
	const char *failed;
	faults_visitor *visitor;
	struct {
		const char *call;
		unsigned long count;
	} names[NAMES];
} state;

static void count(const char *call)
{
	size_t i = 0;

	while (i < NAMES - 1 && state.names[i].call &&
	       strcmp(state.names[i].call, call) != 0)
		i++;
	state.names[i].call = call;
	state.names[i].count++;
}

static bool fails(const char *call)
{
	unsigned long number = ++state.calls;
	int saved = errno;

	count(call);
	if (state.visitor)
		state.visitor(call, number);
	errno = saved;
	if (number == state.at || (state.and_later && number > state.at))
		errno = state.at_error;
	else if (state.always && strcmp(state.always, call) == 0)
		errno = state.always_error;
	else
		return false;
	state.failed = call;
	return true;
}

#define FAULTY(type, call, parameters, arguments)			\
	static type faulty_##call parameters				\
	{								\
		return fails(#call) ? -1 : real.call arguments;		\
	}

FAULTY(int, openat, (int dirfd, const char *name, int flags, mode_t mode),
       (dirfd, name, flags, mode))
FAULTY(int, openat2, (int dirfd, const char *name, int flags,
		      uint64_t resolve), (dirfd, name, flags, resolve))
FAULTY(int, mkdirat, (int dirfd, const char *name, mode_t mode),
       (dirfd, name, mode))
FAULTY(int, unlinkat, (int dirfd, const char *name, int flags),
       (dirfd, name, flags))
FAULTY(int, renameat, (int olddir, const char *old, int newdir,
		       const char *new_name), (olddir, old, newdir, new_name))
FAULTY(int, renameat2, (int olddir, const char *old, int newdir,
			const char *new_name, unsigned flags),
       (olddir, old, newdir, new_name, flags))
FAULTY(int, linkat, (int olddir, const char *old, int newdir,
		     const char *new_name, int flags),
       (olddir, old, newdir, new_name, flags))
FAULTY(ssize_t, getdents64, (int fd, void *buffer, size_t size),
       (fd, buffer, size))
FAULTY(int, fstat, (int fd, struct stat *ret), (fd, ret))
FAULTY(int, fstatat, (int dirfd, const char *name, struct stat *ret,
		      int flags), (dirfd, name, ret, flags))
FAULTY(int, statx, (int dirfd, const char *name, int flags, unsigned mask,
		    struct statx *ret), (dirfd, name, flags, mask, ret))
FAULTY(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAULTY(int, fchmodat, (int dirfd, const char *name, mode_t mode, int flags),
       (dirfd, name, mode, flags))
FAULTY(int, fchmodat2, (int dirfd, const char *name, mode_t mode, int flags),
       (dirfd, name, mode, flags))
FAULTY(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FAULTY(int, fcntl, (int fd, int command, int argument),
       (fd, command, argument))
FAULTY(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
FAULTY(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))
FAULTY(ssize_t, write, (int fd, const void *buffer, size_t size),
       (fd, buffer, size))
FAULTY(ssize_t, pread, (int fd, void *buffer, size_t size, off_t offset),
       (fd, buffer, size, offset))
FAULTY(ssize_t, pwrite, (int fd, const void *buffer, size_t size,
			 off_t offset), (fd, buffer, size, offset))
FAULTY(int, ftruncate, (int fd, off_t length), (fd, length))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, dup3, (int oldfd, int newfd, int flags), (oldfd, newfd, flags))
FAULTY(ssize_t, readlinkat, (int dirfd, const char *name, char *buffer,
			     size_t size), (dirfd, name, buffer, size))
FAULTY(int, nanosleep, (const struct timespec *time,
			struct timespec *ret_left), (time, ret_left))
FAULTY(ssize_t, getrandom, (void *buffer, size_t size, unsigned flags),
       (buffer, size, flags))

static int faulty_close(int fd)
{
	bool failing = fails("close");
	int error = errno;
	int result = real.close(fd);

	if (!failing)
		return result;
	errno = error;
	return -1;
}

static const struct with__syscalls faulty = {
	.openat = faulty_openat,
	.openat2 = faulty_openat2,
	.close = faulty_close,
	.mkdirat = faulty_mkdirat,
	.unlinkat = faulty_unlinkat,
	.renameat = faulty_renameat,
	.renameat2 = faulty_renameat2,
	.linkat = faulty_linkat,
	.getdents64 = faulty_getdents64,
	.fstat = faulty_fstat,
	.fstatat = faulty_fstatat,
	.statx = faulty_statx,
	.fchmod = faulty_fchmod,
	.fchmodat = faulty_fchmodat,
	.fchmodat2 = faulty_fchmodat2,
	.fchown = faulty_fchown,
	.fcntl = faulty_fcntl,
	.lseek = faulty_lseek,
	.read = faulty_read,
	.write = faulty_write,
	.pread = faulty_pread,
	.pwrite = faulty_pwrite,
	.ftruncate = faulty_ftruncate,
	.fsync = faulty_fsync,
	.dup3 = faulty_dup3,
	.readlinkat = faulty_readlinkat,
	.nanosleep = faulty_nanosleep,
	.getrandom = faulty_getrandom,
};

void faults_watch(void)
{
	faults_rest();
	memset(&state, 0, sizeof(state));
	real = with__sys;
	with__sys = faulty;
}

void faults_rest(void)
{
	if (with__sys.openat == faulty.openat)
		with__sys = real;
}

void faults_fail(unsigned long number, int error)
{
	state.at = number;
	state.at_error = error;
}

void faults_fail_from(unsigned long number, int error)
{
	faults_fail(number, error);
	state.and_later = true;
}

void faults_fail_all(const char *call, int error)
{
	state.always = call;
	state.always_error = error;
}

const char *faults_failed(void)
{
	return state.failed;
}

unsigned long faults_calls(void)
{
	return state.calls;
}

unsigned long faults_calls_of(const char *call)
{
	size_t i;

	for (i = 0; i < NAMES && state.names[i].call; i++)
		if (strcmp(state.names[i].call, call) == 0)
			return state.names[i].count;
	return 0;
}

void faults_visit(faults_visitor *visitor)
{
	state.visitor = visitor;
}
