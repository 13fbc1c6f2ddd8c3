/* SPDX-License-Identifier: MIT */
/*
 * capture.c - a descriptor goes into an anonymous file, for a scope
 *
 * Of a captured descriptor there are three:
 *	fd	the number; its file is the anonymous one
 *	saved	what it was; -1 once it is put back
 *	file	the anonymous file, for reading back
 * fd and file share an offset, also with child processes, so reading is by
 * pread(). The file is open for appending: a child that truncates or seeks
 * cannot make others write over one another.
 *
 * Of what happens on the way in and out only a flush is a cancellation point.
 *
 * Flags: dup3() says whether the number is close-on-exec; it is what it was.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include <with/capture.h>

#include "base/cancel.h"
#include "base/direct.h"
#include "base/syscalls.h"
#include "temp/unnamed.h"

/* Away from the numbers that programs expect to be free or standard. */
#define LOWEST_SAVED 10

struct capture {
	struct with_capture public;
	FILE *stream;		/* NULL: captured by number */
	int descriptor_flags;
	int saved;
	int file;
	char *text;
	size_t room;
};

static struct capture *private_of(struct with_capture *capture)
{
	return (struct capture *)capture;
}

static int flush_if(FILE *stream, int fd)
{
	if (!stream || __fpending(stream) == 0 || fileno(stream) != fd)
		return 0;
	WITH__NO_CANCEL;

	return fflush(stream);
}

/* All that may hold bytes for it; the first error, after trying each. */
static int flush(const struct capture *capture)
{
	FILE *const streams[] = { stdout, stderr, capture->stream };
	int fd = capture->public.fd;
	int result = 0, error = 0;

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		if (flush_if(streams[i], fd) != 0 && result == 0) {
			result = -1;
			error = errno;
		}
	}
	if (result < 0)
		errno = error;
	return result;
}

/* errno is left alone. */
static void close_if_open(int fd)
{
	if (fd >= 0)
		(void)with__direct_close(fd);
}

static void release(struct capture *capture)
{
	close_if_open(capture->saved);
	close_if_open(capture->file);
	free(capture->text);
	free(capture);
}

/* The number is close-on-exec as it was. 0 or more, or a negative errno. */
static inline __attribute__((always_inline))
int refer_to(const struct capture *capture, int file)
{
	return with__direct_dup3(file, capture->public.fd,
				 capture->descriptor_flags & FD_CLOEXEC ?
				 O_CLOEXEC : 0);
}

/* A limit on descriptors that is below a number makes that EINVAL. */
static int put_aside(int fd)
{
	int saved = with__direct_fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_SAVED);

	if (saved == -EINVAL)
		saved = with__direct_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return with__direct_result(saved == -EINVAL ? -EMFILE : saved);
}

/* Where a standard number is closed, what is written to it is not meant. */
static int open_file(void)
{
	int low = with__unnamed_scratch(O_APPEND | O_CLOEXEC);
	int file;

	if (low < 0 || low > STDERR_FILENO)
		return low;
	file = put_aside(low);
	(void)with__direct_close(low);
	return file;
}

static int start(struct capture *capture)
{
	int fd = capture->public.fd;

	capture->descriptor_flags = with__direct_result(
		with__direct_fcntl(fd, F_GETFD, 0));
	if (capture->descriptor_flags < 0 || flush(capture) < 0)
		return -1;
	capture->saved = put_aside(fd);
	if (capture->saved < 0)
		return -1;
	capture->file = open_file();
	if (capture->file < 0)
		return -1;
	return with__direct_result(refer_to(capture, capture->file));
}

static struct with_capture *open_capture(FILE *stream, int fd)
{
	struct capture *capture = malloc(sizeof(*capture));
	int error;

	if (!capture)
		return NULL;
	*capture = (struct capture) {
		.public = { .fd = fd },
		.stream = stream,
		.saved = -1,
		.file = -1,
	};
	if (start(capture) >= 0)
		return &capture->public;
	error = errno;
	release(capture);
	errno = error;
	return NULL;
}

struct with_capture *with_capture_open(FILE *stream)
{
	int fd;

	if (!stream) {
		errno = EINVAL;
		return NULL;
	}
	fd = fileno(stream);
	if (fd < 0) {
		errno = EBADF;
		return NULL;
	}
	return open_capture(stream, fd);
}

struct with_capture *with_capture_fd_open(int fd)
{
	return open_capture(NULL, fd);
}

/* What is pending belongs inside, so it is flushed before the way back. */
static int stop(struct capture *capture)
{
	int result, error, back;

	if (capture->saved < 0)
		return 0;
	result = flush(capture);
	error = errno;
	back = refer_to(capture, capture->saved);
	if (back < 0 && result == 0) {
		result = -1;
		error = -back;
	}
	close_if_open(capture->saved);
	capture->saved = -1;
	errno = error;
	return result;
}

int with_capture_stop(struct with_capture *capture)
{
	if (!capture) {
		errno = EINVAL;
		return -1;
	}
	return stop(private_of(capture));
}

static int make_room(struct capture *capture, size_t room)
{
	char *text;

	if (room <= capture->room)
		return 0;
	text = realloc(capture->text, room);
	if (!text)
		return -1;
	capture->text = text;
	capture->room = room;
	return 0;
}

/* Into what there is room for; it may have grown or shrunk meanwhile. */
static int read_back(struct capture *capture)
{
	size_t length = 0;
	ssize_t got = 1;

	while (got != 0 && length + 1 < capture->room) {
		got = with__sys.pread(capture->file, capture->text + length,
				      capture->room - 1 - length,
				      (off_t)length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		length += (size_t)got;
	}
	capture->text[length] = '\0';
	capture->public.length = length;
	return 0;
}

const char *with_capture_text(struct with_capture *public)
{
	WITH__NO_CANCEL;
	struct capture *capture = private_of(public);
	int saved = errno;
	struct stat st;

	if (!capture) {
		errno = EINVAL;
		return NULL;
	}
	if ((capture->saved >= 0 && flush(capture) < 0) ||
	    with__sys.fstat(capture->file, &st) < 0 ||
	    make_room(capture, (size_t)st.st_size + 1) < 0 ||
	    read_back(capture) < 0)
		return NULL;
	errno = saved;
	return capture->text;
}

static int finish(struct with_capture *public)
{
	struct capture *capture = private_of(public);
	int result = stop(capture);
	int error = errno;

	release(capture);
	errno = error;
	return result;
}

int with_capture_close(struct with_capture **capture)
{
	struct with_capture *closing = capture ? *capture : NULL;

	if (!closing)
		return 0;
	(void)with__leave(capture);
	*capture = NULL;
	return finish(closing);
}

void with__capture_end(struct with_capture *capture)
{
	int saved = errno;

	if (finish(capture) < 0)
		with__report("close", "capture", NULL);
	errno = saved;
}
