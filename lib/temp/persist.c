/* SPDX-License-Identifier: MIT */
/*
 * persist.c - from a temporary's place to a name of the user's
 *
 * The target's directory is opened once, and everything happens relative to
 * it: the look at the old target, the renaming, the sync. So a directory that
 * is renamed in the middle changes nothing.
 *
 * Permissions are set before the renaming: nobody sees the target with those
 * of the temporary. Whoever fails afterwards puts them back.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <with/persist.h>

#include "base/syscalls.h"
#include "base/where.h"
#include "temp/create.h"
#include "temp/persist.h"

/* linux/fs.h has these too, but quarrels with some C libraries. */
#define RENAME_NOREPLACE_FLAG	1u
#define RENAME_EXCHANGE_FLAG	2u

#define ALL_FLAGS (TEMPFILE_NOREPLACE | TEMPFILE_EXCHANGE | TEMPFILE_SYNC | \
		   TEMPFILE_UMASK_MODE | TEMPFILE_TARGET_MODE)

static int check(const char *target, unsigned flags)
{
	if (target && *target && !(flags & ~ALL_FLAGS) &&
	    !((flags & TEMPFILE_NOREPLACE) && (flags & TEMPFILE_EXCHANGE)))
		return 0;
	errno = EINVAL;
	return -1;
}

static int open_directory(char *path, unsigned flags)
{
	char *slash = strrchr(path, '/');
	int how = (flags & TEMPFILE_SYNC) ? O_RDONLY : O_PATH;
	int fd;

	if (slash == path)
		return with__sys.openat(AT_FDCWD, "/",
					how | O_DIRECTORY | O_CLOEXEC, 0);
	*slash = '\0';
	fd = with__sys.openat(AT_FDCWD, path, how | O_DIRECTORY | O_CLOEXEC, 0);
	*slash = '/';
	return fd;
}

int with__target_open(struct with__target *ret, const char *target,
		      unsigned flags)
{
	if (check(target, flags) < 0)
		return -1;
	if (target[strlen(target) - 1] == '/') {
		errno = EISDIR;
		return -1;
	}
	*ret = (struct with__target) { .flags = flags };
	ret->path = with__absolute(target);
	if (!ret->path)
		return -1;
	ret->name = strrchr(ret->path, '/') + 1;
	ret->dir = open_directory(ret->path, flags);
	if (ret->dir >= 0)
		return 0;
	free(ret->path);
	return -1;
}

void with__target_close(struct with__target *target)
{
	int saved = errno;

	with__sys.close(target->dir);
	free(target->path);
	errno = saved;
}

char *with__target_directory(const struct with__target *target)
{
	char *dir = strdup(target->path);
	char *slash;

	if (!dir)
		return NULL;
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	return dir;
}

int with__target_flush(FILE *file)
{
	if (fflush(file) != 0)
		return -1;
	if (!ferror(file))
		return 0;
	errno = EIO;
	return -1;
}

/* Not what permissions were asked for: what the directory gives. */
static int make_to_look_at(const struct with__candidate *candidate, void *data,
			   struct with__status *ret)
{
	int fd = with__sys.openat(candidate->place, candidate->name,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				  O_CLOEXEC, 0666);
	mode_t *mode = data;
	int error;

	if (fd < 0)
		return -1;
	if (with__status_at(fd, "", ret) == 0) {
		*mode = ret->mode & 0777;
		with__sys.close(fd);
		return 0;
	}
	error = errno;
	with__sys.unlinkat(candidate->place, candidate->name, 0);
	with__sys.close(fd);
	errno = error;
	return -1;
}

/* With a name, like every other: a signal must not leave it. */
static int named_mode(const struct with__target *target, mode_t *ret)
{
	char *dir = with__target_directory(target);
	const struct with__names names = { .dir = dir };
	const struct with__creation creation = {
		.names = &names,
		.kind = WITH__FILE,
		.registered = true,
		.make = make_to_look_at,
		.data = ret,
	};
	struct with__created created;
	int result, error;

	if (!dir)
		return -1;
	result = with__create(&creation, &created);
	error = errno;
	free(dir);
	errno = error;
	if (result < 0)
		return -1;
	result = with__registry_remove(&created.entry, -1, false);
	error = errno;
	free(created.handle);
	errno = error;
	return result;
}

/*
 * What open(..., 0666) gives in this directory: asked by doing it, which
 * knows of default ACLs, and is safe among threads, unlike umask().
 */
