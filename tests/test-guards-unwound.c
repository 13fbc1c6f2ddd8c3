/* SPDX-License-Identifier: MIT */
/*
 * test-guards-unwound.c - every ready-made guard in a file with
 * WITH_UNWINDABLE: given back by with_unwind(), once, and not again by what
 * was closed or stolen; and guards within guards
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int freed;

static void counting_free(void *memory)
{
	freed++;
	free(memory);
}
#define WITH_UNWINDABLE
#define free counting_free
#include <with/memory.h>
#undef free
#include <with.h>
#include <with/capture.h>
#include <with/descriptor.h>
#include <with/exit_stack.h>
#include <with/lock.h>
#include <with/process.h>

#include "testing.h"

static jmp_buf env;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

/* In what state the process and the thread are, as text. */
static char *state(void)
{
	char *text = NULL, *descriptors = testing_descriptors();
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct rlimit limit;
	struct stat here;
	sigset_t blocked;
	mode_t mask = umask(0);

	umask(mask);
	getrlimit(RLIMIT_NOFILE, &limit);
	stat(".", &here);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	fprintf(out, "%s umask %o limit %llu here %llu env %s USR1 %d locale %p",
		descriptors, (unsigned)mask, (unsigned long long)limit.rlim_cur,
		(unsigned long long)here.st_ino,
		getenv("WITH_TEST") ? getenv("WITH_TEST") : "unset",
		sigismember(&blocked, SIGUSR1), (void *)uselocale((locale_t)0));
	fprintf(out, " mutex %d lock %d", pthread_mutex_trylock(&mutex),
		pthread_rwlock_trywrlock(&rwlock));
	pthread_mutex_unlock(&mutex);
	pthread_rwlock_unlock(&rwlock);
	fclose(out);
	free(descriptors);
	return text;
}

static void *mapped;

static int is_mapped(void)
{
	unsigned char in_core;

	return mincore(mapped, 1, &in_core) == 0;
}

static void set_flag(void *flag)
{
	++*(int *)flag;
}

static int pushed;

/* All of them at once; inner ones use what outer ones hold. */
static void enter_all(void)
{
	SCOPED_TEMPDIR(dir, .prefix = "unwound_");
	SCOPED_FCHDIR(back, tempfile_dir_fd(dir));
	SCOPED_ENV(variable, "WITH_TEST", dir->path);
	SCOPED_UMASK(mask, 077u);
	SCOPED_FLOCK(lock, "lock", .create = 1);
	SCOPED_FILE(file, "file", "w");
	SCOPED_FD(fd, "file", O_RDWR);
	SCOPED_FD_FROM(copy, dup(fd));
	SCOPED_DIRSTREAM(directory, ".");
	SCOPED_MEMORY(bytes, malloc(10));
	SCOPED_STRING(string, "%s/x", dir->path);
	SCOPED_MMAP(map, -1, .length = 100);
	SCOPED_RLIMIT(limit, RLIMIT_NOFILE, 60);
	SCOPED_SIGMASK(blocked, SIG_BLOCK, SIGUSR1);
	SCOPED_LOCALE(locale, LC_ALL, "C");
	SCOPED_MUTEX(held, &mutex);
	SCOPED_WRITE_LOCK(written, &rwlock);
	SCOPED_EXIT_STACK(stack);
	for (int i = 0; i < 20; i++)
		with_exit_stack_push(&stack, set_flag, &pushed);
	SCOPED_FD(taken, "file", O_RDWR);
	ck_assert_int_eq(with_exit_stack_take(&stack, with_fd, taken), 0);
	SCOPED_CAPTURE(out, stdout);

	ck_assert(dir && back >= 0 && variable && mask >= 0 && lock >= 0 &&
		  file && fd >= 0 && copy >= 0 && directory && bytes && string);
	ck_assert(map.data && limit.held && blocked.held && locale.entered_ &&
		  held && written && stack.held_ && out);
	mapped = map.data;
	ck_assert_int_eq(with_memory_resize(&bytes, 100000), 0);
	longjmp(env, 1);
}

START_TEST(every_guard_is_given_back_by_unwind)
{
	struct with_mark mark = with_mark();
	char *before = state(), *after;

	freed = pushed = 0;
	if (setjmp(env) == 0) {
		enter_all();
	} else {
		ck_assert(is_mapped());
		ck_assert_int_ne(pthread_mutex_trylock(&mutex), 0);
		errno = EDOM;
		with_unwind(mark);
		ck_assert_int_eq(errno, EDOM);
	}
	after = state();
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(freed, 2);
	ck_assert_int_eq(pushed, 20);
	ck_assert(!is_mapped());
	ck_assert_uint_eq(testing_entries(NULL), 0);
	with_unwind(mark);
	ck_assert_int_eq(freed, 2);
	free(before);
	free(after);
}
END_TEST

static void hold_read_lock(void)
{
	SCOPED_READ_LOCK(held, &rwlock);
	ck_assert_ptr_nonnull(held);
	longjmp(env, 1);
}

START_TEST(read_lock_is_given_back_by_unwind)
{
	struct with_mark mark = with_mark();

	if (setjmp(env) == 0)
		hold_read_lock();
	ck_assert_int_ne(pthread_rwlock_trywrlock(&rwlock), 0);
	with_unwind(mark);
	ck_assert_int_eq(pthread_rwlock_trywrlock(&rwlock), 0);
	pthread_rwlock_unlock(&rwlock);
}
END_TEST

