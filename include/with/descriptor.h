/* SPDX-License-Identifier: MIT */
/*
 * with/descriptor.h - file descriptors and directory streams under a guard
 *
 *	WITH_FD (fd, "data.bin", O_RDONLY) {
 *		length = read(fd, buffer, sizeof(buffer));
 *	} else {
 *		perror("data.bin");
 *	}
 *
 * Choose WITH_FD for descriptors and WITH_FILE (with/file.h) for streams;
 * WITH_FD_FROM for a descriptor that comes from another call; WITH_DIRSTREAM
 * to read a directory.
 *
 * A guarded descriptor is never given to plain close(): its number may belong
 * to another thread's file by the time the guard closes it again.
 *
 * The functions are thread-safe, none is a cancellation point.
 */
#ifndef WITH_DESCRIPTOR_H
#define WITH_DESCRIPTOR_H

#include <dirent.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_fd_open - open a file, close-on-exec
 *
 * path:  as for open(); NULL is EINVAL.
 * flags: as for open(); O_CLOEXEC is added.
 * Then, where flags have O_CREAT or O_TMPFILE, the permissions (an unsigned),
 * of which the umask takes away.
 *
 * Returns the descriptor, for with_fd_close() or close(). -1 with EINVAL, or
 * an errno of open().
 */
int with_fd_open(const char *path, int flags, ...)
	__attribute__((__warn_unused_result__));

/*
 * with_fd_close - close a descriptor before its scope ends
 *
 * fd: address of the variable, which becomes -1; -1 there is success.
 *
 * Returns 0, or -1 with errno if what was written could not be stored (EIO,
 * ENOSPC, EDQUOT) or it is not open (EBADF); it is closed then too. EINTR is
 * success: Linux has closed it.
 */
int with_fd_close(int *fd);

/*
 * with_dirstream_open - open a directory for readdir(), close-on-exec
 *
 * path: of the directory; NULL is EINVAL.
 *
 * Returns the stream, for with_dirstream_close() or closedir(). NULL with
 * EINVAL, or an errno of opendir() (ENOENT, ENOTDIR, EACCES, EMFILE, ENOMEM).
 */
DIR *with_dirstream_open(const char *path)
	__attribute__((__warn_unused_result__));

/*
 * with_dirstream_close - close it before its scope ends
 *
 * directory: address of the variable, which becomes NULL; NULL is success.
 *
 * Returns 0, or -1 with an errno of close().
 */
int with_dirstream_close(DIR **directory);

/* Private: the end of a scope. Keep errno, tell the error hook. */
void with__fd_end(int fd);
void with__dirstream_end(DIR *directory);
void with__dirstream_lost(int saved_errno);

#ifdef __cplusplus
}
#define WITH_FD(...)	WITH__C_ONLY
#define SCOPED_FD(...)	WITH__C_ONLY
#define WITH_FD_FROM(...)	WITH__C_ONLY
#define SCOPED_FD_FROM(...)	WITH__C_ONLY
#define WITH_DIRSTREAM(...)	WITH__C_ONLY
#define SCOPED_DIRSTREAM(...)	WITH__C_ONLY
#else
#if defined(__GLIBC__) && !defined(__clang_analyzer__)
/*
 * A function of the library above closedir() would cost a wrong prediction of
 * where it returns to, 10 ns. In glibc neither is a cancellation point.
 */
static inline WITH__UNUSED DIR *with__dirstream_begin_here(const char *path)
{
	return path ? opendir(path) : with_dirstream_open(path);
}

static inline WITH__UNUSED void with__dirstream_end_here(DIR *directory)
{
	int saved = *with__errno();

	if (closedir(directory) != 0)
		with__dirstream_lost(saved);
}
#else
#define with__dirstream_begin_here with_dirstream_open
#define with__dirstream_end_here with__dirstream_end
#endif

WITH__DEFINE_READY(with_fd, int, -1, self >= 0, with__fd_end)
WITH__DEFINE_READY(with_dirstream, DIR *, (DIR *)0, self != (DIR *)0,
		   with__dirstream_end_here)

/* The statement: a block, or the rest of the scope. */
#define WITH_FD(variable, ...) \
	WITH__BLOCK(with_fd, int, variable, with_fd_open(__VA_ARGS__))
#define SCOPED_FD(variable, ...) \
	WITH__DECLARATION(with_fd, int, variable, with_fd_open(__VA_ARGS__))

/*
 * The same for what an expression yields: socket(), accept4(), dup(),
 * tempfile_mkstemp(), with_fd_steal(). Close-on-exec is up to it.
 */
#define WITH_FD_FROM(variable, ...) \
	WITH__BLOCK(with_fd, int, variable, __VA_ARGS__)
#define SCOPED_FD_FROM(variable, ...) \
	WITH__DECLARATION(with_fd, int, variable, __VA_ARGS__)

#define WITH_DIRSTREAM(variable, path) \
	WITH__BLOCK(with_dirstream, DIR *, variable, with__dirstream_begin_here(path))
#define SCOPED_DIRSTREAM(variable, path) \
	WITH__DECLARATION(with_dirstream, DIR *, variable, \
			  with__dirstream_begin_here(path))
#endif
#endif /* WITH_DESCRIPTOR_H */
