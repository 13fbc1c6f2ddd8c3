/* SPDX-License-Identifier: MIT */
/*
 * guards.c - what a ready-made guard costs over the calls it wraps
 *
 * Each guard runs in a loop, beside the same calls written by hand: what it
 * calls on the way in, and on the way out. The shortest of many short rounds
 * counts for each, taken in turns, so that a busy machine disturbs both or
 * neither. Printed: nanoseconds by hand, with the guard, and the difference.
 * Built a second time with WITH_UNWINDABLE, bench/guards-unwindable.
 *
 *	make bench-guards
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <with.h>
#include <with/capture.h>
#include <with/descriptor.h>
#include <with/exit_stack.h>
#include <with/lock.h>
#include <with/process.h>
#include <with/memory.h>

#define ROUNDS 400

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static char path[] = "/dev/null";

/* The compiler must believe that it is used. */
#define USE(value) __asm__ volatile("" : : "g"(value) : "memory")

/* name, how often in a round, by hand, with the guard */
static __attribute__((noinline)) void nothing(void *unused)
{
	USE(unused);
}

#define GUARDS(X) \
	X(file, 20, __extension__ ({ FILE *f = fopen(path, "re"); USE(f); fclose(f); }), \
	  __extension__ ({ WITH_FILE (f, path, "r") USE(f); })) \
	X(fd, 100, __extension__ ({ int fd = open(path, O_RDONLY | O_CLOEXEC); USE(fd); \
		    close(fd); }), \
	  __extension__ ({ WITH_FD (fd, path, O_RDONLY) USE(fd); })) \
	X(dirstream, 20, __extension__ ({ DIR *d = opendir("/"); USE(d); closedir(d); }), \
	  __extension__ ({ WITH_DIRSTREAM (d, "/") USE(d); })) \
	X(memory, 1000, __extension__ ({ void *p = malloc(100); USE(p); free(p); }), \
	  __extension__ ({ WITH_MEMORY (p, malloc(100)) USE(p); })) \
	X(string, 200, __extension__ ({ char *s; if (asprintf(&s, "%d", 7) > 0) { USE(s); \
		free(s); } }), \
	  __extension__ ({ WITH_STRING (s, "%d", 7) USE(s); })) \
	X(mmap, 50, __extension__ ({ void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, \
		MAP_SHARED | MAP_ANONYMOUS, -1, 0); USE(p); \
		munmap(p, 4096); }), \
	  __extension__ ({ WITH_MMAP (p, -1, .length = 4096) USE(p.data); })) \
	X(mutex, 1000, __extension__ ({ pthread_mutex_lock(&mutex); USE(0); \
		pthread_mutex_unlock(&mutex); }), \
	  __extension__ ({ WITH_MUTEX (held, &mutex) USE(held); })) \
	X(read lock, 1000, __extension__ ({ pthread_rwlock_rdlock(&rwlock); USE(0); \
		pthread_rwlock_unlock(&rwlock); }), \
	  __extension__ ({ WITH_READ_LOCK (held, &rwlock) USE(held); })) \
	X(write lock, 1000, __extension__ ({ pthread_rwlock_wrlock(&rwlock); USE(0); \
		pthread_rwlock_unlock(&rwlock); }), \
	  __extension__ ({ WITH_WRITE_LOCK (held, &rwlock) USE(held); })) \
	X(flock, 50, __extension__ ({ int fd = open("/", O_RDONLY | O_CLOEXEC | O_NOCTTY | \
		O_NONBLOCK); \
		flock(fd, LOCK_SH | LOCK_NB); USE(fd); close(fd); }), \
	  __extension__ ({ WITH_FLOCK (fd, "/", .shared = 1, .nonblocking = 1) USE(fd); })) \
	X(chdir, 50, __extension__ ({ int fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC); \
		if (chdir("/") == 0 && fchdir(fd) == 0) close(fd); }), \
	  __extension__ ({ WITH_CHDIR (back, "/") USE(back); })) \
	X(env, 200, __extension__ ({ char *old = strdup(getenv("BENCH")); \
		setenv("BENCH", "x", 1); USE(old); setenv("BENCH", old, 1); \
		free(old); }), \
	  __extension__ ({ WITH_ENV (env, "BENCH", "x") USE(env); })) \
	X(umask, 200, __extension__ ({ mode_t old = umask(022); USE(old); umask(old); }), \
	  __extension__ ({ WITH_UMASK (old, 022u) USE(old); })) \
	X(sigmask, 200, __extension__ ({ sigset_t set, old; sigemptyset(&set); \
		sigaddset(&set, SIGUSR1); \
		pthread_sigmask(SIG_BLOCK, &set, &old); USE(&old); \
		pthread_sigmask(SIG_SETMASK, &old, NULL); }), \
	  __extension__ ({ WITH_SIGMASK (old, SIG_BLOCK, SIGUSR1) USE(&old); })) \
	X(rlimit, 100, __extension__ ({ struct rlimit old, new; \
		getrlimit(RLIMIT_NOFILE, &old); new = old; new.rlim_cur = 50; \
		setrlimit(RLIMIT_NOFILE, &new); USE(&old); \
		getrlimit(RLIMIT_NOFILE, &new); new.rlim_cur = old.rlim_cur; \
		setrlimit(RLIMIT_NOFILE, &new); }), \
	  __extension__ ({ WITH_RLIMIT (old, RLIMIT_NOFILE, 50) USE(&old); })) \
	X(locale, 100, __extension__ ({ locale_t base = duplocale(uselocale((locale_t)0)); \
		locale_t new = newlocale(LC_ALL_MASK, "C", base); \
		locale_t old = uselocale(new); USE(new); uselocale(old); \
		freelocale(new); }), \
	  __extension__ ({ WITH_LOCALE (locale, LC_ALL, "C") USE(&locale); })) \
	X(capture, 5, __extension__ ({ int old, file; fflush(stdout); \
		fcntl(1, F_GETFD); old = fcntl(1, F_DUPFD_CLOEXEC, 10); \
		file = open("/tmp", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC | \
			O_APPEND, 0600); \
		dup3(file, 1, 0); USE(file); fflush(stdout); dup3(old, 1, 0); \
		close(old); close(file); }), \
	  __extension__ ({ WITH_CAPTURE (out, stdout) USE(out); })) \
	X(exit stack, 200, __extension__ ({ struct { void (*fn)(void *); void *arg; } \
		one = { nothing, NULL }; USE(&one); one.fn(one.arg); }), \
	  __extension__ ({ WITH_EXIT_STACK (stack) with_exit_stack_push(&stack, nothing, NULL); }))

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void shorten(double *shortest, double began, int count)
{
	double taken = (now() - began) / count;

	if (*shortest == 0 || taken < *shortest)
		*shortest = taken;
}


