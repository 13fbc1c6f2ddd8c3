/* SPDX-License-Identifier: MIT */
/*
 * file.c - a stream under a guard
 *
 * What the library opened for a guard is noted in life/inherited.h, so that a
 * forked child drops what its parent has not written yet.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <stdio_ext.h>

#include <with/file.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "life/inherited.h"
#include "life/report.h"
#include "stream/file.h"
#include "stream/known.h"
#include "stream/stream.h"

/*
 * In glibc, fopen() and the writing of fclose() are cancellation points unless
 * the mode has a "c"; so what WITH_FILE opens has one. To turn cancellation off
 * was measured at 40 ns each time, which is left to other streams. Elsewhere
 * it is cheap, and modes are read strictly.
 */
#ifdef __GLIBC__
#define NOT_CANCELLABLE "c"
#define NO_CANCEL_OF_OPENING ((void)0)
#else
#define NOT_CANCELLABLE ""
#define NO_CANCEL_OF_OPENING WITH__NO_CANCEL
#endif

static void discard(void *file)
{
	with__stream_discard(file);
}

int with__file_note(FILE *file)
{
	return with__inherited_note(file, discard, false);
}

/* Before the stream: as long as it is open, its inode is its own. */
static int end_companion(FILE *file)
{
	struct with__companion *companion = with__inherited_companion(file);

	return companion ? companion->end(companion) : 0;
}

/*
 * Of a stream over a descriptor only the writing of what is left is a
 * cancellation point. Who knows what other streams do.
 */
static bool is_cancellable(FILE *file)
{
	return __fpending(file) > 0 || fileno_unlocked(file) < 0 ||
	       with__known_get(file);
}

/*
 * A child discards what it finds in a stream that is noted as its parent's, so
 * it is struck out when nothing is left in it, if another thread could fork.
 */
static int flush(FILE *file)
{
	if (!WITH__HAS_THREADS || __fpending(file) == 0 ||
	    with__inherited_is_foreign(file))
		return 0;
	return fflush(file);
}

static int strike_and_close(FILE *file, bool *ours)
{
	int flushed = flush(file), error = errno, closed;

	*ours = with__inherited_strike(file);
	closed = with__stream_close(file);
	/* What the flush lost is no error of fclose(), but lost all the same. */
	if (flushed != 0)
		errno = error;
	return flushed != 0 ? flushed : closed;
}

static int close_whole(FILE *file, bool *ours)
{
	WITH__NO_CANCEL;

	return strike_and_close(file, ours);
}

/* So is what one lost earlier. */
static int close_stream(FILE *file)
{
	bool failed_before = ferror(file) != 0;
	bool ours;
	int result = is_cancellable(file) ? close_whole(file, &ours) :
					    strike_and_close(file, &ours);

	if (result != 0 && ours)
		return -1;
	if (failed_before && ours) {
		errno = EIO;
		return -1;
	}
	return 0;
}

int with__file_finish(FILE *file)
{
	int saved = errno;
	int result, error;

	if (!file)
		return 0;
	result = end_companion(file);
	error = result < 0 ? errno : saved;
	if (close_stream(file) < 0 && result == 0) {
		error = errno;
		result = -1;
	}
	errno = error;
	return result;
}

static int open_flags(const struct with__mode *mode)
{
	int flags = O_CLOEXEC;

	if (!mode->writable)
		return flags | O_RDONLY;
	flags |= mode->readable ? O_RDWR : O_WRONLY;
	if (mode->canonical[0] == 'r')
		return flags;
	return flags | O_CREAT | (mode->append ? O_APPEND : O_TRUNC) |
		(mode->exclusive ? O_EXCL : 0);
}

/* Bytes: fopen() saves the system call by which fdopen() looks at the flags. */
static FILE *open_bytes(const char *path, const char *mode, bool exclusive)
{
	NO_CANCEL_OF_OPENING;
	char how[8] = "";

	strcat(how, mode);
	strcat(how, exclusive ? "xe" : "e");
	strcat(how, NOT_CANCELLABLE);
	return fopen(path, how);
}

/* Text is read and written by position: what has none is refused at once. */
static bool has_positions(int fd)
{
	return with__sys.lseek(fd, 0, SEEK_CUR) >= 0;
}

/* Any mode that is right. */
static FILE *open_parsed(const char *path, const char *mode)
{
	WITH__NO_CANCEL;
	const struct with__stream how = { .mode = mode };
	struct with__mode parsed;
	FILE *file = NULL;
	int fd, error;

	if (with__stream_check(&how, &parsed) < 0)
		return NULL;
	if (!parsed.text)
		return open_bytes(path, parsed.canonical, parsed.exclusive);
	fd = with__sys.openat(AT_FDCWD, path, open_flags(&parsed), 0666);
	if (fd < 0)
		return NULL;
	if (has_positions(fd))
		file = with__stream_open_checked(fd, &how, &parsed);
	if (!file) {
		error = errno;
		with__sys.close(fd);
		errno = error;
	}
	return file;
}

/* Those that nearly every program uses, as fopen() has them. */
static bool is_common(const char *mode)
{
	return (*mode == 'r' || *mode == 'w' || *mode == 'a') &&
		(!mode[1] ||
		 ((mode[1] == '+' || mode[1] == 'b') && !mode[2]));
}

FILE *with_file_open(const char *path, const char *mode)
{
	if (!path || !mode) {
		errno = EINVAL;
		return NULL;
	}
	return is_common(mode) ? open_bytes(path, mode, false) :
		open_parsed(path, mode);
}

static void close_unnoted(FILE *file)
{
	WITH__NO_CANCEL;

	with__stream_close(file);
	errno = ENOMEM;
}

/* Of most nothing is known but that we opened it. */
FILE *with__file_began(FILE *file, const char *path, const char *source)
{
	if (file) {
		if (with__inherited_note(file, discard,
					 !with__known_get(file)) == 0)
			return file;
		close_unnoted(file);
	}
	with__report_error("open", path ? path : "stream", errno, source);
	return NULL;
}

FILE *with__file_begin(const char *path, const char *mode, const char *source)
{
	return with__file_began(with_file_open(path, mode), path, source);
}

int with_file_close(FILE **file)
{
	FILE *closing = file ? *file : NULL;

	if (!closing)
		return 0;
	(void)with__leave(file);
	*file = NULL;
	return with__file_finish(closing);
}

void with__file_lost(int saved)
{
	with__report("close", "stream", NULL);
	errno = saved;
}

void with__file_end(FILE *file)
{
	int saved = errno;

	if (with__file_finish(file) < 0)
		with__file_lost(saved);
	else
		errno = saved;
}
