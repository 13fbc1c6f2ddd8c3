/* SPDX-License-Identifier: MIT */
/* meddle.c - something happens before each system call of the library. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/syscalls.h"
#include "meddle.h"

static struct with__syscalls real;
static meddle_function *meddle;
static void *meddle_data;
static unsigned long calls;

enum { KINDS_MOST = 32 };
static struct { const char *function; unsigned long count; } kinds[KINDS_MOST];

static void count(const char *function)
{
	unsigned kind = 0;

	while (kinds[kind].function &&
	       strcmp(kinds[kind].function, function) != 0)
		kind++;
	kinds[kind].function = function;
	kinds[kind].count++;
}

unsigned long meddle_count(const char *function)
{
	for (unsigned kind = 0; kind < KINDS_MOST; kind++)
		if (kinds[kind].function &&
		    strcmp(kinds[kind].function, function) == 0)
			return kinds[kind].count;
	return 0;
}

/* 0: go on. */
static int before(const char *function, const char *name)
{
	struct meddle_call call = {
		.index = calls++, .function = function, .name = name,
	};
	int error;

	count(function);
	if (!meddle)
		return 0;
	error = meddle(&call, meddle_data);
	if (error)
		errno = error;
	return error;
}

static int m_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	return before("openat", name) ? -1 :
	       real.openat(dirfd, name, flags, mode);
}

static int m_openat2(int dirfd, const char *name, int flags, uint64_t resolve)
{
	return before("openat2", name) ? -1 :
	       real.openat2(dirfd, name, flags, resolve);
}

static int m_close(int fd)
{
	int error = before("close", NULL);
	int result = real.close(fd);

	if (!error)
		return result;
	errno = error;
	return -1;
}

static int m_unlinkat(int dirfd, const char *name, int flags)
{
	return before("unlinkat", name) ? -1 :
	       real.unlinkat(dirfd, name, flags);
}

static int m_renameat(int olddir, const char *old, int newdir,
		      const char *new_name)
{
	return before("renameat", old) ? -1 :
	       real.renameat(olddir, old, newdir, new_name);
}

static ssize_t m_getdents64(int fd, void *buffer, size_t size)
{
	return before("getdents64", NULL) ? -1 :
	       real.getdents64(fd, buffer, size);
}

static int m_fstatat(int dirfd, const char *name, struct stat *ret, int flags)
{
	return before("fstatat", name) ? -1 :
	       real.fstatat(dirfd, name, ret, flags);
}

static int m_statx(int dirfd, const char *name, int flags, unsigned mask,
		   struct statx *ret)
{
	return before("statx", name) ? -1 :
	       real.statx(dirfd, name, flags, mask, ret);
}

static int m_fchmod(int fd, mode_t mode)
{
	return before("fchmod", NULL) ? -1 : real.fchmod(fd, mode);
}

static int m_fchmodat(int dirfd, const char *name, mode_t mode, int flags)
{
	return before("fchmodat", name) ? -1 :
	       real.fchmodat(dirfd, name, mode, flags);
}

static int m_fchmodat2(int dirfd, const char *name, mode_t mode, int flags)
{
	return before("fchmodat2", name) ? -1 :
	       real.fchmodat2(dirfd, name, mode, flags);
}

static off_t m_lseek(int fd, off_t offset, int whence)
{
	return before("lseek", NULL) ? -1 : real.lseek(fd, offset, whence);
}

static int m_mkdirat(int dirfd, const char *name, mode_t mode)
{
	return before("mkdirat", name) ? -1 :
	       real.mkdirat(dirfd, name, mode);
}

static int m_renameat2(int olddir, const char *old, int newdir,
		       const char *new_name, unsigned flags)
{
	return before("renameat2", old) ? -1 :
	       real.renameat2(olddir, old, newdir, new_name, flags);
}

