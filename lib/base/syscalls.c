/* SPDX-License-Identifier: MIT */
/* syscalls.c - the table of system calls, as the kernel has them. */
#include "config.h"

#include <errno.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/oldstat.h"
#include "base/syscalls.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452	/* the same on every architecture */
#endif

/*
 * These two are raw because the library's are cancellation points. Turning
 * cancellation off around them was measured at 100 ns an open and close.
 */
int with__sys_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, dirfd, name, flags | O_LARGEFILE, mode);
}

int with__sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

static int sys_openat2(int dirfd, const char *name, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = resolve,
	};

	return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}

static int sys_renameat2(int olddir, const char *old, int newdir,
			 const char *new_name, unsigned flags)
{
	return (int)syscall(SYS_renameat2, olddir, old, newdir, new_name, flags);
}

static ssize_t sys_getdents64(int fd, void *buffer, size_t size)
{
	ssize_t result = syscall(SYS_getdents64, fd, buffer, size);

	if (result > 0)
		WITH__WRITTEN(buffer, (size_t)result);
	return result;
}

int with__sys_statx(int dirfd, const char *name, int flags, unsigned mask,
		    struct statx *ret)
{
	int result = (int)syscall(SYS_statx, dirfd, name, flags, mask, ret);

	if (result == 0)
		WITH__WRITTEN(ret, sizeof(*ret));
	return result;
}

#if defined(__i386__) || defined(__arm__)
/*
 * There the C library's own are statx(), and take a filter's EPERM for an
 * answer: then the older call. Times are not in it, nobody asks for them.
 */
static int sys_fstatat(int dirfd, const char *name, struct stat *ret, int flags)
{
	struct with__old_status old;

	if (fstatat(dirfd, name, ret, flags) == 0)
		return 0;
	if (errno != EPERM && errno != ENOSYS)
		return -1;
	if (with__old_fstatat(dirfd, name, flags, &old) < 0)
		return -1;
	*ret = (struct stat) {
		.st_dev = old.device, .st_ino = old.inode,
		.st_size = old.size, .st_mode = old.mode,
		.st_nlink = old.links, .st_uid = old.uid, .st_gid = old.gid,
	};
	return 0;
}

static int sys_fstat(int fd, struct stat *ret)
{
	return sys_fstatat(fd, "", ret, AT_EMPTY_PATH);
}
#else
#define sys_fstatat fstatat
#define sys_fstat fstat
#endif

static int sys_name_to_handle_at(int dirfd, const char *name,
				 struct with__handle *ret, int flags)
{
	int mount;
	int result = (int)syscall(SYS_name_to_handle_at, dirfd, name, ret,
				  &mount, flags);

	if (result == 0)
		WITH__WRITTEN(ret, sizeof(*ret));
	return result;
}

/* Raw because musl's turns to /proc where the descriptor is one of O_PATH. */
static int sys_fchmod(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

static int sys_membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

static int sys_start_thread(pthread_t *ret, void *(*function)(void *data),
			    void *data)
{
	int error = pthread_create(ret, NULL, function, data);

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

static int sys_fchmodat2(int dirfd, const char *name, mode_t mode, int flags)
{
	return (int)syscall(SYS_fchmodat2, dirfd, name, mode, flags);
}

int with__sys_fcntl(int fd, int command, int argument)
{
	return fcntl(fd, command, argument);
}

int with__sys_dup3(int old_fd, int new_fd, int flags)
{
	return dup3(old_fd, new_fd, flags);
}

struct with__syscalls with__sys = {
	.openat = with__sys_openat,
	.openat2 = sys_openat2,
	.close = with__sys_close,
	.mkdirat = mkdirat,
	.unlinkat = unlinkat,
	.renameat = renameat,
	.renameat2 = sys_renameat2,
	.linkat = linkat,
	.getdents64 = sys_getdents64,
	.fstat = sys_fstat,
	.fstatat = sys_fstatat,
	.statx = with__sys_statx,
	.statfs = statfs,
	.fstatfs = fstatfs,
	.name_to_handle_at = sys_name_to_handle_at,
	.fchmod = sys_fchmod,
	.fchmodat = fchmodat,
	.fchmodat2 = sys_fchmodat2,
	.fchown = fchown,
	.fcntl = with__sys_fcntl,
	.lseek = lseek,
	.read = read,
	.write = write,
	.pread = pread,
	.pwrite = pwrite,
	.ftruncate = ftruncate,
	.fsync = fsync,
	.dup3 = with__sys_dup3,
	.readlinkat = readlinkat,
	.nanosleep = nanosleep,
	.getrandom = getrandom,
	.membarrier = sys_membarrier,
	.start_thread = sys_start_thread,
};

/*
 * The thread sanitizer takes what two threads do to one number of a descriptor
 * for a race, unless it sees the close in between: it looks at calls of the C
 * library. In a program that has it, close() is such a call.
 */
static int visible_close(int fd)
{
	WITH__NO_CANCEL;

	return close(fd);
}

static int visible_dup3(int old_fd, int new_fd, int flags)
{
	return with__sys_dup3(old_fd, new_fd, flags);
}

/* They all remember what of the memory has which state. */
bool with__sys_visible;

void __tsan_init(void) __attribute__((__weak__));
void __asan_init(void) __attribute__((__weak__));
void __msan_init(void) __attribute__((__weak__));

__attribute__((constructor)) static void show_to_sanitizer(void)
{
	with__sys_visible = __tsan_init || __asan_init || __msan_init;
	if (!__tsan_init)
		return;
	with__sys.close = visible_close;
	/* Not made on the spot (base/direct.h). */
	with__sys.dup3 = visible_dup3;
}