static int created_mode(const struct with__target *target, mode_t *ret)
{
	struct stat status;
	int fd = with__sys.openat(target->dir, ".",
				  O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	int result;

	if (fd < 0)
		return named_mode(target, ret);
	result = with__sys.fstat(fd, &status);
	*ret = status.st_mode & 0777;
	with__sys.close(fd);
	return result;
}

/* To the owner of the old file, as far as we may; then its permissions. */
static int copy_owner(int fd, const struct stat *now, const struct stat *old,
		      mode_t *mode)
{
	bool group_differs = now->st_gid != old->st_gid;

	if (now->st_uid == old->st_uid && !group_differs)
		return 0;
	if (with__sys.fchown(fd, old->st_uid, old->st_gid) == 0)
		return 0;
	if (errno != EPERM && errno != EINVAL)
		return -1;
	if (group_differs && with__sys.fchown(fd, (uid_t)-1, old->st_gid) < 0) {
		if (errno != EPERM && errno != EINVAL)
			return -1;
		/* Not our group: it gets what everybody gets. */
		*mode = (*mode & 0707u) | ((*mode & 07u) << 3);
	}
	return 0;
}

/* Those of the old target; where there is none, or a link, the next best. */
static int wanted_mode(const struct with__target *target, int fd,
		       const struct stat *now, mode_t *mode)
{
	struct stat old;

	if (target->flags & TEMPFILE_TARGET_MODE) {
		if (with__sys.fstatat(target->dir, target->name, &old,
				      AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT)
				return -1;
		} else if (S_ISREG(old.st_mode)) {
			*mode = old.st_mode & 0777;
			return copy_owner(fd, now, &old, mode);
		}
	}
	return target->flags & TEMPFILE_UMASK_MODE ?
	       created_mode(target, mode) : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * What comes into the temporary's place is removed with it: no directory with
 * all that is in it, and not the file itself.
 */
static int check_exchange(const struct with__target *target,
			  const struct stat *file)
{
	struct stat old;

	if (!(target->flags & TEMPFILE_EXCHANGE))
		return 0;
	if (with__sys.fstatat(target->dir, target->name, &old,
			      AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(old.st_mode) && !is_same(&old, file))
		return 0;
	errno = S_ISDIR(old.st_mode) ? EISDIR : EINVAL;
	return -1;
}

int with__target_prepare(struct with__target *target, int fd,
			 struct stat *ret_before)
{
	mode_t before, mode;
	int result;

	if (with__sys.fstat(fd, ret_before) < 0 ||
	    check_exchange(target, ret_before) < 0)
		return -1;
	target->has_other_names = ret_before->st_nlink > 1;
	before = mode = ret_before->st_mode & 0777;
	result = wanted_mode(target, fd, ret_before, &mode);
	if (result == 0 && mode != before)
		result = with__sys.fchmod(fd, mode);
	if (result < 0)
		with__target_restore(fd, ret_before);
	return result;
}

void with__target_restore(int fd, const struct stat *before)
{
	struct stat now;
	int saved = errno;

	if (with__sys.fstat(fd, &now) == 0) {
		if (now.st_uid != before->st_uid ||
		    now.st_gid != before->st_gid)
			(void)with__sys.fchown(fd, before->st_uid,
					       before->st_gid);
		if ((now.st_mode ^ before->st_mode) & 0777)
			(void)with__sys.fchmod(fd, before->st_mode & 0777);
	}
	errno = saved;
}

static bool cannot(int error)
{
	return error == ENOSYS || error == EINVAL || error == EPERM;
}

/* link() never replaces; for a moment the file has two names. */
static int link_and_unlink(const struct with__target *target, int place,
			   const char *source)
{
	int error;

	if (with__sys.linkat(place, source, target->dir, target->name, 0) < 0)
		return -1;
	if (with__sys.unlinkat(place, source, 0) == 0)
		return 0;
	error = errno;
	with__sys.unlinkat(target->dir, target->name, 0);
	errno = error;
	return -1;
}

static int directory_of(int place, const char *source, struct stat *ret)
{
	char path[PATH_MAX];
	const char *slash = strrchr(source, '/');

	if (!slash)
		return with__sys.fstat(place, ret);
	snprintf(path, sizeof(path), "%.*s", (int)(slash - source) + 1, source);
	return with__sys.fstatat(place, path, ret, 0);
}

/* One name, perhaps spelled in two ways? */
static bool is_target(const struct with__target *target, int place,
		      const char *source)
{
	const char *slash = strrchr(source, '/');
	struct stat here, there;

	return strcmp(slash ? slash + 1 : source, target->name) == 0 &&
	       directory_of(place, source, &here) == 0 &&
	       with__sys.fstat(target->dir, &there) == 0 &&
	       is_same(&here, &there);
}

/*
 * Of two names of one file rename() removes neither, and says nothing. A name
 * that is still there afterwards, and is not the target itself, goes here.
 */
static int replace(const struct with__target *target, int place,
		   const char *source)
{
	struct stat left, reached;

	if (with__sys.renameat(place, source, target->dir, target->name) < 0)
		return -1;
	if (!target->has_other_names ||
	    with__sys.fstatat(place, source, &left, AT_SYMLINK_NOFOLLOW) < 0 ||
	    with__sys.fstatat(target->dir, target->name, &reached,
			      AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_same(&left, &reached) || is_target(target, place, source))
		return 0;
	return with__sys.unlinkat(place, source, 0);
}

int with__target_rename(const struct with__target *target, int place,
			const char *source)
{
	if (target->flags & TEMPFILE_EXCHANGE)
		return with__sys.renameat2(place, source, target->dir,
					   target->name, RENAME_EXCHANGE_FLAG);
	if (!(target->flags & TEMPFILE_NOREPLACE))
		return replace(target, place, source);
	if (with__sys.renameat2(place, source, target->dir, target->name,
				RENAME_NOREPLACE_FLAG) == 0)
		return 0;
	/* Linux before 3.15, a file system or a filter that does not know it. */
	return cannot(errno) ? link_and_unlink(target, place, source) : -1;
}

int with__target_link(const struct with__target *target, int fd,
		      const char *name)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	if (with__sys.linkat(fd, "", target->dir, name, AT_EMPTY_PATH) == 0)
		return 0;
	/* Before Linux 6.10 that needs a capability, and says ENOENT without. */
	if (errno != ENOENT && !cannot(errno))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (with__sys.linkat(AT_FDCWD, path, target->dir, name,
			     AT_SYMLINK_FOLLOW) == 0)
		return 0;
	/* The directory is there, so it is the file that cannot be linked. */
	if (errno == ENOENT)
		errno = EINVAL;
	return -1;
}

int with__target_sync(const struct with__target *target)
{
	if (!(target->flags & TEMPFILE_SYNC))
		return 0;
	/* Some file systems sync no directories, and say EINVAL. */
	if (with__sys.fsync(target->dir) < 0 && errno != EINVAL)
		return -1;
	return 0;
}
