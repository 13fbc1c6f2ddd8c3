/* SPDX-License-Identifier: MIT */
/*
 * named-persist.c - persist a named file, and open it a second time
 *
 * The registry and a signal in the middle. Replacing, the temporary's name is
 * gone at the very moment that the target is there: a handler finds nothing,
 * which is right before and after. Exchanging, the name goes on to exist and
 * means the old file from then on: before that its identity is struck out of
 * the registry, so that a handler removes whatever has that name.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <with/persist.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "stream/stream.h"
#include "temp/named.h"
#include "temp/persist.h"

static const char *name_of(const struct with__named *named)
{
	return named->place == AT_FDCWD ? named->public.path :
					  strrchr(named->public.path, '/') + 1;
}

/* ESTALE if the name means another file than the one that was made. */
static int check_identity(const struct with__named *named, int place,
			  const char *name)
{
	struct with__status status;

	if (with__status_at(place, name, &status) < 0)
		return -1;
	if (with__identity_equal(&status.identity, &named->identity))
		return 0;
	errno = ESTALE;
	return -1;
}

static bool is_lost(const struct with__named *named)
{
	return named->place != AT_FDCWD &&
	       (errno == ENOENT || errno == EBADF || errno == ENOTDIR);
}

/*
 * Is the name there, and the file's? The descriptor of its directory is not
 * ours, and may be closed by now: then the path is as good.
 */
static int find(struct with__named *named)
{
	int place = named->place;

	if (check_identity(named, place, name_of(named)) == 0)
		return 0;
	if (!is_lost(named))
		return -1;
	named->place = AT_FDCWD;
	if (check_identity(named, AT_FDCWD, name_of(named)) == 0)
		return 0;
	named->place = place;
	return -1;
}

/* A descriptor of the file: the stream's own, or a new one. */
static int get_fd(const struct with__named *named)
{
	int fd, error;

	if (named->fd >= 0)
		return named->fd;
	fd = with__sys.openat(named->place, name_of(named),
			      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0 || check_identity(named, fd, "") == 0)
		return fd;
	error = errno;
	with__sys.close(fd);
	errno = error;
	return -1;
}

static void put_fd(const struct with__named *named, int fd)
{
	int saved = errno;

	if (fd != named->fd)
		with__sys.close(fd);
	errno = saved;
}

static void note_exchange(struct with__named *named)
{
	struct with__status status;

	named->exchanged = true;

	if (with__status_at(named->place, name_of(named), &status) == 0)
		with__registry_identify(&named->entry, &status.identity);
}

static int rename_owned(struct with__named *named, struct with__target *target)
{
	if (target->flags & TEMPFILE_EXCHANGE)
		with__registry_identify(&named->entry, NULL);
	if (with__target_rename(target, named->place, name_of(named)) < 0) {
		if (target->flags & TEMPFILE_EXCHANGE)
			with__registry_identify(&named->entry,
						&named->identity);
		return -1;
	}
	if (target->flags & TEMPFILE_EXCHANGE) {
		note_exchange(named);
		return 0;
	}
	with__registry_release(&named->entry);
	named->persisted = target->path;
	named->public.path = target->path;
	target->path = NULL;
	return 0;
}

static int persist_fd(struct with__named *named, int fd,
		      struct with__target *target)
{
	struct stat before;

	if (with__target_prepare(target, fd, &before) < 0)
		return -1;
	if ((!(target->flags & TEMPFILE_SYNC) || with__sys.fsync(fd) == 0) &&
	    rename_owned(named, target) == 0)
		return with__target_sync(target);
	with__target_restore(fd, &before);
	return -1;
}

static int persist(struct with__named *named, struct with__target *target)
{
	int fd, result;

	if (find(named) < 0)
		return -1;
	fd = get_fd(named);
	if (fd < 0)
		return -1;
	result = persist_fd(named, fd, target);
	put_fd(named, fd);
	return result;
}

int tempfile_named_persist(struct tempfile_named *named, const char *path,
			   unsigned flags)
{
	WITH__NO_CANCEL;
	struct with__named *private = (struct with__named *)named;
	struct with__target target;
	int saved = errno;
	int result;

	if (!named || !private->entry.slot || private->exchanged) {
		errno = EINVAL;
		return -1;
	}
	if (!with__registry_owns(&private->entry)) {
		errno = EPERM;
		return -1;
	}
	if (with__target_open(&target, path, flags) < 0)
		return -1;
	result = named->file && with__target_flush(named->file) < 0 ? -1 :
		 persist(private, &target);
	with__target_close(&target);
	if (result == 0)
		errno = saved;
	return result;
}

/* Ours is a file: so the path means a FIFO, a socket or a directory. */
static bool is_of_another_kind(int error)
{
	return error == ENXIO || error == ENODEV || error == EISDIR;
}

/* ENOENT and a link are not the file either, but say more. */
static int open_again(const struct with__named *named,
		      const struct with__mode *mode)
{
	int access = !mode->writable ? O_RDONLY :
		     mode->readable ? O_RDWR : O_WRONLY;
	int flags = access | (mode->append ? O_APPEND : 0) | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC;
	int place = named->persisted ? AT_FDCWD : named->place;
	const char *name = named->persisted ? named->persisted : name_of(named);
	int fd = WITH__RETRY(with__sys.openat(place, name, flags, 0));

	if (fd >= 0 || named->persisted || !is_lost(named))
		return fd;
	return WITH__RETRY(with__sys.openat(AT_FDCWD, named->public.path, flags,
					    0));
}

FILE *tempfile_named_reopen(struct tempfile_named *named, const char *mode)
{
	WITH__NO_CANCEL;
	const struct with__stream how = { .mode = mode };
	const struct with__named *private = (struct with__named *)named;
	struct with__mode parsed;
	FILE *file = NULL;
	int fd, error;

	if (!named || !mode || with__stream_check(&how, &parsed) < 0 ||
	    parsed.exclusive) {
		errno = EINVAL;
		return NULL;
	}
	fd = open_again(private, &parsed);
	if (fd < 0) {
		if (is_of_another_kind(errno))
			errno = ESTALE;
		return NULL;
	}
	/* Only after the check may it be emptied. */
	if (check_identity(private, fd, "") == 0 &&
	    (mode[0] != 'w' || WITH__RETRY(with__sys.ftruncate(fd, 0)) == 0))
		file = with__stream_open_checked(fd, &how, &parsed);
	if (file)
		return file;
	error = errno;
	with__sys.close(fd);
	errno = error;
	return NULL;
}
