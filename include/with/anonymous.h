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

#ifdef __cplusplus
extern "C" {
#endif

struct tempfile_open_options {
	TEMPFILE_OPTIONS_OF_NAMES;	/* names: while there is one */
	TEMPFILE_OPTIONS_OF_STREAMS;
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

#ifdef __cplusplus
}
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