START_TEST(scopes_that_end_leave_nothing_to_unwind)
{
	struct with_mark mark = with_mark();
	char *before = state(), *after;
	int number = -1;

	freed = pushed = 0;
	WITH_MEMORY (bytes, malloc(10))
		WITH_FD (fd, "/dev/null", O_RDONLY)
			WITH_UMASK (mask, 0u)
				number = fd;
	ck_assert_int_eq(freed, 1);
	/* The number is somebody else's by now. */
	ck_assert_int_eq(dup(0), number);
	WITH_EXIT_STACK (stack)
		with_exit_stack_push(&stack, set_flag, &pushed);
	with_unwind(mark);
	ck_assert_int_eq(close(number), 0);
	ck_assert_int_eq(freed, 1);
	ck_assert_int_eq(pushed, 1);
	after = state();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

START_TEST(what_was_closed_or_stolen_is_not_unwound)
{
	struct with_mark mark = with_mark();
	void *kept;
	int number, fd_kept;

	freed = pushed = 0;
	SCOPED_MEMORY(closed, malloc(10));
	with_memory_close(&closed);
	SCOPED_MEMORY(stolen, malloc(10));
	kept = with_memory_steal(&stolen);
	SCOPED_FD(fd, "/dev/null", O_RDONLY);
	number = fd;
	with_fd_close(&fd);
	ck_assert_int_eq(dup(0), number);
	SCOPED_FD(other, "/dev/null", O_RDONLY);
	fd_kept = with_fd_steal(&other);
	SCOPED_EXIT_STACK(stack);
	with_exit_stack_push(&stack, set_flag, &pushed);
	struct with_exit_stack popped = with_exit_stack_pop_all(&stack);
	SCOPED_MUTEX(held, &mutex);
	ck_assert_ptr_eq(with_mutex_steal(&held), &mutex);
	SCOPED_UMASK(mask, 0u);
	ck_assert_int_eq(with_umask_close(&mask), 0);
	umask(011);
	with_unwind(mark);
	ck_assert_uint_eq(umask(022), 011);
	ck_assert_int_eq(freed, 1);
	ck_assert_int_eq(pushed, 0);
	ck_assert_int_ne(pthread_mutex_trylock(&mutex), 0);
	pthread_mutex_unlock(&mutex);
	ck_assert_int_eq(with_exit_stack_close(&popped), 0);
	ck_assert_int_eq(pushed, 1);
	ck_assert_int_eq(close(fd_kept), 0);
	ck_assert_int_eq(close(number), 0);
	free(kept);
}
END_TEST

START_TEST(memory_that_grew_keeps_its_place_below_a_mark)
{
	freed = 0;
	WITH_MEMORY (bytes, malloc(10)) {
		struct with_mark mark = with_mark();

		ck_assert_int_eq(with_memory_resize(&bytes, 100000), 0);
		with_unwind(mark);
		ck_assert_int_eq(freed, 0);
	}
	ck_assert_int_eq(freed, 1);
}
END_TEST

/* A temporary directory, entered, and named by a variable: in one block. */
START_TEST(guards_stand_in_one_block_and_use_each_other)
{
	char *before = state(), *after;

	WITH_TEMPDIR (dir)
		WITH_FCHDIR (back, tempfile_dir_fd(dir))
			WITH_ENV (home, "WITH_TEST", dir->path) {
				ck_assert_str_eq(getenv("WITH_TEST"), dir->path);
				WITH_FILE (file, "here", "w")
					fputs("text", file);
				WITH_FD (fd, "here", O_RDONLY)
					WITH_MMAP (map, fd)
						ck_assert_mem_eq(map.data,
								 "text", 4);
				ck_assert_uint_eq(testing_entries(dir->path), 1);
			}
	after = state();
	ck_assert_str_eq(before, after);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	free(before);
	free(after);
}
END_TEST

/* Each handed out of the function that entered it. */
static struct tempfile_dir *prepare(int *ret_back, struct with_env **ret_env)
{
	SCOPED_TEMPDIR(dir);
	SCOPED_FCHDIR(back, tempfile_dir_fd(dir));
	SCOPED_ENV(home, "WITH_TEST", dir->path);
	*ret_back = with_chdir_steal(&back);
	*ret_env = with_steal(home);
	return with_steal(dir);
}

START_TEST(guards_in_one_block_are_stolen_one_by_one)
{
	char *before = state(), *after;
	struct tempfile_dir *dir;
	struct with_env *home;
	int back;

	dir = prepare(&back, &home);
	ck_assert_str_eq(getenv("WITH_TEST"), dir->path);
	ck_assert_int_eq(with_env_close(&home), 0);
	ck_assert_int_eq(with_chdir_close(&back), 0);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	after = state();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

TESTING_MAIN("guards-unwound",
	every_guard_is_given_back_by_unwind,
	read_lock_is_given_back_by_unwind,
	scopes_that_end_leave_nothing_to_unwind,
	what_was_closed_or_stolen_is_not_unwound,
	memory_that_grew_keeps_its_place_below_a_mark,
	guards_stand_in_one_block_and_use_each_other,
	guards_in_one_block_are_stolen_one_by_one)
