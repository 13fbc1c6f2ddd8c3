/* SPDX-License-Identifier: MIT */
/*
 * make.c - make a file or a directory, with exact permissions
 *
 * The umask takes bits away at creation, and there is no way to ask for it
 * without changing it. So what came out is looked at (its identity is wanted
 * anyway), and mended where it is not what was asked for.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "base/chmod.h"
#include "base/syscalls.h"
#include "temp/make.h"

int with__file_flags(bool append, bool inheritable)
{
	return (append ? O_APPEND : 0) | (inheritable ? 0 : O_CLOEXEC);
}

static bool is_exact(const struct with__status *status, mode_t permissions)
{
	return (status->mode & 0777) == permissions;
}

int with__file_permissions(int fd, mode_t permissions,
			   struct with__status *status)
{
	if (is_exact(status, permissions))
		return 0;
	return WITH__RETRY(with__sys.fchmod(fd, permissions));
}

int with__make_file(const struct with__candidate *candidate, void *data,
		    struct with__status *ret)
{
	struct with__making_file *making = data;
	int error;

	making->fd = WITH__RETRY(with__sys.openat(
		candidate->place, candidate->name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | making->flags,
		candidate->permissions));
	if (making->fd < 0)
		return -1;
	if (with__status_at(making->fd, "", ret) == 0 &&
	    with__file_permissions(making->fd, candidate->permissions,
				   ret) == 0)
		return 0;
	error = errno;
	with__sys.unlinkat(candidate->place, candidate->name, 0);
	with__sys.close(making->fd);
	making->fd = -1;
	errno = error;
	return -1;
}

/* By way of a descriptor, which no swap of names can lead elsewhere. */
static int mend_directory(const struct with__candidate *candidate,
			  const struct with__status *status)
{
	struct with__status opened;
	int fd = WITH__RETRY(with__sys.openat(
		candidate->place, candidate->name,
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
	int result, error;

	if (fd < 0)
		return -1;
	result = with__status_at(fd, "", &opened);
	if (result == 0 && !with__identity_equal(&opened.identity,
						 &status->identity)) {
		errno = ESTALE;
		result = -1;
	}
	if (result == 0)
		result = with__chmod_fd(fd, (status->mode & 07000) |
					    candidate->permissions);
	error = errno;
	with__sys.close(fd);
	errno = error;
	return result;
}

int with__make_directory(const struct with__candidate *candidate, void *data,
			 struct with__status *ret)
{
	int error;

	(void)data;
	if (WITH__RETRY(with__sys.mkdirat(candidate->place, candidate->name,
					  candidate->permissions)) < 0)
		return -1;
	if (with__status_at(candidate->place, candidate->name, ret) == 0 &&
	    (is_exact(ret, candidate->permissions) ||
	     mend_directory(candidate, ret) == 0))
		return 0;
	error = errno;
	with__sys.unlinkat(candidate->place, candidate->name, AT_REMOVEDIR);
	errno = error;
	return -1;
}
