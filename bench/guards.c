/* SPDX-License-Identifier: MIT */
/*
 * guards.c - what a ready-made guard costs over the calls it wraps
 *
 * Each guard runs in a loop, beside the pair of calls that a careful program
 * would make by hand for the same end, with the same system calls. The pairs
 * do less than the guards, so the comparison is in their favour: none keeps
 * errno, none tells anybody where a close failed, none stays whole if its
 * thread is cancelled, none keeps a forked child from flushing.
 *
 * A round is some microseconds of the one and then of the other, in turns of
 * which is first, and gives one difference. Printed are nanoseconds: the
 * medians of both, the median of the differences, the bounds between which that
 * median lies with 95 % confidence, and the quartiles of the differences. A
 * guard is over the limit if that whole interval is.
 *
 * Built a second time with WITH_UNWINDABLE, bench/guards-unwindable.
 *
 *	make bench-guards
 *	bench/guards [NAME...]
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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
#include <with/memory.h>
#include <with/process.h>

/* The compiler must believe that it is used. */
#define USE(value) __asm__ volatile("" : : "g"(value) : "memory")

/* Each in a loop of its own: neither is compiled into the other's. */
#define LOOP(name) \
	static inline __attribute__((always_inline)) void name##_once(void); \
	static __attribute__((noinline, aligned(64))) void name(int times) \
	{ \
		while (times-- > 0) \
			name##_once(); \
	} \
	static inline __attribute__((always_inline)) void name##_once(void)
#define BY_HAND(name) LOOP(by_hand_##name)
#define GUARDED(name) LOOP(guarded_##name)

static const char path[] = "/dev/null";
static const char *tempdir;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int lost;

/* Close-on-exec, as the guard opens it. */
BY_HAND(file)
{
	FILE *file = fopen(path, "re");

	if (file) {
		USE(file);
		if (fclose(file) != 0)
			lost++;
	}
}

GUARDED(file)
{
	WITH_FILE (file, path, "r")
		USE(file);
}

BY_HAND(written_file)
{
	FILE *file = fopen(path, "we");

	if (file) {
		fputs("text", file);
		if (fclose(file) != 0)
			lost++;
	}
}

GUARDED(written_file)
{
	WITH_FILE (file, path, "w")
		fputs("text", file);
}

BY_HAND(fd)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		USE(fd);
		if (close(fd) != 0)
			lost++;
	}
}

GUARDED(fd)
{
	WITH_FD (fd, path, O_RDONLY)
		USE(fd);
}

BY_HAND(dirstream)
{
	DIR *directory = opendir("/");

	if (directory) {
		USE(directory);
		if (closedir(directory) != 0)
			lost++;
	}
}

GUARDED(dirstream)
{
	WITH_DIRSTREAM (directory, "/")
		USE(directory);
}

BY_HAND(memory)
{
	void *memory = malloc(100);

	if (memory) {
		USE(memory);
		free(memory);
	}
}

GUARDED(memory)
{
	WITH_MEMORY (memory, malloc(100))
		USE(memory);
}

BY_HAND(string)
{
	char *string;

	if (asprintf(&string, "%d", 7) >= 0) {
		USE(string);
		free(string);
	}
}

GUARDED(string)
{
	WITH_STRING (string, "%d", 7)
		USE(string);
}

BY_HAND(mmap)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map != MAP_FAILED) {
		USE(map);
		if (munmap(map, 4096) != 0)
			lost++;
	}
}

GUARDED(mmap)
{
	WITH_MMAP (map, -1, .length = 4096)
		USE(map.data);
}

BY_HAND(mutex)
{
	if (pthread_mutex_lock(&mutex) == 0) {
		USE(0);
		pthread_mutex_unlock(&mutex);
	}
}

GUARDED(mutex)
{
	WITH_MUTEX (held, &mutex)
		USE(held);
}

BY_HAND(read_lock)
{
	if (pthread_rwlock_rdlock(&rwlock) == 0) {
		USE(0);
		pthread_rwlock_unlock(&rwlock);
	}
}

GUARDED(read_lock)
{
	WITH_READ_LOCK (held, &rwlock)
		USE(held);
}

BY_HAND(write_lock)
{
	if (pthread_rwlock_wrlock(&rwlock) == 0) {
		USE(0);
		pthread_rwlock_unlock(&rwlock);
	}
}

