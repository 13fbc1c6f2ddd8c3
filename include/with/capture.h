/* SPDX-License-Identifier: MIT */
/*
 * with/capture.h - what a block writes to stdout, stderr or any descriptor
 *
 *	WITH_CAPTURE (out, stdout) {
 *		puts("hello");
 *		system("echo from a child");
 *		check(strcmp(with_capture_text(out), "hello\nfrom a child\n"));
 *	} else {
 *		perror("capture");
 *	}
 *
 * The descriptor is put aside and an anonymous temporary file takes its
 * number, so that everything is caught that writes to it: stdio, write(), and
 * child processes, as long as they run. It comes back on every way out of the
 * block. Captures nest.
 *
 *	*** A descriptor belongs to the WHOLE PROCESS, all of its threads. ***
 *
 * What other threads write there meanwhile is captured as well, and a thread
 * that writes at the very moment of the change may be heard on either side.
 *
 * stdio: the stream is flushed on the way in (what was pending belongs
 * outside) and on the way out (what is pending belongs inside), and before
 * the text is read. A program that forks while something is pending writes it
 * twice, captured or not: flush before.
 *
 * exit() in the block: the process ends captured. Nothing is printed.
 */
#ifndef WITH_CAPTURE_H
#define WITH_CAPTURE_H

#include <stddef.h>
#include <stdio.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For reading only. A handle belongs to one thread at a time. */
struct with_capture {
	int fd;			/* what is captured */
	size_t length;		/* of the text last asked for, without the '\0' */
};

/*
 * with_capture_open - capture what a stream writes
 * with_capture_fd_open - capture what a descriptor gets
 *
 * stream: stdout, stderr, or another with a descriptor; NULL is EINVAL.
 * fd:     an open descriptor. If stdout or stderr has it, that is flushed; of
 *         other streams over it nothing is known.
 *
 * Return a handle for with_capture_close(). NULL with errno, and everything is
 * as it was:
 *	EBADF	it is not open, or a stream without a descriptor
 *	EINVAL
 *	ENOSPC, EIO  what was pending could not be written
 *	ENOMEM, EMFILE, and those of tempfile_open(), with/options.h
 * Not a cancellation point.
 */
struct with_capture *with_capture_open(FILE *stream)
	__attribute__((__warn_unused_result__));
struct with_capture *with_capture_fd_open(int fd)
	__attribute__((__warn_unused_result__));

/*
 * with_capture_text - the text so far; the whole text, once it is stopped
 *
 * It is read by position: the offset that a child shares does not move.
 *
 * Returns a string that ends with '\0', and may have others in it: its length
 * is capture->length. It lives until the next call, or the close. NULL with
 * EINVAL if capture is NULL, ENOMEM, or an errno of write() if what is
 * pending could not be stored (ENOSPC).
 */
const char *with_capture_text(struct with_capture *capture);

/*
 * with_capture_stop - let the descriptor be what it was, keep the text
 *
 * Returns 0, also if it was stopped before; -1 with errno if what was pending
 * could not be stored (ENOSPC) or the descriptor could not be put back (EBADF,
 * EIO); EINVAL if capture is NULL. What processes that still run write from
 * here on is part of the text as well.
 */
int with_capture_stop(struct with_capture *capture);

/*
 * with_capture_close - stop, and free the handle and the text
 *
 * capture: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with an errno of with_capture_stop().
 */
int with_capture_close(struct with_capture **capture);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void with__capture_end(struct with_capture *capture);

#ifdef __cplusplus
}
#define WITH_CAPTURE(...)	WITH__C_ONLY
#define SCOPED_CAPTURE(...)	WITH__C_ONLY
#define WITH_CAPTURE_FD(...)	WITH__C_ONLY
#define SCOPED_CAPTURE_FD(...)	WITH__C_ONLY
#else
WITH__DEFINE_READY(with_capture, struct with_capture *,
		   (struct with_capture *)0, self != (struct with_capture *)0,
		   with__capture_end)

/* The statement: a block, or the rest of the scope. */
#define WITH_CAPTURE(variable, stream) \
	WITH__BLOCK(with_capture, struct with_capture *, variable, \
		    with_capture_open(stream))
#define SCOPED_CAPTURE(variable, stream) \
	WITH__DECLARATION(with_capture, struct with_capture *, variable, \
			  with_capture_open(stream))
#define WITH_CAPTURE_FD(variable, fd) \
	WITH__BLOCK(with_capture, struct with_capture *, variable, \
		    with_capture_fd_open(fd))
#define SCOPED_CAPTURE_FD(variable, fd) \
	WITH__DECLARATION(with_capture, struct with_capture *, variable, \
			  with_capture_fd_open(fd))
#endif
#endif /* WITH_CAPTURE_H */
