/* SPDX-License-Identifier: MIT */
/*
 * with/rmtree.h - remove a directory with everything in it: Python's
 * shutil.rmtree
 *
 *	if (tempfile_rmtree("build", .missing_ok = 1) < 0)
 *		perror("build");
 *
 * For trees of one's own making. A temporary directory (with/directory.h) is
 * removed in the same way when its handle is closed and needs no call of this.
 *
 * Any tree goes: any depth, any modes, any names, paths of any length below
 * the root. It takes at most eight descriptors, no heap, and less than 64 KiB
 * of stack; with threads 80 KiB.
 *
 * Nothing outside the tree is touched. Every step goes from an open directory
 * to a name in it: links are removed, never followed, even if a directory is
 * exchanged for one in the middle of the work. Directories of the caller's
 * that may not be read or changed are made so (mode | 0700) through their
 * descriptor. What is mounted inside is neither entered nor removed; it is
 * reported with EXDEV or EBUSY, and the rest goes.
 *
 * Limits. Where a directory is deeper than there are descriptors it is first
 * moved up into the root, under a name beginning with ".~"; what cannot be
 * removed may then be found there. If another process adds files all the
 * time, removal goes on as long as it makes progress. A directory that may be
 * neither read nor searched by its owner (0000, 0200) needs /proc or Linux
 * 6.6 to be mended. Linux cannot check and remove in one step: between the
 * last look at the root and its rmdir(), a stranger's *empty* directory of
 * the same name could be hit.
 */
#ifndef WITH_RMTREE_H
#define WITH_RMTREE_H

#include <with/guard.h>
#include <with/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * size:       of the struct; the macro sets it.
 * at:         a directory descriptor that a relative path starts from; NULL:
 *             the current directory. Read during the call only.
 * missing_ok: that nothing is there is success.
 * keep_root:  remove what is in the directory, not the directory, which has the
 *             mode in the end that it had.
 * threads:    how many may work at it, this one included; 0: 1. One more is
 *             started for every 300 entries or so that are left below the
 *             sub-directories of one directory, so small trees are left to
 *             the caller. Each may open eight descriptors.
 * on_error:   is told of every failure as it happens: the path, beginning
 *             with the one given, which is valid during the call only; the
 *             errno; and data. A path of more than PATH_MAX bytes has "..." in
 *             its middle. Returns 0 to go on, another value to stop. With
 *             threads it is called by any of them, by one at a time. It may
 *             call the library, and remove things itself; but the directories
 *             above a failure stay all the same. A longjmp() out of it loses
 *             descriptors.
 * data:       for on_error.
 */
struct tempfile_rmtree_options {
	size_t size;
	const int *at;
	WITH__BOOL missing_ok;
	WITH__BOOL keep_root;
	unsigned threads;
	int (*on_error)(const char *path, int error, void *data);
	void *data;
	int end_;
};

/*
 * tempfile_rmtree - remove the directory at path with all its contents
 *
 * path: of the directory. Trailing slashes do not matter. Relative to at, or
 *       to the current directory, which may itself lie in the tree.
 * ...:  options by name: .at, .missing_ok, .keep_root, .threads, .on_error,
 *       .data.
 *
 * Returns 0 when the tree is gone, errno untouched. Otherwise -1 with the
 * errno of the first failure, after everything else has been removed:
 *	EINVAL	path is NULL or empty, consists of slashes, or its last component
 *		is "." or ".."; an option unknown to this library is set. As with
 *		the next four nothing has been touched.
 *	ENAMETOOLONG  path itself has PATH_MAX bytes or more
 *	EBADF	at is no open descriptor, and path is relative
 *	ENOTDIR	path is a file, or a link (to whatever)
 *	ENOENT	path does not exist, without missing_ok
 *	EBUSY	path is itself a mount point, and keep_root is not given;
 *		something is mounted in the tree
 *	EXDEV	something is mounted in the tree
 *	EACCES, EPERM, EROFS  the parent of something cannot be changed
 *	ENOTEMPTY  others add faster than this removes
 *	EMFILE, ENFILE  not even two descriptors are left, or three where modes
 *		are in the way
 *	EIO, ESTALE, …  what the file system says
 *
 * Async-signal-safe if .threads is at most 1 and on_error is. Thread-safe:
 * several may remove the same tree at once. Not a cancellation point.
 */
int tempfile_rmtree_opt(const char *path,
			const struct tempfile_rmtree_options *options);

#ifdef __cplusplus
}
#else
#define tempfile_rmtree(...) \
	WITH__RMTREE(WITH__FIRST(__VA_ARGS__, ~), WITH__REST(__VA_ARGS__))
#define WITH__RMTREE(path, ...) \
	tempfile_rmtree_opt(path, &(const struct tempfile_rmtree_options) { \
		.size = sizeof(struct tempfile_rmtree_options), .end_ = 0, \
		__VA_ARGS__ })
#endif
#endif /* WITH_RMTREE_H */
