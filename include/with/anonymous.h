/* SPDX-License-Identifier: MIT */
/*
 * with/anonymous.h - a temporary file without a name: Python's TemporaryFile
 *
 *	WITH_TMP (file) {
 *		fputs("hello", file);
 *		rewind(file);
 *		...
 *	} else {
 *		perror("temporary file");
 *	}
 *
 * Choose it whenever nobody needs the path: nothing can be left on disk, not
 * even by SIGKILL, and no other process can open it. The file has no name
 * where the file system can do that (O_TMPFILE); elsewhere its name exists
 * for a moment only.
 */
#ifndef WITH_ANONYMOUS_H
#define WITH_ANONYMOUS_H

#include <stdio.h>

#include <with/file.h>
#include <with/guard.h>
#include <with/options.h>
#include <with/persist.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * persistable: tempfile_persist() can give the file a name later. It must be
 *         closed by a guard or with with_file_close(), since it may have a
 *         name to be removed: where the file system has no files without one,
 *         and after an attempt to persist it that failed late.
 */
struct tempfile_open_options {
	TEMPFILE_OPTIONS_OF_NAMES;	/* names: while there is one */
	TEMPFILE_OPTIONS_OF_STREAMS;
	WITH__BOOL persistable;
	int end_;
};

/*
 * tempfile_open - make and open a file without a name
 *
 * Returns a stream, open for reading and writing unless .mode says otherwise.
 * What comes from this call is closed with fclose() or with_file_close(); what
 * a guard holds, only with the latter. NULL with an errno of with/options.h.
 */
FILE *tempfile_open_opt(const struct tempfile_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_persist - give the file a name, atomically and when it is whole
 *
 * file:   from tempfile_open() with .persistable.
 * target: where to. flags: of with/persist.h, or 0.
 *
 * What stdio has buffered is written first. Returns 0: the name is the user's,
 * and the stream goes on. After TEMPFILE_EXCHANGE the old content is in a file
 * of another name beside the target, which is removed when the stream is
 * closed with with_file_close() or by its guard, or at exit. -1 with an errno
 * of with/persist.h.
 */
int tempfile_persist(FILE *file, const char *target, unsigned flags);

#ifdef __cplusplus
}
#define WITH_TMP(...)	WITH__C_ONLY
#define SCOPED_TMP(...)	WITH__C_ONLY
#else
#define tempfile_open(...) \
	tempfile_open_opt(WITH__OPTIONS(tempfile_open_options, __VA_ARGS__))

/* The statement: a block, or the rest of the scope. */
#define WITH_TMP(...) WITH__TMP(WITH__BLOCK, __VA_ARGS__, .scoped_ = 1)
#define SCOPED_TMP(...) WITH__TMP(WITH__DECLARATION, __VA_ARGS__, .scoped_ = 1)
#define WITH__TMP(form, variable, ...) \
	form(with_file, FILE *, variable, tempfile_open(__VA_ARGS__))
#endif
#endif /* WITH_ANONYMOUS_H */
