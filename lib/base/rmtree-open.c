/* SPDX-License-Identifier: MIT */
/*
 * rmtree-open.c - open a directory of the tree, and nothing but that.
 *
 * A link is refused by the kernel (ENOTDIR or ELOOP), a mount point too
 * (EXDEV), bind mounts of the same file system included. Before openat2()
 * (Linux 5.6), or where a filter refuses it, the caller tries rmdir() first,
 * which says EBUSY for a mount point unless it has something else to say
 * before; and the device has to tell, and statx().
 */
#include "config.h"

#include <errno.h>
#include <linux/openat2.h>

#include "base/identity.h"
#include "base/rmtree-tree.h"
#include "base/syscalls.h"

static const int open_flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

static int same_device(struct tree *tree, int fd)
{
	struct with__status status;

	if (!tree->device) {
		if (with__brief_status_at(tree->frames[0].fd, "", &status) < 0)
			return -1;
		tree->device = status.identity.device;
	}
	if (with__brief_status_at(fd, "", &status) < 0)
		return -1;
	if (status.identity.device == tree->device && !status.is_mount)
		return 0;
	errno = EXDEV;
	return -1;
}

/*
 * rmdir() has failed, in the top frame. What it says before it has looked for
 * a mount (EACCES, EPERM, EROFS) leaves that open where statx() does not know.
 */
bool with__rmtree_may_be_mount(const struct tree *tree, int error)
{
	struct with__status status;

	if (error == EBUSY || !tree->no_openat2)
		return error == EBUSY;
	if (error == ENOTEMPTY || error == EEXIST || error == ENOTDIR)
		return false;
	return with__brief_status_at(tree->frames[0].fd, "", &status) < 0 ||
	       !status.tells_mounts;
}

static int open_checked(struct tree *tree, int dirfd, const char *name,
			int flags)
{
	int fd = WITH__RETRY(with__sys.openat(dirfd, name, flags | open_flags,
					      0));

	if (fd >= 0 && same_device(tree, fd) < 0) {
		int error = errno;

		(void)with__sys.close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* flags: O_RDONLY or O_PATH. Runs inside a signal handler. */
int with__rmtree_open(struct tree *tree, int dirfd, const char *name, int flags)
{
	int fd;

	if (tree->no_openat2)
		return open_checked(tree, dirfd, name, flags);
	fd = WITH__RETRY(with__sys.openat2(dirfd, name, flags | open_flags,
					   RESOLVE_NO_XDEV));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		tree->no_openat2 = true;
		errno = EAGAIN;	/* the caller begins with rmdir() then */
	}
	return fd;
}
