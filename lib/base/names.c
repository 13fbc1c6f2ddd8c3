/* SPDX-License-Identifier: MIT */
/*
 * names.c - a pool of random characters for each thread
 *
 * A name from a system call of its own costs 7 % of making a file, one from a
 * pool 1 %. No bit is used twice, and none wasted: what the kernel takes for a
 * pool goes by its size. They are spelled as characters at once, since code that
 * repeats is cheap. The pool carries the generation of the process that filled
 * it: a forked child fills its own.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "base/cancel.h"
#include "base/local.h"
#include "base/names.h"
#include "base/process.h"
#include "base/syscalls.h"

/* getrandom() gives up to 256 bytes without ever being interrupted. */
#define RANDOM_BYTES 250u
#define POOL_SIZE (RANDOM_BYTES * 8 / 5)

static WITH__LOCAL struct {
	uint64_t process;
	size_t left;
	char characters[POOL_SIZE];
} pool;

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
static int read_device(unsigned char *bytes)
{
	int fd = with__sys.openat(AT_FDCWD, "/dev/urandom",
				  O_RDONLY | O_CLOEXEC, 0);
	ssize_t got;
	int error;

	if (fd < 0)
		return -1;
	got = read_fully(fd, bytes, RANDOM_BYTES);
	error = got == 0 ? EIO : errno;
	with__sys.close(fd);
	errno = error;
	return got == (ssize_t)RANDOM_BYTES ? 0 : -1;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Five bytes as eight characters: letters, and from 26 on the digits '2' to
 * '7'. The bits are moved apart by halves; no byte of the sum carries into the
 * next.
 */
static void spell(const unsigned char *bytes, char *ret)
{
	uint64_t bits = 0, is_digit;

	for (unsigned i = 0; i < 5; i++)
		bits = bits << 8 | bytes[i];
	bits = (bits & 0xFFFFF) | (bits & UINT64_C(0xFFFFF00000)) << 12;
	bits = (bits & UINT64_C(0x000003FF000003FF)) |
	       (bits & UINT64_C(0x000FFC00000FFC00)) << 6;
	bits = (bits & UINT64_C(0x001F001F001F001F)) |
	       (bits & UINT64_C(0x03E003E003E003E0)) << 3;
	is_digit = ((bits + EACH(128 - 26)) >> 7) & EACH(1);
	bits += EACH('a') - is_digit * ('a' + 26 - '2');
	memcpy(ret, &bits, sizeof(bits));
}

static __attribute__((noinline)) int fill(void)
{
	WITH__NO_CANCEL;
	unsigned char bytes[RANDOM_BYTES];
	int saved = errno;

	pool.left = 0;
	if (with__sys.getrandom(bytes, RANDOM_BYTES, GRND_NONBLOCK) !=
	    (ssize_t)RANDOM_BYTES && read_device(bytes) < 0)
		return -1;
	errno = saved;
	for (unsigned i = 0; i < RANDOM_BYTES / 5; i++)
		spell(bytes + i * 5, pool.characters + i * 8);
	pool.process = with__process();
	pool.left = POOL_SIZE;
	return 0;
}

int with__name_random(char *where, size_t length)
{
	uint64_t process = with__process();

	while (length > 0) {
		size_t count;

		if ((!pool.left || pool.process != process) && fill() < 0)
			return -1;
		count = length < pool.left ? length : pool.left;
		pool.left -= count;
		memcpy(where, pool.characters + pool.left, count);
		where += count;
		length -= count;
	}
	return 0;
}
