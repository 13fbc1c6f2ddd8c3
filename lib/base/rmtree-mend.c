/* SPDX-License-Identifier: MIT */
/*
 * rmtree-mend.c - permissions that keep us from removing what is ours.
 *
 * Only after EACCES, only directories, and only through a descriptor that
 * was opened without following a link: a mode is never changed by a path
 * that somebody may exchange between two calls. Files need no mending, since
 * removing a name asks nothing of the file.
 */
#include "config.h"

#include <errno.h>

#include "base/chmod.h"
#include "base/identity.h"
#include "base/rmtree-tree.h"
#include "base/syscalls.h"

/* Adds what the owner needs, and takes nothing from anybody. */
int with__rmtree_widen(int fd)
{
	struct with__status status;

	if (with__brief_status_at(fd, "", &status) < 0)
		return -1;
	return with__chmod_fd(fd, (status.mode & 07777) | 0700);
}

/*
 * Once for each frame; true: another attempt is worth it. errno says EACCES
 * still when it is not.
 */
bool with__rmtree_mend_frame(struct frame *frame)
{
	if (frame->mended)
		return false;
	frame->mended = true;
	if (with__rmtree_widen(frame->fd) == 0)
		return true;
	errno = EACCES;
	return false;
}

/* 0, or -1 with EMFILE or ENFILE where a descriptor less would help. */
int with__rmtree_mend_child(struct tree *tree, int dirfd, const char *name)
{
	int fd = with__rmtree_open(tree, dirfd, name, O_PATH);
	int result;

	if (fd < 0) {
		if (errno != EMFILE && errno != ENFILE)
			errno = EACCES;
		return -1;
	}
	result = with__rmtree_widen(fd);
	(void)with__sys.close(fd);
	if (result < 0)
		errno = EACCES;
	return result;
}
