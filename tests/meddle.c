/* SPDX-License-Identifier: MIT */
/* meddle.c - a table of system calls that counts, asks, and fails on demand. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/syscalls.h"
#include "meddle.h"

static struct with__syscalls real;
static meddle_function *meddle;
static void *meddle_data;
static unsigned long calls;
static const char *failed;

/* What fail_as_planned() goes by. */
static struct {
	const char *function;		/* NULL: by number */
	unsigned long first, last;
	int error;
} plan;

enum { KINDS_MOST = 40 };
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
	if (!function)
		return calls;
	for (unsigned kind = 0; kind < KINDS_MOST; kind++)
		if (kinds[kind].function &&
		    strcmp(kinds[kind].function, function) == 0)
			return kinds[kind].count;
	return 0;
}

/* 0: go on. The hook may do what it likes to errno. */
static int before(const char *function, int fd, const char *name)
{
	struct meddle_call call = {
		.index = calls++, .function = function, .fd = fd, .name = name,
	};
	int saved = errno, error;

	count(function);
	error = meddle ? meddle(&call, meddle_data) : 0;
	if (error)
		failed = function;
	errno = error ? error : saved;
	return error;
}

/* All but two: result, name, parameters, arguments, which fd and name. */
#define CALLS(CALL)							\
	CALL(int, openat, (int dirfd, const char *name, int flags,	\
			   mode_t mode),				\
	     (dirfd, name, flags, mode), dirfd, name)			\
	CALL(int, openat2, (int dirfd, const char *name, int flags,	\
			    uint64_t resolve),				\
	     (dirfd, name, flags, resolve), dirfd, name)		\
	CALL(int, mkdirat, (int dirfd, const char *name, mode_t mode),	\
	     (dirfd, name, mode), dirfd, name)				\
	CALL(int, unlinkat, (int dirfd, const char *name, int flags),	\
	     (dirfd, name, flags), dirfd, name)				\
	CALL(int, renameat, (int olddir, const char *old, int newdir,	\
			     const char *name),				\
	     (olddir, old, newdir, name), olddir, old)			\
	CALL(int, renameat2, (int olddir, const char *old, int newdir,	\
			      const char *name, unsigned flags),	\
	     (olddir, old, newdir, name, flags), olddir, old)		\
	CALL(int, linkat, (int olddir, const char *old, int newdir,	\
			   const char *name, int flags),		\
	     (olddir, old, newdir, name, flags), newdir, name)		\
	CALL(ssize_t, getdents64, (int fd, void *buffer, size_t size),	\
	     (fd, buffer, size), fd, NULL)				\
	CALL(int, fstat, (int fd, struct stat *ret), (fd, ret), fd,	\
	     NULL)							\
	CALL(int, fstatat, (int dirfd, const char *name,		\
			    struct stat *ret, int flags),		\
	     (dirfd, name, ret, flags), dirfd, name)			\
	CALL(int, statx, (int dirfd, const char *name, int flags,	\
			  unsigned mask, struct statx *ret),		\
	     (dirfd, name, flags, mask, ret), dirfd, name)		\
	CALL(int, statfs, (const char *path, struct statfs *ret),	\
	     (path, ret), -1, path)					\
	CALL(int, fstatfs, (int fd, struct statfs *ret), (fd, ret), fd,	\
	     NULL)							\
	CALL(int, name_to_handle_at, (int dirfd, const char *name,	\
				      struct with__handle *ret,		\
				      int flags),			\
	     (dirfd, name, ret, flags), dirfd, name)			\
	CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), fd, NULL)	\
	CALL(int, fchmodat, (int dirfd, const char *name, mode_t mode,	\
			     int flags),				\
	     (dirfd, name, mode, flags), dirfd, name)			\
	CALL(int, fchmodat2, (int dirfd, const char *name, mode_t mode,	\
			      int flags),				\
	     (dirfd, name, mode, flags), dirfd, name)			\
	CALL(int, fchown, (int fd, uid_t uid, gid_t gid),		\
	     (fd, uid, gid), fd, NULL)					\
	CALL(int, fcntl, (int fd, int command, int argument),		\
	     (fd, command, argument), fd, NULL)				\
	CALL(off_t, lseek, (int fd, off_t offset, int whence),		\
	     (fd, offset, whence), fd, NULL)				\
	CALL(ssize_t, read, (int fd, void *buffer, size_t size),	\
	     (fd, buffer, size), fd, NULL)				\
	CALL(ssize_t, write, (int fd, const void *buffer, size_t size),	\
	     (fd, buffer, size), fd, NULL)				\
	CALL(ssize_t, pread, (int fd, void *buffer, size_t size,	\
			      off_t offset),				\
	     (fd, buffer, size, offset), fd, NULL)			\
	CALL(ssize_t, pwrite, (int fd, const void *buffer, size_t size,	\
			       off_t offset),				\
	     (fd, buffer, size, offset), fd, NULL)			\
	CALL(int, ftruncate, (int fd, off_t length), (fd, length), fd,	\
	     NULL)							\
	CALL(int, fsync, (int fd), (fd), fd, NULL)			\
	CALL(int, dup3, (int fd, int new_fd, int flags),		\
	     (fd, new_fd, flags), fd, NULL)				\
	CALL(ssize_t, readlinkat, (int dirfd, const char *name,		\
				   char *buffer, size_t size),		\
	     (dirfd, name, buffer, size), dirfd, name)			\
	CALL(ssize_t, getrandom, (void *buffer, size_t size,		\
				  unsigned flags),			\
	     (buffer, size, flags), -1, NULL)				\
	CALL(int, membarrier, (int command), (command), -1, NULL)	\
	CALL(int, start_thread, (pthread_t *ret, void *(*function)(void *), \
				 void *data),				\
	     (ret, function, data), -1, NULL)

