/* SPDX-License-Identifier: MIT */
/*
 * every-macro-scope.c - each macro of the ready-made guards, used as a program
 * uses them; see every-macro.c.
 */
#define _GNU_SOURCE
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include <with/capture.h>
#include <with/exit_stack.h>
#include <with/lock.h>
#include <with/memory.h>
#include <with/process.h>
#include <with/spooled.h>

int captures(void);
int stacks(int count);
int locks(pthread_mutex_t *mutex, pthread_rwlock_t *lock);
int locks_files(const char *path);
int memories(size_t size, int fd);
int changes_the_process(int fd);
int spools(void);

int captures(void)
{
	WITH_CAPTURE (out, stdout) {
		SCOPED_CAPTURE(again, stdout);

		return again ? (int)again->length : out->fd;
	} else {
		return -1;
	}
	WITH_CAPTURE_FD (error, 2) {
		SCOPED_CAPTURE_FD(again, 2);

		return again ? again->fd : error->fd;
	}
	return 0;
}

int stacks(int count)
{
	SCOPED_EXIT_STACK(outer);

	WITH_EXIT_STACK (stack) {
		for (int i = 0; i < count + WITH_EXIT_STACK_FIRST; i++) {
			SCOPED_SPOOLED_TMP(spooled);

			if (!spooled)
				return -1;
			if (with_exit_stack_take(&stack, tempfile_spooled,
						 spooled) < 0)
				return -1;
		}
		return with_exit_stack_push(&stack, free, malloc(10));
	}
	return with_exit_stack_close(&outer);
}

int locks(pthread_mutex_t *mutex, pthread_rwlock_t *lock)
{
	WITH_MUTEX (held, mutex) {
		WITH_READ_LOCK (reading, lock) {
			return held && reading;
		}
		WITH_WRITE_LOCK (writing, lock) {
			return writing ? 1 : 0;
		}
	} else {
		return -1;
	}
	{
		SCOPED_MUTEX(held, mutex);
		SCOPED_READ_LOCK(reading, lock);

		if (held && reading)
			return 1;
	}
	SCOPED_WRITE_LOCK(writing, lock);

	return writing ? 1 : 0;
}

int locks_files(const char *path)
{
	int fd = with_flock_open(path);

	WITH_FLOCK (outer, path) {
		SCOPED_FLOCK(inner, path);

		return outer + inner;
	}
	return with_flock_close(&fd);
}

int memories(size_t size, int fd)
{
	struct with_mmap plain = with_mmap_open(fd);

	WITH_MEMORY (memory, (char *)malloc(size)) {
		SCOPED_MEMORY(numbers, (int *)calloc(size, sizeof(int)));

		memory[0] = 'x';
		return numbers ? numbers[0] + memory[0] : -1;
	} else {
		return -1;
	}
	WITH_STRING (text, "%d", fd) {
		SCOPED_STRING(more, "%s %s", text, text);

		return more ? more[0] : -1;
	}
	WITH_MMAP (map, fd) {
		SCOPED_MMAP(again, fd);

		return map.data == again.data;
	}
	return with_mmap_close(&plain);
}

int changes_the_process(int fd)
{
	WITH_CHDIR (outer, "/") {
		SCOPED_CHDIR(inner, "..");

		return outer + inner;
	}
	WITH_FCHDIR (outer, fd) {
		SCOPED_FCHDIR(inner, fd);

		return outer + inner;
	}
	WITH_ENV (outer, "NAME", "value") {
		SCOPED_ENV(inner, "NAME", NULL);

		return outer && inner;
	}
	WITH_UMASK (outer, 077) {
		SCOPED_UMASK(inner, 0);

		return outer + inner;
	}
	WITH_RLIMIT (outer, RLIMIT_NOFILE, 10) {
		SCOPED_RLIMIT(inner, RLIMIT_NOFILE, 9);

		(void)outer;
		(void)inner;
		return 1;
	}
	WITH_SIGMASK (outer, SIG_BLOCK, SIGINT, SIGTERM) {
		SCOPED_SIGMASK(inner, SIG_UNBLOCK, WITH_ALL_SIGNALS);

		(void)outer;
		(void)inner;
		return 1;
	}
	WITH_LOCALE (outer, LC_NUMERIC, "C") {
		SCOPED_LOCALE(inner, LC_CTYPE, "C");

		(void)outer;
		(void)inner;
	}
	return 0;
}

int spools(void)
{
	struct tempfile_spooled *plain = tempfile_spooled_open(.max_size = 9);

	WITH_SPOOLED_TMP (spooled, .max_size = 100) {
		return fputc('x', spooled->file);
	}
	return tempfile_spooled_close(&plain);
}

int main(int argc, char **argv)
{
	return captures() + stacks(argc) + locks(NULL, NULL) +
	       locks_files(argv[argc - 1]) + memories(1, argc) +
	       changes_the_process(argc) + spools();
}
