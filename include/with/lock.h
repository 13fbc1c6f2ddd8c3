/* SPDX-License-Identifier: MIT */
/*
 * with/lock.h - locks among threads, and among processes, held by a scope
 *
 *	WITH_MUTEX (held, &table_lock) {
 *		table[i] = value;
 *	}
 *
 * Choose WITH_MUTEX, WITH_READ_LOCK and WITH_WRITE_LOCK for the locks of
 * POSIX threads, and WITH_FLOCK to keep other processes out, also of other
 * users and programs that agree on a file.
 *
 * The lock objects stay the program's. Locks have owners: a guard is closed,
 * and its block left, by the thread that entered it. After a fork the child
 * has its own copy of a lock and may leave the block, unless the lock lies in
 * shared memory (PTHREAD_PROCESS_SHARED), for then it would free the parent's.
 *
 * The types of this header are those of POSIX.1-2001. Where a program hides
 * them (-std=c11 without a feature macro) it does not compile, and says so.
 */
#ifndef WITH_LOCK_H
#define WITH_LOCK_H

#include <pthread.h>

#ifndef PTHREAD_RWLOCK_INITIALIZER
#error "with/lock.h needs the types of POSIX: define _POSIX_C_SOURCE as 200809L, or _GNU_SOURCE, before the first include, or compile with -std=gnu11"
#endif

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * shared:      a lock that any number may hold, but none beside an exclusive
 *              one.
 * nonblocking: do not wait: EWOULDBLOCK.
 * create:      make the file if it is not there, with the permissions that
 *              the umask leaves of 0666.
 */
struct with_flock_open_options {
	size_t size;
	WITH__BOOL shared;
	WITH__BOOL nonblocking;
	WITH__BOOL create;
	const char *source_;	/* private */
	int scoped_;
	int end_;
};

/*
 * with_flock_open - lock a file or a directory by its path
 *
 *	with_flock_open("/run/app.lock", .create = true, .nonblocking = true)
 *
 * path: NULL is EINVAL. The file stays when the lock goes.
 *
 * Waits until the lock can be had. Returns a descriptor, close-on-exec, which
 * holds it, for with_flock_close(). The lock is ended by closing only, never
 * by an unlock: a forked child that leaves the block closes its copy of the
 * descriptor, and the parent's lock stays. In turn the lock is held until all
 * forked children have closed theirs, ended, or called exec.
 *
 * -1 with errno:
 *	EWOULDBLOCK  another holds it, and .nonblocking was given
 *	EINTR	a signal handler ran while it waited
 *	ENOENT, EACCES, EROFS, EMFILE  and what else open() says
 *	EBADF	an exclusive lock on NFS, where the file must be open for
 *		writing: give .create
 *	EINVAL, ENOLCK
 * Not a cancellation point.
 */
