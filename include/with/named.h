/* SPDX-License-Identifier: MIT */
/*
 * with/named.h - a temporary file with a name: Python's NamedTemporaryFile
 *
 *	WITH_NAMED_TMP (log, .suffix = ".log") {
 *		fputs("started\n", log->file);
 *		printf("log: %s\n", log->path);
 *	} else {
 *		perror("log");
 *	}
 *
 * Choose it when something needs the path: another program, a second open.
 * The file is removed at the end of the block, at exit, and at a signal if
 * the program asked for that (with/life.h).
 *
 * States of a handle:
 *
 *	open ──close_file──▶ closed, name still owned
 *	  │                       │
 *	  └──keep──▶ the name is the user's: close frees, and removes nothing
 *	  │
 *	close: the stream is closed, the name removed, the handle freed
 *
 * A handle belongs to one thread at a time; different handles need no lock.
 * In a forked child it may only be closed: that frees memory and touches
 * nothing else (with_adopt() changes this).
 */
#ifndef WITH_NAMED_H
#define WITH_NAMED_H

#include <stdio.h>

#include <with/guard.h>
#include <with/options.h>
#include <with/persist.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both members are for reading only. Private members follow. */
struct tempfile_named {
	FILE *file;		/* NULL after tempfile_named_close_file() */
	const char *path;	/* absolute; lives as long as the handle */
};

/*
 * beside: a path: make the file in its directory, ready to be persisted there;
 *         with dir, inside or at: EINVAL.
 * keep:   leave the file when the handle is closed (Python's delete=False).
 * ignore_cleanup_errors: if the name cannot be removed that is nobody's error.
 * socket_path: ENAMETOOLONG if the path does not fit sun_path (108 bytes).
 */
struct tempfile_named_open_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	TEMPFILE_OPTIONS_OF_STREAMS;
	const char *beside;
	WITH__BOOL keep;
	WITH__BOOL ignore_cleanup_errors;
	WITH__BOOL socket_path;
	int end_;
};

/*
 * tempfile_named_open - make a file with a name and open it
 *
 * Returns a handle to be closed with tempfile_named_close(). NULL with an
 * errno of with/options.h.
 */
struct tempfile_named *
tempfile_named_open_opt(const struct tempfile_named_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_named_close - close the stream, remove the name, free the handle
 *
 * named: address of the variable, which becomes NULL; NULL there is success,
 *        so that closing twice is harmless.
 *
 * Returns 0, or -1 with the first error; everything is tried all the same.
 *	ENOSPC, EIO, EDQUOT, EILSEQ  what was written could not be stored
 *	ESTALE	the name means another file now, which is left alone
 *	EACCES, EPERM, EROFS  the name could not be removed: it stays owned, and
 *		exit tries again
 * A name that is gone already is success.
 */
int tempfile_named_close(struct tempfile_named **named);

/*
 * tempfile_named_close_file - close the stream and keep the name owned
 *
 * For handing the path to another program. ->file becomes NULL. Returns 0, or
 * -1 with errno of the close; EINVAL if named is NULL. Closing twice is
 * success.
 */
int tempfile_named_close_file(struct tempfile_named *named);

/*
 * tempfile_named_keep - leave the file on disk
 *
 * From here the name is the user's: close ends the stream and frees the
 * handle. Returns 0; -1 with EINVAL if named is NULL.
 */
int tempfile_named_keep(struct tempfile_named *named);

/*
 * tempfile_named_persist - move the file to a name of the user's, atomically
 *
 * target: where to; made absolute. flags: of with/persist.h, or 0.
 *
 * What stdio has buffered is written first. Returns 0: the file is the user's,
 * ->path is its new path, the stream goes on, and close only closes. After
 * TEMPFILE_EXCHANGE ->path stays: the old content is there, and is removed
 * with the handle. -1 with an errno of with/persist.h.
 */
int tempfile_named_persist(struct tempfile_named *named, const char *target,
			   unsigned flags);

/*
 * tempfile_named_reopen - a second, independent stream on the same file
 *
 * mode: as for fopen(); x is EINVAL, w empties the file.
 *
 * Returns a stream with an offset of its own, for with_file_close() or
 * fclose(). NULL with errno: ESTALE (the path means another file now), ENOENT
 * (it is gone), ELOOP (it is a link), EINVAL, EACCES, EMFILE, ENOMEM. It may
 * be called when the stream of the handle is closed, and after persist.
 */
FILE *tempfile_named_reopen(struct tempfile_named *named, const char *mode)
	__attribute__((__warn_unused_result__));

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void tempfile__named_end(struct tempfile_named *named);

#ifdef __cplusplus
}
#define WITH_NAMED_TMP(...)	WITH__C_ONLY
#define SCOPED_NAMED_TMP(...)	WITH__C_ONLY
#else
#define tempfile_named_open(...) \
	tempfile_named_open_opt( \
		WITH__OPTIONS(tempfile_named_open_options, __VA_ARGS__))

WITH__DEFINE_NOUN(tempfile_named, struct tempfile_named *, tempfile__named_end)

/* The statement: a block, or the rest of the scope. */
#define WITH_NAMED_TMP(...) \
	WITH__NAMED_TMP(WITH__BLOCK, __VA_ARGS__, .scoped_ = 1)
#define SCOPED_NAMED_TMP(...) \
	WITH__NAMED_TMP(WITH__DECLARATION, __VA_ARGS__, .scoped_ = 1)
#define WITH__NAMED_TMP(form, variable, ...) \
	form(tempfile_named, struct tempfile_named *, variable, \
	     tempfile_named_open(__VA_ARGS__))
#endif
#endif /* WITH_NAMED_H */