GUARDED(write_lock)
{
	WITH_WRITE_LOCK (held, &rwlock)
		USE(held);
}

/* The flags keep a FIFO and a terminal from being in the way. */
BY_HAND(flock)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0)
			USE(fd);
		if (close(fd) != 0)
			lost++;
	}
}

GUARDED(flock)
{
	WITH_FLOCK (fd, "/", .shared = 1, .nonblocking = 1)
		USE(fd);
}

/* The way back is a descriptor, since the old path may be renamed. */
BY_HAND(chdir)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back >= 0) {
		if (chdir("/") == 0)
			USE(back);
		if (fchdir(back) != 0)
			lost++;
		close(back);
	}
}

GUARDED(chdir)
{
	WITH_CHDIR (back, "/")
		USE(back);
}

/* setenv() may free what getenv() gave; and unset is not the same as empty. */
BY_HAND(env)
{
	const char *now = getenv("BENCH");
	char *old = now ? strdup(now) : NULL;

	if (!now || old) {
		if (setenv("BENCH", "x", 1) == 0)
			USE(old);
		if ((old ? setenv("BENCH", old, 1) : unsetenv("BENCH")) != 0)
			lost++;
		free(old);
	}
}

GUARDED(env)
{
	WITH_ENV (env, "BENCH", "x")
		USE(env);
}

BY_HAND(umask)
{
	mode_t old = umask(022);

	USE(old);
	umask(old);
}

GUARDED(umask)
{
	WITH_UMASK (old, 022u)
		USE(old);
}

BY_HAND(sigmask)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, &old) == 0) {
		USE(&old);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
}

GUARDED(sigmask)
{
	WITH_SIGMASK (old, SIG_BLOCK, SIGUSR1)
		USE(&old);
}

/* The hard limit stays what it is, and may be lower by the end. */
BY_HAND(rlimit)
{
	struct rlimit old, new;

	if (getrlimit(RLIMIT_NOFILE, &old) != 0)
		return;
	new = old;
	new.rlim_cur = 50;
	if (setrlimit(RLIMIT_NOFILE, &new) == 0)
		USE(&old);
	if (getrlimit(RLIMIT_NOFILE, &new) != 0)
		lost++;
	new.rlim_cur = old.rlim_cur < new.rlim_max ? old.rlim_cur : new.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &new) != 0)
		lost++;
}

GUARDED(rlimit)
{
	WITH_RLIMIT (old, RLIMIT_NOFILE, 50)
		USE(&old);
}

/* All categories, so that there is nothing of the old one to copy. */
BY_HAND(locale)
{
	locale_t new = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (new) {
		locale_t old = uselocale(new);

		USE(new);
		uselocale(old);
		freelocale(new);
	}
}

GUARDED(locale)
{
	WITH_LOCALE (locale, LC_ALL, "C")
		USE(&locale);
}

/*
 * What is pending belongs outside at the beginning, and inside at the end. The
 * number is close-on-exec again if it was; the old file moves out of the way of
 * the numbers that programs expect to be free.
 */
