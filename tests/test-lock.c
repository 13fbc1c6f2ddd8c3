/* SPDX-License-Identifier: MIT */
/* test-lock.c - WITH_MUTEX, WITH_READ_LOCK, WITH_WRITE_LOCK, WITH_FLOCK */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <with/lock.h>

#include "base/syscalls.h"
#include "hook.h"
#include "testing.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

/* Asked in another thread, since some kinds know their owner. */
static void *try_mutex(void *which)
{
	if (pthread_mutex_trylock(which) != 0)
		return which;
	pthread_mutex_unlock(which);
	return NULL;
}

static void *try_write(void *which)
{
	if (pthread_rwlock_trywrlock(which) != 0)
		return which;
	pthread_rwlock_unlock(which);
	return NULL;
}

static void *try_read(void *which)
{
	if (pthread_rwlock_tryrdlock(which) != 0)
		return which;
	pthread_rwlock_unlock(which);
	return NULL;
}

static int is_locked(void *(*try)(void *), void *which)
{
	pthread_t thread;
	void *refused;

	ck_assert_int_eq(pthread_create(&thread, NULL, try, which), 0);
	ck_assert_int_eq(pthread_join(thread, &refused), 0);
	return refused != NULL;
}

static int leave_by_return(void)
{
	WITH_MUTEX (held, &mutex)
		return is_locked(try_mutex, held);
	return -1;
}

START_TEST(mutex_is_held_inside_and_free_outside)
{
	WITH_MUTEX (held, &mutex) {
		ck_assert_ptr_eq(held, &mutex);
		ck_assert(is_locked(try_mutex, &mutex));
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert(!is_locked(try_mutex, &mutex));
	{
		SCOPED_MUTEX(held, &mutex);
		ck_assert_ptr_nonnull(held);
		ck_assert(is_locked(try_mutex, &mutex));
		ck_assert_int_eq(with_mutex_close(&held), 0);
		ck_assert_ptr_null(held);
		ck_assert(!is_locked(try_mutex, &mutex));
		ck_assert_int_eq(with_mutex_close(&held), 0);
	}
	ck_assert_int_eq(leave_by_return(), 1);
	ck_assert(!is_locked(try_mutex, &mutex));
}
END_TEST

static void init_mutex(pthread_mutex_t *new, int type, int robust)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setrobust(&attributes, robust);
	ck_assert_int_eq(pthread_mutex_init(new, &attributes), 0);
	pthread_mutexattr_destroy(&attributes);
}

