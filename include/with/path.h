/* SPDX-License-Identifier: MIT */
/*
 * with/path.h - an existing path under a guard
 *
 *	WITH_PATH (socket, "/run/user/1000/job.sock") {
 *		serve(socket->path);
 *	} else {
 *		perror("job.sock");
 *	}
 *
 * For things that others made (a child process, another library) and that are
 * to go when the scope ends: a file of any kind, or a directory with all that
 * is in it. What is removed is the thing that had the path when it was put
 * under the guard; if the path means another one by then, that is left alone.
 *
 * To make a thing at a fresh name and put it under a guard in one step, use
 * WITH_MADE below.
 *
 * A handle belongs to one thread at a time; different handles need no lock. In
 * a forked child close frees memory and removes nothing.
 */
#ifndef WITH_PATH_H
#define WITH_PATH_H

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For reading only. Private members follow. */
struct tempfile_path {
	const char *path;	/* absolute; lives as long as the handle */
};

/*
 * tempfile_path_adopt - own what is at a path
 *
 * path: made absolute at once. A link is owned itself, and not followed. With
 * a slash at its end it must be a directory.
 *
 * Returns a handle for tempfile_path_close(). NULL with errno: EINVAL (NULL,
 * empty, "/", or a last component of "." or ".."), ENOENT (nothing is there),
 * ENOTDIR (also for a slash behind what is none), ENAMETOOLONG, EACCES, ELOOP,
 * ENOMEM, ECANCELED (with_cleanup_now() ran in the middle).
 */
struct tempfile_path *tempfile_path_adopt(const char *path)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_path_close - remove the thing, free the handle
 *
 * path: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, also if it is gone already; or -1 with an errno of
 * tempfile_dir_close() (with/directory.h), and what could not be removed stays
 * owned, but for ESTALE: the path means another thing now.
 */
int tempfile_path_close(struct tempfile_path **path);

/*
 * tempfile_path_keep - leave the thing on disk; close then only frees
 *
 * Returns 0; -1 with EINVAL if path is NULL.
 */
int tempfile_path_keep(struct tempfile_path *path);

/* socket_path: ENAMETOOLONG if the path does not fit sun_path (108 bytes). */
struct tempfile_make_options {
	TEMPFILE_OPTIONS_OF_NAMES;
	WITH__BOOL socket_path;
	int end_;
};

/*
 * tempfile_make - make a thing of any kind at a fresh name
 *
 *	fd = tempfile_make(&path, bind_socket, &data, .socket_path = true);
 *
 * ret_path: receives the absolute path, for free(); untouched on failure.
 * make:     called with a fresh path and data; makes the thing (a UNIX socket,
 *           a FIFO, a link) and returns 0 or more; or -1 with errno, and
 *           nothing made. It must not replace what is there. EEXIST and
 *           EADDRINUSE let it be called again with another path.
 * .permissions is only acted on if it is given. A link has none: EOPNOTSUPP.
 *
 * Where make has made the thing, and what follows fails, the thing is removed
 * and what make returned is dropped: a descriptor goes through data, if it is
 * not to be lost then.
 *
 * Returns what make returned; the caller deletes the thing and frees the path.
 * -1 with an errno of make or of with/options.h; EINVAL also if ret_path or
 * make is NULL.
 */
int tempfile_make_opt(char **ret_path,
		      int (*make)(const char *path, void *data), void *data,
		      const struct tempfile_make_options *options)
	__attribute__((__warn_unused_result__));

/*
 * tempfile_path_make - the same, owned by a handle
 *
 * What make returned is dropped; what else is to be known goes through data.
 * Returns a handle for tempfile_path_close(); NULL with an errno as above.
 */
struct tempfile_path *
tempfile_path_make_opt(int (*make)(const char *path, void *data), void *data,
		       const struct tempfile_make_options *options)
	__attribute__((__warn_unused_result__));

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void tempfile__path_end(struct tempfile_path *path);

/* Private: adopt for a guard, whose failure the error hook is told. */
struct tempfile_path *tempfile__path_enter(const char *path, const char *source)
	__attribute__((__warn_unused_result__));

#ifdef __cplusplus
}
#define WITH_PATH(...)	WITH__C_ONLY
#define SCOPED_PATH(...)	WITH__C_ONLY
#define WITH_MADE(...)	WITH__C_ONLY
#define SCOPED_MADE(...)	WITH__C_ONLY
#else
#define tempfile_make(ret_path, make, ...) \
	WITH__MAKE(ret_path, make, WITH__FIRST(__VA_ARGS__, ~), \
		   WITH__REST(__VA_ARGS__))
#define WITH__MAKE(ret_path, make, data, ...) \
	tempfile_make_opt(ret_path, make, data, \
		WITH__OPTIONS(tempfile_make_options, __VA_ARGS__))
#define tempfile_path_make(make, ...) \
	WITH__PATH_MAKE(make, WITH__FIRST(__VA_ARGS__, ~), \
			WITH__REST(__VA_ARGS__))
#define WITH__PATH_MAKE(make, data, ...) \
	tempfile_path_make_opt(make, data, \
		WITH__OPTIONS(tempfile_make_options, __VA_ARGS__))

WITH__DEFINE_NOUN(tempfile_path, struct tempfile_path *, tempfile__path_end)

/*
 * The statements: a block, or the rest of the scope.
 *
 *	WITH_PATH (variable, path)
 *	WITH_MADE (variable, make, data, options...)
 */
#define WITH_PATH(variable, path) \
	WITH__BLOCK(tempfile_path, struct tempfile_path *, variable, \
		    tempfile__path_enter(path, WITH__SOURCE))
#define SCOPED_PATH(variable, path) \
	WITH__DECLARATION(tempfile_path, struct tempfile_path *, variable, \
			  tempfile__path_enter(path, WITH__SOURCE))
#define WITH_MADE(variable, make, ...) \
	WITH__MADE(WITH__BLOCK, variable, make, __VA_ARGS__, .scoped_ = 1)
#define SCOPED_MADE(variable, make, ...) \
	WITH__MADE(WITH__DECLARATION, variable, make, __VA_ARGS__, .scoped_ = 1)
#define WITH__MADE(form, variable, make, data, ...) \
	form(tempfile_path, struct tempfile_path *, variable, \
	     tempfile_path_make_opt(make, data, \
			WITH__OPTIONS(tempfile_make_options, __VA_ARGS__)))
#endif
#endif /* WITH_PATH_H */
