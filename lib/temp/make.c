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
#include "base/direct.h"
#include "base/status.h"
#include "temp/make.h"

int with__file_flags(bool append, bool inheritable)
{
	return (append ? O_APPEND : 0) | (inheritable ? 0 : O_CLOEXEC);
}

static bool is_exact(mode_t mode, mode_t permissions)
{
	return (mode & 0777) == permissions;
}

int with__file_permissions(int fd, mode_t permissions, mode_t mode)
{
	if (is_exact(mode, permissions))
		return 0;
	return WITH__RETRY(with__sys.fchmod(fd, permissions));
}

/* Nothing is made, after all. */
static int unmake_file(const struct with__candidate *candidate,
		       struct with__making_file *making, int error)
{
	with__sys.unlinkat(candidate->place, candidate->name, 0);
	with__sys.close(making->fd);
	making->fd = -1;
	errno = error;
	return -1;
}

int with__make_file(const struct with__candidate *candidate, void *data,
		    struct with__status *ret)
{
	struct with__making_file *making = data;
	int fd = WITH__DIRECT_RETRY(with__direct_openat(
		candidate->place, candidate->name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | making->flags,
		candidate->permissions));
	int result;

	making->fd = fd < 0 ? -1 : fd;
	if (fd < 0)
		return with__direct_result(fd);
	result = with__status_direct(fd, "", ret);
	if (result < 0)
		return unmake_file(candidate, making, -result);
	if (with__file_permissions(fd, candidate->permissions, ret->mode) < 0)
		return unmake_file(candidate, making, errno);
	return 0;
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

static int unmake_directory(const struct with__candidate *candidate, int error)
{
	with__sys.unlinkat(candidate->place, candidate->name, AT_REMOVEDIR);
	errno = error;
	return -1;
}

int with__make_directory(const struct with__candidate *candidate, void *data,
			 struct with__status *ret)
{
	int result = WITH__DIRECT_RETRY(with__direct_mkdirat(
		candidate->place, candidate->name, candidate->permissions));

	(void)data;
	if (result < 0)
		return with__direct_result(result);
	result = with__status_direct(candidate->place, candidate->name, ret);
	if (result < 0)
		return unmake_directory(candidate, -result);
	if (!is_exact(ret->mode, candidate->permissions) &&
	    mend_directory(candidate, ret) < 0)
		return unmake_directory(candidate, errno);
	return 0;
}