START_TEST(mutex_that_cannot_be_had_runs_the_else_arm)
{
	pthread_mutex_t checking, *null = NULL;

	init_mutex(&checking, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	errno = 0;
	WITH_MUTEX (outer, &checking) {
		hook_listen();
		WITH_MUTEX (inner, &checking) {
			ck_abort_msg("locked twice");
		} else {
			ck_assert_ptr_null(inner);
			ck_assert_int_eq(errno, EDEADLK);
		}
		ck_assert_str_eq(hook_heard(), "open with_mutex 35 at a line");
		ck_assert(is_locked(try_mutex, &checking));
	}
	WITH_MUTEX (held, null)
		ck_abort_msg("locked NULL");
	else
		ck_assert_int_eq(errno, EINVAL);
	pthread_mutex_destroy(&checking);
}
END_TEST

START_TEST(mutex_that_cannot_be_unlocked_is_returned_or_told)
{
	pthread_mutex_t checking;

	init_mutex(&checking, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	WITH_MUTEX (held, &checking) {
		pthread_mutex_unlock(&checking);
		ck_assert_int_eq(with_mutex_close(&held), -1);
		ck_assert_int_eq(errno, EPERM);
	}
	hook_listen();
	WITH_MUTEX (held, &checking) {
		pthread_mutex_unlock(&checking);
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close with_mutex 1");
	pthread_mutex_destroy(&checking);
}
END_TEST

static void *die_locked(void *robust)
{
	pthread_mutex_lock(robust);
	return NULL;
}

START_TEST(robust_mutex_of_a_dead_owner_is_held_and_says_so)
{
	pthread_mutex_t robust;

	init_mutex(&robust, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
	is_locked(die_locked, &robust);
	errno = 0;
	WITH_MUTEX (held, &robust) {
		ck_assert_int_eq(errno, EOWNERDEAD);
		ck_assert_int_eq(pthread_mutex_consistent(held), 0);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	errno = 0;
	WITH_MUTEX (held, &robust)
		ck_assert_int_eq(errno, 0);
	is_locked(die_locked, &robust);
	WITH_MUTEX (held, &robust)
		ck_assert_ptr_nonnull(held);
	WITH_MUTEX (held, &robust)
		ck_abort_msg("nobody mended it");
	else
		ck_assert_int_eq(errno, ENOTRECOVERABLE);
	pthread_mutex_destroy(&robust);
}
END_TEST

START_TEST(locks_are_stolen)
{
	WITH_MUTEX (held, &mutex) {
		ck_assert_ptr_eq(with_mutex_steal(&held), &mutex);
		ck_assert_ptr_null(held);
	}
	ck_assert(is_locked(try_mutex, &mutex));
	pthread_mutex_unlock(&mutex);
	WITH_READ_LOCK (held, &rwlock)
		ck_assert_ptr_eq(with_steal(held), &rwlock);
	ck_assert(is_locked(try_write, &rwlock));
	pthread_rwlock_unlock(&rwlock);
	WITH_READ_LOCK (held, &rwlock)
		ck_assert_ptr_eq(with_read_lock_steal(&held), &rwlock);
	ck_assert(is_locked(try_write, &rwlock));
	pthread_rwlock_unlock(&rwlock);
	WITH_WRITE_LOCK (held, &rwlock)
		ck_assert_ptr_eq(with_write_lock_steal(&held), &rwlock);
	ck_assert(is_locked(try_read, &rwlock));
	pthread_rwlock_unlock(&rwlock);
}
END_TEST

START_TEST(read_locks_are_many_and_a_write_lock_is_alone)
{
	pthread_rwlock_t *null = NULL;

	WITH_READ_LOCK (held, &rwlock) {
		ck_assert(!is_locked(try_read, &rwlock));
		ck_assert(is_locked(try_write, held));
	}
	ck_assert(!is_locked(try_write, &rwlock));
	WITH_WRITE_LOCK (held, &rwlock) {
		ck_assert(is_locked(try_read, &rwlock));
#ifdef __GLIBC__	/* others wait for ever */
		WITH_WRITE_LOCK (again, &rwlock)
			ck_abort_msg("there are two write locks");
		else
			ck_assert_int_eq(errno, EDEADLK);
		WITH_READ_LOCK (again, &rwlock)
			ck_abort_msg("there is a read lock beside it");
		else
			ck_assert_int_eq(errno, EDEADLK);
#endif
		ck_assert_int_eq(with_write_lock_close(&held), 0);
		ck_assert(!is_locked(try_write, &rwlock));
	}
	{
		SCOPED_WRITE_LOCK(held, &rwlock);
		ck_assert(is_locked(try_read, held));
	}
	{
		SCOPED_READ_LOCK(held, &rwlock);
		ck_assert(is_locked(try_write, held));
		ck_assert_int_eq(with_read_lock_close(&held), 0);
		ck_assert(!is_locked(try_write, &rwlock));
	}
	WITH_READ_LOCK (held, null)
		ck_abort_msg("locked NULL");
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_WRITE_LOCK (held, null)
		ck_abort_msg("locked NULL");
	else
		ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static char path[4096];

static const char *lock_file(void)
{
	snprintf(path, sizeof(path), "%s/lock", testing_tmpdir());
	return path;
}

/* As another process would find it. */
static int may_lock(int operation)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = flock(fd, operation | LOCK_NB);

	close(fd);
	return result == 0;
}

START_TEST(flock_is_held_inside_and_free_outside)
{
	char *before = testing_descriptors();
	struct stat st;

	umask(027);
	WITH_FLOCK (lock, lock_file(), .create = 1) {
		ck_assert_int_eq(fcntl(lock, F_GETFD), FD_CLOEXEC);
		ck_assert(!may_lock(LOCK_SH));
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert(may_lock(LOCK_EX));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	WITH_FLOCK (lock, path, .shared = 1) {
		ck_assert(may_lock(LOCK_SH));
		ck_assert(!may_lock(LOCK_EX));
	}
	{
		SCOPED_FLOCK(lock, path);
		ck_assert(!may_lock(LOCK_SH));
		ck_assert_int_eq(with_flock_close(&lock), 0);
		ck_assert_int_eq(lock, -1);
		ck_assert(may_lock(LOCK_EX));
		ck_assert_int_eq(with_flock_close(&lock), 0);
	}
	unlink(path);
	WITH_FLOCK (lock, testing_tmpdir(), .nonblocking = 1)
		ck_assert_int_ge(lock, 0);
	else
		ck_abort_msg("a directory: %s", strerror(errno));
	testing_same_descriptors(before);
}
END_TEST

START_TEST(flock_that_another_holds_fails_at_once_if_asked)
{
	char *before = testing_descriptors();

	WITH_FLOCK (first, lock_file(), .create = 1) {
		hook_listen();
		errno = 0;
		WITH_FLOCK (second, path, .nonblocking = 1) {
			ck_abort_msg("locked twice");
		} else {
			ck_assert_int_eq(second, -1);
			ck_assert_int_eq(errno, EWOULDBLOCK);
		}
		ck_assert_str_eq(hook_heard(), "open with_flock 11 at a line");
	}
	WITH_FLOCK (first, path, .shared = 1) {
		WITH_FLOCK (second, path, .shared = 1, .nonblocking = 1)
			ck_assert_int_ne(first, second);
		else
			ck_abort_msg("%s", strerror(errno));
	}
	unlink(path);
	testing_same_descriptors(before);
}
END_TEST

static void ring(int signal)
{
	(void)signal;
}

START_TEST(flock_waits_and_a_signal_ends_the_waiting)
{
	struct sigaction action = { .sa_handler = ring }, old;
	struct itimerval soon = {
		.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000
	};

	sigaction(SIGALRM, &action, &old);
	WITH_FLOCK (first, lock_file(), .create = 1) {
		setitimer(ITIMER_REAL, &soon, NULL);
		errno = 0;
		WITH_FLOCK (second, path)
			ck_abort_msg("locked twice");
		else
			ck_assert_int_eq(errno, EINTR);
		setitimer(ITIMER_REAL, &(struct itimerval){ .it_interval.tv_sec = 0 },
			  NULL);
	}
	sigaction(SIGALRM, &old, NULL);
	unlink(path);
}
END_TEST

START_TEST(flock_of_nothing_fails)
{
	const char *null = NULL;

	errno = 0;
	WITH_FLOCK (lock, null)
		ck_abort_msg("locked NULL");
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_FLOCK (lock, lock_file())
		ck_abort_msg("locked nothing");
	else
		ck_assert_int_eq(errno, ENOENT);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void leave_the_block(void *lock)
{
	testing_expect(with_flock_close(lock) == 0);
}

START_TEST(child_that_leaves_the_block_does_not_free_its_parents_flock)
{
	WITH_FLOCK (lock, lock_file(), .create = 1) {
		int status = testing_in_child(leave_the_block, &lock);

		ck_assert(testing_exited(status, 0));
		ck_assert(!may_lock(LOCK_EX));
	}
	ck_assert(may_lock(LOCK_EX));
	unlink(path);
}
END_TEST

static int failing_close(int fd)
{
	close(fd);
	errno = EIO;
	return -1;
}

START_TEST(flock_is_stolen_and_its_failing_close_seen)
{
	int kept = -1;

	WITH_FLOCK (lock, lock_file(), .create = 1)
		kept = with_flock_steal(&lock);
	ck_assert(!may_lock(LOCK_EX));
	close(kept);
	ck_assert(may_lock(LOCK_EX));
	with__sys.close = failing_close;
	WITH_FLOCK (lock, path) {
		ck_assert_int_eq(with_flock_close(&lock), -1);
		ck_assert_int_eq(errno, EIO);
	}
	hook_listen();
	WITH_FLOCK (lock, path)
		errno = EDOM;
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close descriptor 5");
	unlink(path);
}
END_TEST

TESTING_MAIN("lock",
	mutex_is_held_inside_and_free_outside,
	mutex_that_cannot_be_had_runs_the_else_arm,
	mutex_that_cannot_be_unlocked_is_returned_or_told,
	robust_mutex_of_a_dead_owner_is_held_and_says_so,
	locks_are_stolen,
	read_locks_are_many_and_a_write_lock_is_alone,
	flock_is_held_inside_and_free_outside,
	flock_that_another_holds_fails_at_once_if_asked,
	flock_waits_and_a_signal_ends_the_waiting,
	flock_of_nothing_fails,
	child_that_leaves_the_block_does_not_free_its_parents_flock,
	flock_is_stolen_and_its_failing_close_seen)
