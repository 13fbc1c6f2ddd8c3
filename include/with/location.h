/* SPDX-License-Identifier: MIT */
/*
 * with/location.h - where temporary files go, and how their names begin
 *
 *	printf("temporary files go to %s\n", tempfile_gettempdir());
 *
 * All functions are thread-safe. None is async-signal-safe.
 */
#ifndef WITH_LOCATION_H
#define WITH_LOCATION_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * tempfile_gettempdir - the directory that is used where none is given
 *
 * The one set by tempfile_set_tempdir(); else the first of $TMPDIR, $TEMP and
 * $TMP (not in set-uid programs), /tmp, /var/tmp and /usr/tmp where a file can
 * be made and written (made only, where RLIMIT_FSIZE allows no more). This is
 * Python's list without its last entry: the current directory is never used
 * unasked. Found once; looked for again when it has vanished.
 *
 * Returns an absolute path without a slash at its end, which is valid for good
 * and never freed; NULL with ENOENT if no candidate is usable, or with EMFILE,
 * ENFILE or ENOMEM if there was nothing left to try them with.
 */
const char *tempfile_gettempdir(void);

/* The same: paths are bytes in C. Here for those who know Python's names. */
const char *tempfile_gettempdirb(void);

/*
 * tempfile_gettempprefix - the prefix of names where none is given: "tmp"
 *
 * Never NULL, never freed.
 */
const char *tempfile_gettempprefix(void);
const char *tempfile_gettempprefixb(void);

/*
 * tempfile_set_tempdir - choose the default directory
 *
 * path: made absolute, and copied. It is used as it is, without a look at
 *       whether it exists. NULL: choose again as described above.
 *
 * Returns 0, or -1 with errno: ENOENT (an empty path, or the current directory
 * is gone), ENAMETOOLONG, ENOMEM.
 */
int tempfile_set_tempdir(const char *path);

#ifdef __cplusplus
}
#endif
#endif /* WITH_LOCATION_H */
