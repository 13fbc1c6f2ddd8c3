/* SPDX-License-Identifier: MIT */
/* chmod.h - permissions of whatever a descriptor stands for. */
#ifndef BASE_CHMOD_H
#define BASE_CHMOD_H

#include <sys/types.h>

/*
 * with__chmod_fd - set the permissions of the file behind fd
 *
 * fd may be an O_PATH descriptor, which fchmod() refuses: that is the only
 * kind one gets for a directory that nobody may read, and the only way to
 * change its mode without resolving a path a second time. Returns 0, or -1
 * with errno. Async-signal-safe.
 *
 * Before Linux 6.6 an O_PATH descriptor needs /proc, or search permission on
 * the directory; with neither the answer is EACCES or ENOENT, never a mode
 * changed through a path that somebody may have exchanged.
 */
int with__chmod_fd(int fd, mode_t mode);

#endif /* BASE_CHMOD_H */
