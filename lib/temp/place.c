/* SPDX-License-Identifier: MIT */
/* place.c - the directory that a creator is to work in. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <with/directory.h>

#include "base/syscalls.h"
#include "base/where.h"
#include "temp/place.h"

/* A descriptor tells its path by way of /proc only. */
static char *path_of_descriptor(int fd)
{
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	char path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = with__sys.readlinkat(AT_FDCWD, link, path, sizeof(path));
	if (length < 0) {
		if (errno == ENOENT && with__sys.fcntl(fd, F_GETFD, 0) < 0)
			errno = EBADF;
		return NULL;
	}
	if (length == (ssize_t)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	path[length] = '\0';
	if (*path != '/') {	/* "pipe:[…]": a descriptor of something else */
		errno = ENOTDIR;
		return NULL;
	}
	return strdup(path);
}

static int resolve_descriptor(int fd, struct with__place *ret)
{
	ret->owned = fd == AT_FDCWD ? with__absolute(".") :
				      path_of_descriptor(fd);
	ret->path = ret->owned;
	ret->fd = fd;
	return ret->path ? 0 : -1;
}

int with__place_resolve(const struct with__names *names,
			struct with__place *ret)
{
	*ret = (struct with__place) { .fd = AT_FDCWD };
	if (names->at)
		return resolve_descriptor(*names->at, ret);
	if (names->inside) {
		ret->path = names->inside->path;
		ret->fd = tempfile_dir_fd(names->inside);
		return ret->fd < 0 ? -1 : 0;
	}
	if (names->dir) {
		ret->owned = with__absolute(names->dir);
		ret->path = ret->owned;
	} else {
		ret->is_default = true;
		ret->path = with__where();
	}
	return ret->path ? 0 : -1;
}

bool with__place_again(struct with__place *place)
{
	int error = errno;

	if (!place->is_default || error != ENOENT ||
	    !with__where_again(place->path)) {
		errno = error;
		return false;
	}
	place->path = with__where();
	return place->path != NULL;
}

void with__place_free_owned(struct with__place *place)
{
	int saved = errno;

	free(place->owned);
	errno = saved;
}