static double measure_clock(void)
{
	double shortest = 0;

	for (int i = 0; i < 1000; i++)
		shorten(&shortest, now(), 1);
	return shortest;
}

static int too_dear;

static void print(const char *name, double by_hand, double guarded,
		  double allowed)
{
	double over = guarded - by_hand;

	printf("%-12s %10.1f %10.1f %+9.1f%s\n", name, by_hand, guarded, over,
	       over > allowed ? "  over the limit" : "");
	too_dear += over > allowed;
}

#define MEASURE(name, count, by_hand, guarded) \
	do { \
		double plain = 0, with = 0, began; \
		\
		for (int round = 0; round < ROUNDS; round++) { \
			began = now(); \
			for (int i = 0; i < (count); i++) \
				by_hand; \
			shorten(&plain, began, count); \
			began = now(); \
			for (int i = 0; i < (count); i++) \
				guarded; \
			shorten(&with, began, count); \
		} \
		print(#name, plain, with, allowed); \
	} while (0);

int main(void)
{
#ifdef WITH_UNWINDABLE
	const double allowed = 100;
#else
	const double allowed = 5;
#endif
	setenv("BENCH", "old", 1);
	printf("clock: %.0f ns a reading; allowed: %.0f ns\n", measure_clock(),
	       allowed);
	printf("%-12s %10s %10s %9s\n", "guard", "by hand", "guarded", "over");
	GUARDS(MEASURE)
	return too_dear ? 1 : 0;
}