int with_flock_open_opt(const char *path,
			const struct with_flock_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * with_flock_close - give the lock back before its scope ends
 *
 * fd: address of the variable, which becomes -1; -1 there is success.
 *
 * Returns 0, or -1 with an errno of close().
 */
int with_flock_close(int *fd);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void with__flock_end(int fd);

/*
 * with_mutex_open - lock a mutex
 * with_read_lock_open, with_write_lock_open - lock a read-write lock
 *
 * NULL is EINVAL. They wait until the lock can be had, and return their
 * argument. NULL with errno:
 *	EDEADLK	this thread holds it (error-checking mutexes, and write locks
 *		where the system notices)
 *	EAGAIN	too many hold it
 *	ENOTRECOVERABLE  a robust mutex that nobody mended
 * A robust mutex whose owner died is locked, and errno is EOWNERDEAD then: set
 * errno to 0 before, and call pthread_mutex_consistent(). Otherwise errno
 * stays as it is.
 */
static inline pthread_mutex_t *with_mutex_open(pthread_mutex_t *mutex)
{
	int error = mutex ? pthread_mutex_lock(mutex) : EINVAL;

	if (error) {
		errno = error;
		if (error != EOWNERDEAD)
			mutex = NULL;
	}
	return mutex;
}

static inline pthread_rwlock_t *with_read_lock_open(pthread_rwlock_t *lock)
{
	int error = lock ? pthread_rwlock_rdlock(lock) : EINVAL;

	if (error) {
		errno = error;
		lock = NULL;
	}
	return lock;
}

static inline pthread_rwlock_t *with_write_lock_open(pthread_rwlock_t *lock)
{
	int error = lock ? pthread_rwlock_wrlock(lock) : EINVAL;

	if (error) {
		errno = error;
		lock = NULL;
	}
	return lock;
}

static inline int with__mutex_unlock(pthread_mutex_t *mutex)
{
	int error = pthread_mutex_unlock(mutex);

	if (error)
		errno = error;
	return error ? -1 : 0;
}

static inline int with__rwlock_unlock(pthread_rwlock_t *lock)
{
	int error = pthread_rwlock_unlock(lock);

	if (error)
		errno = error;
	return error ? -1 : 0;
}

#ifdef __cplusplus
}
#define WITH_MUTEX(...)	WITH__C_ONLY
#define SCOPED_MUTEX(...)	WITH__C_ONLY
#define WITH_READ_LOCK(...)	WITH__C_ONLY
#define SCOPED_READ_LOCK(...)	WITH__C_ONLY
#define WITH_WRITE_LOCK(...)	WITH__C_ONLY
#define SCOPED_WRITE_LOCK(...)	WITH__C_ONLY
#define WITH_FLOCK(...)	WITH__C_ONLY
#define SCOPED_FLOCK(...)	WITH__C_ONLY
#else

/*
 * with_mutex_close, with_read_lock_close, with_write_lock_close - unlock
 * before the scope ends
 *
 * variable: its address; it becomes NULL, and NULL there is success.
 *
 * Return 0, or -1 with EPERM if this thread does not hold it.
 *
 * with_mutex_steal, with_read_lock_steal, with_write_lock_steal - stay locked
 * beyond the scope; the lock is returned, to be unlocked by the caller.
 */
/* Without a line: one of this header tells nobody anything. */
WITH__DEFINE_PLAIN((const char *)0, with_mutex, pthread_mutex_t *,
		   with_mutex_open, with__mutex_unlock)
WITH__DEFINE_PLAIN((const char *)0, with_read_lock, pthread_rwlock_t *,
		   with_read_lock_open, with__rwlock_unlock)
WITH__DEFINE_PLAIN((const char *)0, with_write_lock, pthread_rwlock_t *,
		   with_write_lock_open, with__rwlock_unlock)

WITH__DEFINE_READY(with_flock, int, -1, self >= 0, with__flock_end)

#define with_flock_open(...) \
	WITH__FLOCK_OPEN(WITH__FIRST(__VA_ARGS__, ~), WITH__REST(__VA_ARGS__))
#define WITH__FLOCK_OPEN(path, ...) \
	with_flock_open_opt(path, WITH__OPTIONS(with_flock_open_options, \
						__VA_ARGS__))

/*
 * The statement: a block, or the rest of the scope. The variable is the lock,
 * NULL in the else arm; that of WITH_FLOCK the descriptor, or -1.
 */
#define WITH_MUTEX(variable, mutex) WITH(with_mutex, variable, mutex)
#define SCOPED_MUTEX(variable, mutex) SCOPED(with_mutex, variable, mutex)
#define WITH_READ_LOCK(variable, lock) WITH(with_read_lock, variable, lock)
#define SCOPED_READ_LOCK(variable, lock) SCOPED(with_read_lock, variable, lock)
#define WITH_WRITE_LOCK(variable, lock) WITH(with_write_lock, variable, lock)
#define SCOPED_WRITE_LOCK(variable, lock) SCOPED(with_write_lock, variable, lock)

#define WITH_FLOCK(variable, ...) \
	WITH__BLOCK(with_flock, int, variable, with_flock_open(__VA_ARGS__))
#define SCOPED_FLOCK(variable, ...) \
	WITH__DECLARATION(with_flock, int, variable, \
			  with_flock_open(__VA_ARGS__))
#endif
#endif /* WITH_LOCK_H */