#define DEFINE(type, function, parameters, arguments, fd, name)		\
	static type meddled_##function parameters			\
	{								\
		return before(#function, fd, name) ? -1 :		\
		       real.function arguments;				\
	}
CALLS(DEFINE)

static int meddled_close(int fd)
{
	int error = before("close", fd, NULL);
	int result = real.close(fd);

	if (!error)
		return result;
	errno = error;
	return -1;
}

/* Only time would pass. */
static int meddled_nanosleep(const struct timespec *time,
			     struct timespec *ret_left)
{
	(void)time;
	(void)ret_left;
	return before("nanosleep", -1, NULL) ? -1 : 0;
}

#define ENTRY(type, function, ...) .function = meddled_##function,
static const struct with__syscalls meddled = {
	CALLS(ENTRY)
	.close = meddled_close,
	.nanosleep = meddled_nanosleep,
};

void meddle_begin(meddle_function *function, void *data)
{
	meddle_end();
	real = with__sys;
	meddle = function;
	meddle_data = data;
	calls = 0;
	failed = NULL;
	memset(kinds, 0, sizeof(kinds));
	with__sys = meddled;
}

unsigned long meddle_end(void)
{
	if (with__sys.close == meddled.close)
		with__sys = real;
	return calls;
}

static int fail_as_planned(const struct meddle_call *call, void *unused)
{
	bool fails = plan.function ?
		     strcmp(call->function, plan.function) == 0 :
		     call->index >= plan.first && call->index <= plan.last;

	(void)unused;
	return fails ? plan.error : 0;
}

static void fail(const char *function, unsigned long first, unsigned long last,
		 int error)
{
	plan.function = function;
	plan.first = first;
	plan.last = last;
	plan.error = error;
	meddle_begin(fail_as_planned, NULL);
}

void meddle_fail_at(unsigned long index, int error)
{
	fail(NULL, index, index, error);
}

void meddle_fail_from(unsigned long index, int error)
{
	fail(NULL, index, ULONG_MAX, error);
}

void meddle_fail_all(const char *function, int error)
{
	fail(function, 0, 0, error);
}

const char *meddle_failed(void)
{
	return failed;
}