static int m_linkat(int olddir, const char *old, int newdir,
		    const char *new_name, int flags)
{
	return before("linkat", new_name) ? -1 :
	       real.linkat(olddir, old, newdir, new_name, flags);
}

static int m_fstat(int fd, struct stat *ret)
{
	return before("fstat", NULL) ? -1 :
	       real.fstat(fd, ret);
}

static int m_fchown(int fd, uid_t uid, gid_t gid)
{
	return before("fchown", NULL) ? -1 :
	       real.fchown(fd, uid, gid);
}

static int m_fcntl(int fd, int command, int argument)
{
	return before("fcntl", NULL) ? -1 :
	       real.fcntl(fd, command, argument);
}

static ssize_t m_read(int fd, void *buffer, size_t size)
{
	return before("read", NULL) ? -1 :
	       real.read(fd, buffer, size);
}

static ssize_t m_write(int fd, const void *buffer, size_t size)
{
	return before("write", NULL) ? -1 :
	       real.write(fd, buffer, size);
}

static ssize_t m_pread(int fd, void *buffer, size_t size, off_t offset)
{
	return before("pread", NULL) ? -1 :
	       real.pread(fd, buffer, size, offset);
}

static ssize_t m_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	return before("pwrite", NULL) ? -1 :
	       real.pwrite(fd, buffer, size, offset);
}

static int m_ftruncate(int fd, off_t length)
{
	return before("ftruncate", NULL) ? -1 :
	       real.ftruncate(fd, length);
}

static int m_fsync(int fd)
{
	return before("fsync", NULL) ? -1 :
	       real.fsync(fd);
}

static int m_dup3(int oldfd, int newfd, int flags)
{
	return before("dup3", NULL) ? -1 :
	       real.dup3(oldfd, newfd, flags);
}

static ssize_t m_readlinkat(int dirfd, const char *name, char *buffer,
			    size_t size)
{
	return before("readlinkat", name) ? -1 :
	       real.readlinkat(dirfd, name, buffer, size);
}

static ssize_t m_getrandom(void *buffer, size_t size, unsigned flags)
{
	return before("getrandom", NULL) ? -1 :
	       real.getrandom(buffer, size, flags);
}

/* Not a call that can fail: only time would pass. */
static int m_nanosleep(const struct timespec *time, struct timespec *ret_left)
{
	(void)time;
	(void)ret_left;
	return 0;
}

void meddle_begin(meddle_function *function, void *data)
{
	real = with__sys;
	meddle = function;
	meddle_data = data;
	calls = 0;
	memset(kinds, 0, sizeof(kinds));
	with__sys.openat = m_openat;
	with__sys.openat2 = m_openat2;
	with__sys.close = m_close;
	with__sys.unlinkat = m_unlinkat;
	with__sys.renameat = m_renameat;
	with__sys.getdents64 = m_getdents64;
	with__sys.fstatat = m_fstatat;
	with__sys.statx = m_statx;
	with__sys.fchmod = m_fchmod;
	with__sys.fchmodat = m_fchmodat;
	with__sys.fchmodat2 = m_fchmodat2;
	with__sys.lseek = m_lseek;
	with__sys.nanosleep = m_nanosleep;
	with__sys.mkdirat = m_mkdirat;
	with__sys.renameat2 = m_renameat2;
	with__sys.linkat = m_linkat;
	with__sys.fstat = m_fstat;
	with__sys.fchown = m_fchown;
	with__sys.fcntl = m_fcntl;
	with__sys.read = m_read;
	with__sys.write = m_write;
	with__sys.pread = m_pread;
	with__sys.pwrite = m_pwrite;
	with__sys.ftruncate = m_ftruncate;
	with__sys.fsync = m_fsync;
	with__sys.dup3 = m_dup3;
	with__sys.readlinkat = m_readlinkat;
	with__sys.getrandom = m_getrandom;
}

unsigned long meddle_end(void)
{
	with__sys = real;
	return calls;
}
