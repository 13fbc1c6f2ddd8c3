/* SPDX-License-Identifier: MIT */
/*
 * with/raw.h - mkstemp and mkdtemp: the caller deletes
 *
 *	char *path;
 *	int fd = tempfile_mkstemp(&path, .suffix = ".txt");
 *
 *	if (fd < 0)
 *		return -1;
 *	...
 *	close(fd);
 *	unlink(path);
 *	free(path);
 *
 * For those who want a descriptor and will look after the name themselves.
 * Nothing made here is removed by the library; where a scope or the process
 * owns the thing, use with/named.h and with/directory.h.
 */
#ifndef WITH_RAW_H
#define WITH_RAW_H

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tempfile_mkstemp_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	TEMPFILE_OPTIONS_OF_FILES;
	int end_;
};

/*
 * tempfile_mkstemp - make a file and open it for reading and writing
 *
 * ret_path: receives the absolute path, for free(); untouched on failure.
 *
 * Returns the descriptor, close-on-exec unless .inheritable; the caller closes
 * it, deletes the file and frees the path. -1 with an errno of with/options.h;
 * EINVAL also if ret_path is NULL.
 */
int tempfile_mkstemp_opt(char **ret_path,
			 const struct tempfile_mkstemp_options *options)
	__attribute__((__warn_unused_result__));

struct tempfile_mkdtemp_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	int end_;
};

/*
 * tempfile_mkdtemp - make a directory
 *
 * Returns its absolute path; the caller deletes the directory (for instance
 * with tempfile_rmtree()) and frees the path. NULL with an errno of
 * with/options.h.
 */
char *tempfile_mkdtemp_opt(const struct tempfile_mkdtemp_options *options)
	__attribute__((__warn_unused_result__));

#ifdef __cplusplus
}
#else
#define tempfile_mkstemp(...) \
	WITH__MKSTEMP(WITH__FIRST(__VA_ARGS__, ~), WITH__REST(__VA_ARGS__))
#define WITH__MKSTEMP(ret_path, ...) \
	tempfile_mkstemp_opt(ret_path, \
		WITH__OPTIONS(tempfile_mkstemp_options, __VA_ARGS__))

#define tempfile_mkdtemp(...) \
	tempfile_mkdtemp_opt( \
		WITH__OPTIONS(tempfile_mkdtemp_options, __VA_ARGS__))
#endif
#endif /* WITH_RAW_H */
