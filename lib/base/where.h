/* SPDX-License-Identifier: MIT */
/*
 * where.h - the directory that temporary files go to by default
 */
#ifndef BASE_WHERE_H
#define BASE_WHERE_H

#include <stdbool.h>

/*
 * with__where - the default directory: absolute, no slash at its end, never
 * freed
 *
 * The one set by with__where_set(); else the first usable of $TMPDIR, $TEMP,
 * $TMP, /tmp, /var/tmp and /usr/tmp, found once. NULL with ENOENT if none is;
 * with EMFILE, ENFILE or ENOMEM if that could not be found out.
 */
const char *with__where(void);

/*
 * with__where_again - called when `gone`, got from with__where(), turned out
 * not to exist: look for another. False if there is no other to be had.
 */
bool with__where_again(const char *gone);

/* NULL: forget what was set or found. -1 with errno of with__absolute(). */
int with__where_set(const char *path);

/*
 * with__absolute - path made absolute against the current directory
 *
 * Slashes at its end are taken off. For the caller to free. NULL with ENOENT
 * (empty), ENAMETOOLONG (PATH_MAX or more), ENOMEM, or errno of getcwd().
 */
char *with__absolute(const char *path);

#endif /* BASE_WHERE_H */