BY_HAND(capture)
{
	int flags = fcntl(1, F_GETFD), old = -1, file = -1;

	if (flags >= 0 && fflush(stdout) == 0)
		old = fcntl(1, F_DUPFD_CLOEXEC, 10);
	if (old >= 0)
		file = open(tempdir, O_TMPFILE | O_RDWR | O_EXCL |
			    O_CLOEXEC | O_APPEND, 0600);
	if (file >= 0) {
		if (dup3(file, 1, flags & FD_CLOEXEC ? O_CLOEXEC : 0) >= 0)
			USE(file);
		if (fflush(stdout) != 0)
			lost++;
		if (dup3(old, 1, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
			lost++;
		close(file);
	}
	close(old);
}

GUARDED(capture)
{
	WITH_CAPTURE (out, stdout)
		USE(out);
}

/* By hand: an array with a bound, of which the newest is called first. */
struct stack {
	size_t count;
	struct {
		void (*fn)(void *argument);
		void *argument;
	} things[WITH_EXIT_STACK_FIRST];
};

static int push(struct stack *stack, void (*fn)(void *), void *argument)
{
	if (stack->count == WITH_EXIT_STACK_FIRST)
		return -1;
	stack->things[stack->count].fn = fn;
	stack->things[stack->count].argument = argument;
	stack->count++;
	return 0;
}

static __attribute__((noinline)) void nothing(void *unused)
{
	USE(unused);
}

BY_HAND(exit_stack)
{
	struct stack stack;

	stack.count = 0;
	USE(&stack);
	if (push(&stack, nothing, &stack) != 0)
		lost++;
	USE(&stack);
	while (stack.count > 0) {
		stack.count--;
		stack.things[stack.count].fn(stack.things[stack.count].argument);
	}
}

GUARDED(exit_stack)
{
	WITH_EXIT_STACK (stack) {
		USE(&stack);
		if (with_exit_stack_push(&stack, nothing, &stack) != 0)
			lost++;
		USE(&stack);
	}
}

static const struct contender {
	const char *name;
	int times;		/* in a round */
	void (*by_hand)(int times);
	void (*guarded)(int times);
} contenders[] = {
#define CONTENDER(name, times) \
	{ #name, times, by_hand_##name, guarded_##name }
	CONTENDER(file, 10),
	CONTENDER(written_file, 10),
	CONTENDER(fd, 20),
	CONTENDER(dirstream, 10),
	CONTENDER(memory, 500),
	CONTENDER(string, 100),
	CONTENDER(mmap, 5),
	CONTENDER(mutex, 1000),
	CONTENDER(read_lock, 500),
	CONTENDER(write_lock, 500),
	CONTENDER(flock, 10),
	CONTENDER(chdir, 10),
	CONTENDER(env, 30),
	CONTENDER(umask, 50),
	CONTENDER(sigmask, 50),
	CONTENDER(rlimit, 20),
	CONTENDER(locale, 500),
	CONTENDER(capture, 2),
	CONTENDER(exit_stack, 500),
};

#ifndef ROUNDS
#define ROUNDS 6001
#endif

struct rounds {
	double by_hand[ROUNDS];
	double guarded[ROUNDS];
	double over[ROUNDS];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double measure(void (*loop)(int times), int times)
{
	double began = now();

	loop(times);
	return (now() - began) / times;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void sort(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
}

static bool is_over(const struct contender *it, double allowed)
{
	/* By how many places the median of so many may be off: 95 %. */
	const int places = (int)(0.98 * sqrt(ROUNDS)) + 1;
	static struct rounds r;
	const double *over = r.over;
	bool dear;

	it->by_hand(it->times);
	it->guarded(it->times);
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 2)
			r.guarded[i] = measure(it->guarded, it->times);
		r.by_hand[i] = measure(it->by_hand, it->times);
		if (i % 2 == 0)
			r.guarded[i] = measure(it->guarded, it->times);
		r.over[i] = r.guarded[i] - r.by_hand[i];
	}
	sort(r.by_hand);
	sort(r.guarded);
	sort(r.over);
	dear = over[ROUNDS / 2 - places] > allowed;
	printf("%-12s %9.1f %9.1f %+8.1f  %+7.1f %+7.1f  %+7.1f %+7.1f%s\n",
	       it->name, r.by_hand[ROUNDS / 2], r.guarded[ROUNDS / 2],
	       over[ROUNDS / 2], over[ROUNDS / 2 - places],
	       over[ROUNDS / 2 + places], over[ROUNDS / 4],
	       over[ROUNDS * 3 / 4], dear ? "  over the limit" : "");
	return dear;
}

static bool is_wanted(const char *name, char *const names[])
{
	if (!*names)
		return true;
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

int main(int argc, char *argv[])
{
#ifdef WITH_UNWINDABLE
	const double allowed = 100;
#else
	const double allowed = 5;
#endif
	int too_dear = 0;

	(void)argc;
	setenv("BENCH", "old", 1);
	tempdir = tempfile_gettempdir();
	printf("allowed: %.0f ns\n", allowed);
	printf("%-12s %9s %9s %8s  %15s  %15s\n", "guard", "by hand",
	       "guarded", "over", "of 95 %", "of the half");
	for (size_t i = 0; i < sizeof(contenders) / sizeof(*contenders); i++)
		if (is_wanted(contenders[i].name, argv + 1))
			too_dear += is_over(&contenders[i], allowed);
	if (lost)
		fprintf(stderr, "%d failures\n", lost);
	return too_dear || lost ? 1 : 0;
}
