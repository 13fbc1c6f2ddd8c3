/* SPDX-License-Identifier: MIT */
/*
 * with/persist.h - give a temporary file a name of the user's, atomically
 *
 *	WITH_NAMED_TMP (new, .beside = "settings.ini") {
 *		write_settings(new->file);
 *		if (tempfile_named_persist(new, "settings.ini",
 *					   TEMPFILE_SYNC) < 0)
 *			perror("settings.ini");
 *	} else {
 *		perror("settings.ini");
 *	}
 *
 * Whoever opens the target at any moment, a crash in the middle included,
 * finds the old content or the new one, whole. The file must be on the file
 * system of the target already: .beside sees to that. Across file systems the
 * answer is EXDEV and never a copy, which could not be atomic.
 *
 * The functions are tempfile_named_persist() (with/named.h) and
 * tempfile_persist() (with/anonymous.h); this header has what they share.
 *
 * Flags, to be joined with |; 0 for: replace what is there, keep the
 * permissions that the temporary has.
 *
 * TEMPFILE_NOREPLACE    EEXIST if the target exists, of whatever kind it is.
 * TEMPFILE_EXCHANGE     the target must exist and changes places with the
 *                       temporary: its old content is removed with the handle.
 *                       So it must not be a directory, nor the temporary.
 * TEMPFILE_SYNC         the file, and then its directory, are on the disk when
 *                       the call returns (fsync).
 * TEMPFILE_UMASK_MODE   permissions as if the program had created the target
 *                       itself with open(..., 0666): umask and default ACL.
 * TEMPFILE_TARGET_MODE  permissions of the file that is replaced, and its
 *                       owner and group as far as that is permitted; group
 *                       permissions are not given to another group. Without a
 *                       target: as TEMPFILE_UMASK_MODE if that is given too,
 *                       else as it is.
 *
 * Errors: -1 with errno. Before the renaming, and so in all cases but the last,
 * the target is untouched, and the temporary is usable and owned as before:
 *	EINVAL	unknown or contradicting flags; no target; the file is not a
 *		temporary of the library's, or is the user's already; an
 *		anonymous file that was not made with .persistable; an exchange
 *		with itself
 *	EPERM	a forked child, which does not own it
 *	ESTALE	the temporary's path means another file now
 *	EEXIST, EISDIR, ENOENT, ENOTDIR, EACCES, EXDEV, ENOSPC...  as rename()
 *		and link() say; ENOSPC, EIO also for writing what was buffered;
 *		EISDIR also for an exchange with a directory; ENOENT also where
 *		with_cleanup_now() has removed the temporary
 *	ENOSYS, EINVAL	the kernel or the file system cannot exchange
 *	EIO	also if ferror() says that an earlier write or read has failed:
 *		something may be missing; clearerr() if that does not matter
 *	any, with TEMPFILE_SYNC  the directory could not be synced: the target
 *		has the new content, and the file is the user's
 */
#ifndef WITH_PERSIST_H
#define WITH_PERSIST_H

#define TEMPFILE_NOREPLACE	0x01u
#define TEMPFILE_EXCHANGE	0x02u
#define TEMPFILE_SYNC		0x04u
#define TEMPFILE_UMASK_MODE	0x08u
#define TEMPFILE_TARGET_MODE	0x10u

#endif /* WITH_PERSIST_H */
