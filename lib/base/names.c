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
#include <string.h>
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

/* Characters that are made at once, in one word. */
#define STRIDE sizeof(uint64_t)
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

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

/*
 * The low five bits of each byte as a letter, or from 26 on as a digit, '2' to
 * '7'. No byte carries into the next.
 */
static uint64_t spell(uint64_t bytes)
{
	uint64_t values = bytes & EACH(31);
	uint64_t is_digit = ((values + EACH(128 - 26)) >> 7) & EACH(1);

	return values + EACH('a') - is_digit * ('a' + 26 - '2');
}

/* The next characters of the pool, as many as are made at once. */
static int take(uint64_t process, uint64_t *ret)
{
	if (__builtin_expect(!pool.left || pool.process != process, 0) &&
	    fill() < 0)
		return -1;
	pool.left -= STRIDE;
	memcpy(ret, pool.bytes + pool.left, STRIDE);
	*ret = spell(*ret);
	return 0;
}

int with__name_random(char *where, size_t length)
{
	uint64_t process = with__process();
	uint64_t word;

	for (; length >= STRIDE; where += STRIDE, length -= STRIDE) {
		if (take(process, &word) < 0)
			return -1;
		memcpy(where, &word, STRIDE);
	}
	if (length == 0)
		return 0;
	if (take(process, &word) < 0)
		return -1;
	memcpy(where, &word, length);
	return 0;
}
