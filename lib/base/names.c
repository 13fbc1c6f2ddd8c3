/* SPDX-License-Identifier: MIT */
/*
 * names.c - a pool of random bytes for each thread
 *
 * A name from a system call of its own costs 7 % of making a file, one from a
 * pool 1 %. Each byte is used once. The pool carries the generation of the
 * process that filled it: a forked child fills its own.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "base/names.h"
#include "base/process.h"
#include "base/syscalls.h"

/* As much as getrandom() gives without ever being interrupted. */
#define POOL_SIZE 256

static _Thread_local struct {
	uint64_t process;
	size_t left;
	unsigned char bytes[POOL_SIZE];
} pool;

static const char alphabet[32] = "abcdefghijklmnopqrstuvwxyz234567";

static ssize_t read_fully(int fd, unsigned char *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = with__sys.read(fd, buffer + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* Linux before 3.17, a filter, or an entropy pool that is not ready yet. */
static int fill_from_device(void)
{
	int fd = with__sys.openat(AT_FDCWD, "/dev/urandom",
				  O_RDONLY | O_CLOEXEC, 0);
	ssize_t got;
	int error;

	if (fd < 0)
		return -1;
	got = read_fully(fd, pool.bytes, POOL_SIZE);
	error = got == 0 ? EIO : errno;
	with__sys.close(fd);
	errno = error;
	return got == POOL_SIZE ? 0 : -1;
}

static int fill(void)
{
	int saved = errno;

	pool.left = 0;
	if (with__sys.getrandom(pool.bytes, POOL_SIZE, GRND_NONBLOCK) !=
	    POOL_SIZE && fill_from_device() < 0)
		return -1;
	errno = saved;
	pool.process = with__process();
	pool.left = POOL_SIZE;
	return 0;
}

int with__name_random(char *where, size_t length)
{
	uint64_t process = with__process();
	size_t i;

	for (i = 0; i < length; i++) {
		if ((!pool.left || pool.process != process) && fill() < 0)
			return -1;
		where[i] = alphabet[pool.bytes[--pool.left] % 32];
	}
	return 0;
}
