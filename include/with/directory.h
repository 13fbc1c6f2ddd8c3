/* SPDX-License-Identifier: MIT */
/*
 * with/directory.h - a temporary directory: Python's TemporaryDirectory
 *
 *	WITH_TEMPDIR (dir, .prefix = "myapp_") {
 *		FILE *out = fopen(tempfile_dir_join(dir, "part-%d", 1), "w");
 *		...
 *	} else {
 *		perror("temporary directory");
 *	}
 *
 * The directory goes with everything in it: at the end of the block, at exit,
 * and at a signal if the program asked for that (with/life.h). Removal goes by
 * descriptors: links are not followed, mounts not entered, and a directory of
 * the same name that is not ours is left alone.
 *
 * A handle belongs to one thread at a time; different handles need no lock.
 * In a forked child it may only be closed: that frees memory and removes
 * nothing (with_adopt() changes this).
 */
#ifndef WITH_DIRECTORY_H
#define WITH_DIRECTORY_H

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For reading only. Private members follow. */
struct tempfile_dir {
	const char *path;	/* absolute; lives as long as the handle */
};

/*
 * keep:    leave the directory when the handle is closed (delete=False).
 * ignore_cleanup_errors: what cannot be removed is nobody's error, at close,
 *         at the end of a scope and at exit alike.
 * socket_path: ENAMETOOLONG if a path in it, with a name of 29 bytes, would
 *         not fit sun_path (108 bytes).
 * threads: how many may remove it, where that is not in a signal handler; 0: 1.
 */
struct tempfile_dir_open_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	WITH__BOOL keep;
	WITH__BOOL ignore_cleanup_errors;
	WITH__BOOL socket_path;
	unsigned threads;
	int end_;
};

/*
 * tempfile_dir_open - make a directory
 *
 * Returns a handle to be closed with tempfile_dir_close(). NULL with an errno
 * of with/options.h.
 */
struct tempfile_dir *
tempfile_dir_open_opt(const struct tempfile_dir_open_options *options)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_dir_close - remove the directory with its contents, free the handle
 *
 * dir: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with the first error, after everything else was removed:
 *	ESTALE	the path means another directory now, which is left alone
 *	EXDEV, EBUSY  something is mounted inside
 *	ENOTEMPTY  somebody goes on making files in it
 *	EACCES, EPERM, EROFS, EIO, EMFILE  what the system said
 * What could not be removed stays owned, and exit tries again. A directory
 * that is gone already is success.
 */
int tempfile_dir_close(struct tempfile_dir **dir);

/*
 * tempfile_dir_keep - leave the directory on disk
 *
 * From here it is the user's; close only frees. Returns 0; -1 with EINVAL if
 * dir is NULL.
 */
int tempfile_dir_keep(struct tempfile_dir *dir);

/*
 * tempfile_dir_join - the path of something inside, as printf() writes it
 *
 *	tempfile_dir_join(dir, "chunk-%03d", i)
 *
 * Returns a path that belongs to the handle and lives as long as it. NULL with
 * errno: EINVAL (dir or format is NULL, the result is empty or absolute, or
 * has a component ".."), ENAMETOOLONG, ENOMEM, or as printf() says.
 */
const char *tempfile_dir_join(struct tempfile_dir *dir, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/*
 * tempfile_dir_fd - a descriptor of the directory, for openat() and its kin
 *
 * Opened when first asked for, close-on-exec; it belongs to the handle, do not
 * close it. -1 with errno: EINVAL (dir is NULL), ESTALE (the path means another
 * directory now), or as open() says.
 */
int tempfile_dir_fd(struct tempfile_dir *dir);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void tempfile__dir_end(struct tempfile_dir *dir);

#ifdef __cplusplus
}
#define WITH_TEMPDIR(...)	WITH__C_ONLY
#define SCOPED_TEMPDIR(...)	WITH__C_ONLY
#else
#define tempfile_dir_open(...) \
	tempfile_dir_open_opt( \
		WITH__OPTIONS(tempfile_dir_open_options, __VA_ARGS__))

WITH__DEFINE_NOUN(tempfile_dir, struct tempfile_dir *, tempfile__dir_end)

/* The statement: a block, or the rest of the scope. */
#define WITH_TEMPDIR(...) \
	WITH__TEMPDIR(WITH__BLOCK, __VA_ARGS__, .scoped_ = 1)
#define SCOPED_TEMPDIR(...) \
	WITH__TEMPDIR(WITH__DECLARATION, __VA_ARGS__, .scoped_ = 1)
#define WITH__TEMPDIR(form, variable, ...) \
	form(tempfile_dir, struct tempfile_dir *, variable, \
	     tempfile_dir_open(__VA_ARGS__))
#endif
#endif /* WITH_DIRECTORY_H */
