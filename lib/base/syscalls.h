/* SPDX-License-Identifier: MIT */
/*
 * syscalls.h - the system calls that matter, in one table.
 *
 * Whatever touches a file system, a descriptor or the kernel's randomness
 * goes through with__sys, so that a test can make each call fail, at each of
 * its occurrences, or count it, or deliver a signal around it. All entries
 * return -1 and set errno, as the C library's functions do.
 *
 * Calls newer than the C library's headers, and those whose library wrapper
 * is not async-signal-safe, are made raw. Where the kernel is too old for
 * one it fails with ENOSYS, and the caller has a fallback.
 */
#ifndef BASE_SYSCALLS_H
#define BASE_SYSCALLS_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct statfs;
struct statx;
struct timespec;

/* struct file_handle with room for any of them. */
struct with__handle {
	unsigned size;		/* of bytes: room before, used afterwards */
	int type;
	unsigned char bytes[128];
};

struct with__syscalls {
	int (*openat)(int dirfd, const char *name, int flags, mode_t mode);
	/* RESOLVE_* in resolve; flags must not ask to create. */
	int (*openat2)(int dirfd, const char *name, int flags, uint64_t resolve);
	int (*close)(int fd);
	int (*mkdirat)(int dirfd, const char *name, mode_t mode);
	int (*unlinkat)(int dirfd, const char *name, int flags);
	int (*renameat)(int olddir, const char *old, int newdir,
			const char *new_name);
	int (*renameat2)(int olddir, const char *old, int newdir,
			 const char *new_name, unsigned flags);
	int (*linkat)(int olddir, const char *old, int newdir,
		      const char *new_name, int flags);
	ssize_t (*getdents64)(int fd, void *buffer, size_t size);
	int (*fstat)(int fd, struct stat *ret);
	int (*fstatat)(int dirfd, const char *name, struct stat *ret, int flags);
	int (*statx)(int dirfd, const char *name, int flags, unsigned mask,
		     struct statx *ret);
	int (*statfs)(const char *path, struct statfs *ret);
	int (*fstatfs)(int fd, struct statfs *ret);
	int (*name_to_handle_at)(int dirfd, const char *name,
				 struct with__handle *ret, int flags);
	int (*fchmod)(int fd, mode_t mode);
	int (*fchmodat)(int dirfd, const char *name, mode_t mode, int flags);
	/* Linux 6.6: mode of whatever fd is, O_PATH included (AT_EMPTY_PATH). */
	int (*fchmodat2)(int dirfd, const char *name, mode_t mode, int flags);
	int (*fchown)(int fd, uid_t uid, gid_t gid);
	int (*fcntl)(int fd, int command, int argument);
	off_t (*lseek)(int fd, off_t offset, int whence);
	ssize_t (*read)(int fd, void *buffer, size_t size);
	ssize_t (*write)(int fd, const void *buffer, size_t size);
	ssize_t (*pread)(int fd, void *buffer, size_t size, off_t offset);
	ssize_t (*pwrite)(int fd, const void *buffer, size_t size, off_t offset);
	int (*ftruncate)(int fd, off_t length);
	int (*fsync)(int fd);
	int (*dup3)(int oldfd, int newfd, int flags);
	ssize_t (*readlinkat)(int dirfd, const char *name, char *buffer,
			      size_t size);
	int (*nanosleep)(const struct timespec *time, struct timespec *ret_left);
	ssize_t (*getrandom)(void *buffer, size_t size, unsigned flags);
	int (*membarrier)(int command);
	int (*start_thread)(pthread_t *ret, void *(*function)(void *data),
			    void *data);
};

/*
 * The table in use. Tests replace entries; the library only where the thread
 * sanitizer has to see a call.
 */
extern struct with__syscalls with__sys __attribute__((visibility("hidden")));

/* There is a sanitizer, which has to see what is mapped. */
extern bool with__sys_visible __attribute__((visibility("hidden")));

/* What it has of those that base/direct.h can make on the spot. */
int with__sys_openat(int dirfd, const char *name, int flags, mode_t mode);
int with__sys_close(int fd);
int with__sys_fcntl(int fd, int command, int argument);
int with__sys_dup3(int old_fd, int new_fd, int flags);
int with__sys_statx(int dirfd, const char *name, int flags, unsigned mask,
		    struct statx *ret);

/*
 * What the kernel has written into a buffer, told to Clang's memory sanitizer,
 * which sees neither through syscall() nor through what direct.h does.
 */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define WITH__WRITTEN(buffer, size) __msan_unpoison(buffer, size)
#endif
#endif
#ifndef WITH__WRITTEN
#define WITH__WRITTEN(buffer, size) ((void)0)
#endif

/*
 * The call again, for as long as a signal interrupts it. Not for close(): on
 * Linux the descriptor is gone, and may be somebody else's already.
 */
#define WITH__RETRY(call) \
	(__extension__({ \
		__typeof__(call) with__result; \
		do \
			with__result = (call); \
		while (with__result < 0 && errno == EINTR); \
		with__result; \
	}))

#endif /* BASE_SYSCALLS_H */
