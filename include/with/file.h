/* SPDX-License-Identifier: MIT */
/*
 * with/file.h - a FILE under a guard
 *
 *	WITH_FILE (in, "data.txt", "r") {
 *		fgets(line, sizeof(line), in);
 *	} else {
 *		perror("data.txt");
 *	}
 *
 * A FILE that a guard holds is never given to plain fclose(): the guard would
 * close it a second time. It is ended early with with_file_close(&file), or
 * handed out with with_steal(file).
 *
 * A FILE belongs to one thread at a time, as far as closing goes. POSIX leaves
 * open whether reading and writing a stream are cancellation points. Of those
 * that WITH_FILE and with_file_open() yield it is none: a thread that is to be
 * cancelled while it waits for a FIFO or a terminal reads it with WITH_FD.
 */
#ifndef WITH_FILE_H
#define WITH_FILE_H

#include <stdio.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_file_open - open a file by its path, close-on-exec
 *
 * path: as for fopen(); NULL is EINVAL.
 * mode: r, w or a, followed by any of these, each at most once: + (read and
 *       write), b (bytes, which says nothing), x (with w: EEXIST if the file
 *       is there), e (close-on-exec, which says nothing: it always is), t
 *       (text: UTF-8, see with/options.h; of files that have positions,
 *       while a FIFO or a terminal is ESPIPE). NULL is EINVAL.
 *
 * Returns the stream. What comes from this call is closed with fclose() or
 * with_file_close(); what a guard holds, only with the latter. NULL with
 * EINVAL, or an errno of open() (ENOENT, EACCES, EISDIR, EMFILE), or ENOMEM.
 * Not a cancellation point.
 */
FILE *with_file_open(const char *path, const char *mode)
	__attribute__((__warn_unused_result__));

/*
 * with_file_close - close a stream before its scope ends
 *
 * file: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with errno if what was written could not be stored (ENOSPC,
 * EIO, EDQUOT), or as close() says; the stream is closed then too. EIO also
 * stands for an operation on the stream that failed earlier, unless clearerr()
 * was called since; EILSEQ for text that its encoding cannot hold. In a forked
 * child a guarded stream of the parent's is closed without writing what is not
 * written yet (the parent will), and without moving the shared offset. Not a
 * cancellation point.
 */
int with_file_close(FILE **file);

/*
 * Private: the end of a scope, which keeps errno and tells the error hook; and
 * its beginning, which tells it of a failure. began takes over what fopen()
 * yielded for a mode with "c", NULL too; lost tells of a failure of fclose().
 */
void with__file_end(FILE *file);
FILE *with__file_begin(const char *path, const char *mode, const char *source)
	__attribute__((__warn_unused_result__));
FILE *with__file_began(FILE *file, const char *path, const char *source)
	__attribute__((__warn_unused_result__));
void with__file_lost(int saved_errno) __attribute__((__cold__));

#ifdef __cplusplus
}
#define WITH_FILE(...)	WITH__C_ONLY
#define SCOPED_FILE(...)	WITH__C_ONLY
#else

#ifdef WITH__THREAD_IS_NEAR
#include <stdio_ext.h>

/*
 * A function of the library between the program and fopen() would cost a wrong
 * prediction of where it returns to, 15 ns, on either side. So the call is made
 * here, where the mode is one of the usual. "e" is close-on-exec, "c" keeps
 * glibc's calls from being cut short by a cancellation.
 */
#define WITH__FILE_IS(mode, usual) (__builtin_strcmp(mode, usual) == 0)
__attribute__((__always_inline__))	/* else -Os sees no constant */
static inline WITH__UNUSED const char *with__file_mode(const char *mode)
{
	/* One after the other: clang warns of a constant in a condition. */
	if (!mode)
		return (const char *)0;
	/* gcc knows the first without optimizing, clang only the second. */
	if (!__builtin_constant_p(WITH__FILE_IS(mode, "r")) &&
	    !__builtin_constant_p(*mode))
		return (const char *)0;
	return WITH__FILE_IS(mode, "r") ? "rec" :
		WITH__FILE_IS(mode, "w") ? "wec" :
		WITH__FILE_IS(mode, "a") ? "aec" :
		WITH__FILE_IS(mode, "rb") ? "rbec" :
		WITH__FILE_IS(mode, "wb") ? "wbec" :
		WITH__FILE_IS(mode, "r+") ? "r+ec" :
		WITH__FILE_IS(mode, "w+") ? "w+ec" : (const char *)0;
}

static inline WITH__UNUSED void **with__file_place(const FILE *file)
{
	return &with__near.streams[WITH__NEAR_HASH(file)];
}

/* With _DEFAULT_SOURCE glibc has it without a call. */
#ifdef _DEFAULT_SOURCE
#define with__file_has_failed ferror_unlocked
#else
#define with__file_has_failed ferror
#endif

/* As a function of its own it would cost that, and not see the constant. */
__attribute__((__always_inline__))
static inline WITH__UNUSED FILE *with__file_begin_here(
	const char *path, const char *mode, const char *source)
{
	const char *how = with__file_mode(mode);
	void **place;
	FILE *file;

	if (!path || !how)
		return with__file_begin(path, mode, source);
	file = fopen(path, how);
	place = with__file_place(file);
	if (__builtin_expect(!file || __atomic_load_n(place, __ATOMIC_RELAXED) !=
				     with__thread_mark() ||
			     !with__near_is_ours(), 0))
		return with__file_began(file, path, source);
	__atomic_store_n(place, (void *)file, __ATOMIC_RELEASE);
	return file;
}

/*
 * It is noted here, by this process, and all went well: fclose() is enough. But
 * a child that another thread makes meanwhile must find it noted, or written.
 */
static inline WITH__UNUSED void with__file_end_here(FILE *file)
{
	void **place = with__file_place(file);
	int saved;

	if (__builtin_expect(with__file_has_failed(file) ||
			     __atomic_load_n(place, __ATOMIC_RELAXED) !=
				     (void *)file ||
			     !with__near_is_ours() ||
			     (WITH__HAS_THREADS && __fpending(file) > 0), 0)) {
		with__file_end(file);
		return;
	}
	__atomic_store_n(place, with__thread_mark(), __ATOMIC_RELEASE);
	saved = *with__errno_known();
	if (fclose(file) == 0)
		*with__errno_known() = saved;
	else
		with__file_lost(saved);
}
#else
#define with__file_begin_here with__file_begin
#define with__file_end_here with__file_end
#endif

WITH__DEFINE_NOUN(with_file, FILE *, with__file_end_here)

/* The statement: a block, or the rest of the scope. */
#define WITH_FILE(variable, path, mode) \
	WITH__BLOCK(with_file, FILE *, variable, \
		    with__file_begin_here(path, mode, WITH__SOURCE))
#define SCOPED_FILE(variable, path, mode) \
	WITH__DECLARATION(with_file, FILE *, variable, \
			  with__file_begin_here(path, mode, WITH__SOURCE))
#endif
#endif /* WITH_FILE_H */
