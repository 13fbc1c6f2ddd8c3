/* SPDX-License-Identifier: MIT */
/* pairs-things.c - files, memory and locks. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <with/descriptor.h>
#include <with/file.h>
#include <with/lock.h>
#include <with/memory.h>

#include "pairs.h"

static const char path[] = "/dev/null";
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int mapped;

/* Close-on-exec, as the guard opens it. */
BY_HAND(file)
{
	FILE *file = fopen(path, "re");

	if (file) {
		USE(file);
		if (fclose(file) != 0)
			pairs_lost++;
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
			pairs_lost++;
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
			pairs_lost++;
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
			pairs_lost++;
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
	void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, mapped, 0);

	if (map != MAP_FAILED) {
		USE(map);
		if (munmap(map, 4096) != 0)
			pairs_lost++;
	}
}

GUARDED(mmap)
{
	WITH_MMAP (map, mapped, .length = 4096)
		USE(map.data);
}

/* Memory that forked children share: a file, for the kernel. */
BY_HAND(mmap_zeros)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map != MAP_FAILED) {
		USE(map);
		if (munmap(map, 4096) != 0)
			pairs_lost++;
	}
}

GUARDED(mmap_zeros)
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
			pairs_lost++;
	}
}

GUARDED(flock)
{
	WITH_FLOCK (fd, "/", .shared = 1, .nonblocking = 1)
		USE(fd);
}

const struct pair pairs_of_things[] = {
	PAIR(file, 1),
	PAIR(written_file, 1),
	PAIR(fd, 1),
	PAIR(dirstream, 1),
	PAIR(memory, 50),
	PAIR(string, 10),
	PAIR(mmap, 1),
	PAIR(mmap_zeros, 1),
	PAIR(mutex, 100),
	PAIR(read_lock, 50),
	PAIR(write_lock, 50),
	PAIR(flock, 1),
	{ .name = NULL }
};

void pairs_prepare_things(void)
{
	mapped = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}
