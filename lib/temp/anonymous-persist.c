/* SPDX-License-Identifier: MIT */
/*
 * anonymous-persist.c - give a file without a name one
 *
 * Linking never replaces. So where the target exists, the file is first linked
 * to a fresh name beside it, registered before it exists like every other, and
 * that is renamed over the target, or exchanged with it. The file is whole
 * before it has any name.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <with/anonymous.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "life/inherited.h"
#include "stream/stream.h"
#include "temp/create.h"
#include "temp/persist.h"
#include "temp/unnamed.h"

struct linking {
	const struct with__target *target;
	int fd;
};

static int make_link(const struct with__candidate *candidate, void *data,
		     struct with__status *ret)
{
	const struct linking *linking = data;
	const char *name = strrchr(candidate->path, '/') + 1;

	/* Asked first: once linked, nothing may fail any more. */
	if (with__status_at(linking->fd, "", ret) < 0)
		return -1;
	return with__target_link(linking->target, linking->fd, name);
}

/* A second name for the file, in the directory of the target. */
static struct with__kept_name *link_beside(const struct with__target *target,
					   int fd)
{
	struct linking linking = { .target = target, .fd = fd };
	char *dir = with__target_directory(target);
	const struct with__names names = { .dir = dir };
	const struct with__creation creation = {
		.names = &names,
		.kind = WITH__FILE,
		.registered = true,
		.handle_size = sizeof(struct with__kept_name),
		.make = make_link,
		.data = &linking,
	};
	struct with__created created;
	struct with__kept_name *name = NULL;

	if (!dir)
		return NULL;
	if (with__create(&creation, &created) == 0)
		name = with__kept_name_of(&created);
	free(dir);
	return name;
}

static const char *name_of(const struct with__kept_name *name)
{
	return name->place == AT_FDCWD ? name->path :
					 strrchr(name->path, '/') + 1;
}

static int rename_kept(struct with__kept_name *name,
		       const struct with__target *target)
{
	struct with__status status;
	bool exchange = target->flags & TEMPFILE_EXCHANGE;

	/* From here the name alone decides: see named-persist.c. */
	if (exchange)
		with__registry_identify(&name->entry, NULL);
	if (with__target_rename(target, name->place, name_of(name)) < 0) {
		with__registry_identify(&name->entry, &name->identity);
		return -1;
	}
	if (!exchange) {
		with__registry_release(&name->entry);
	} else if (with__status_at(name->place, name_of(name), &status) == 0) {
		with__registry_identify(&name->entry, &status.identity);
	}
	name->is_old = exchange;
	return 0;
}

/* The name goes with the stream, from here on. */
static int accompany(FILE *file, struct with__kept_name *name)
{
	if (!with__inherited_is_noted(file) && with__file_note(file) < 0)
		return -1;
	return with__inherited_accompany(file, name);
}

/*
 * A file that had a name and lost it can never be linked again. So when the
 * renaming fails the name beside is not removed: the stream owns it from then
 * on, and the next attempt starts there.
 */
static int rename_over(FILE *file, int fd, const struct with__target *target)
{
	struct with__kept_name *name = link_beside(target, fd);

	if (!name)
		return -1;
	if (accompany(file, name) < 0) {
		(void)with__kept_name_end(&name->companion);
		errno = ENOMEM;
		return -1;
	}
	return rename_kept(name, target);
}

static int give_name(FILE *file, int fd, const struct with__target *target)
{
	if (target->flags & TEMPFILE_EXCHANGE)
		return rename_over(file, fd, target);
	if (with__target_link(target, fd, target->name) == 0)
		return 0;
	if (errno != EEXIST || (target->flags & TEMPFILE_NOREPLACE))
		return -1;
	return rename_over(file, fd, target);
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* As in named-persist.c. */
static int find(struct with__kept_name *name, struct with__status *ret)
{
	int place = name->place;

	if (with__status_at(place, name_of(name), ret) == 0)
		return 0;
	if (place == AT_FDCWD ||
	    (errno != ENOENT && errno != EBADF && errno != ENOTDIR))
		return -1;
	name->place = AT_FDCWD;
	if (with__status_at(AT_FDCWD, name_of(name), ret) == 0)
		return 0;
	name->place = place;
	return -1;
}

/* Has it a name of ours, or none at all? */
static int check(FILE *file, int fd, struct with__kept_name *name)
{
	struct with__status status;
	struct stat st;

	/* No descriptor: a stream on memory, or the program's own kind. */
	if (fd < 0)
		return refuse(EINVAL);
	if (with__sys.fstat(fd, &st) < 0)
		return -1;
	if (with__inherited_is_foreign(file))
		return refuse(EPERM);
	if (!name)
		return S_ISREG(st.st_mode) && st.st_nlink == 0 ? 0 :
							   refuse(EINVAL);
	/* The user's already? */
	if (!name->entry.slot || name->is_old)
		return refuse(EINVAL);
	if (find(name, &status) < 0)
		return -1;
	return with__identity_equal(&status.identity, &name->identity) ? 0 :
							   refuse(ESTALE);
}

static int persist(FILE *file, struct with__target *target)
{
	struct with__kept_name *name = with__inherited_companion(file);
	int fd = with__stream_descriptor(file);
	struct stat before;
	int result;

	if (check(file, fd, name) < 0 ||
	    with__target_prepare(target, fd, &before) < 0)
		return -1;
	result = target->flags & TEMPFILE_SYNC ? with__sys.fsync(fd) : 0;
	if (result == 0)
		result = name ? rename_kept(name, target) :
				give_name(file, fd, target);
	if (result == 0)
		return with__target_sync(target);
	with__target_restore(fd, &before);
	return -1;
}

int tempfile_persist(FILE *file, const char *path, unsigned flags)
{
	WITH__NO_CANCEL;
	struct with__target target;
	int saved = errno;
	int result;

	if (!file) {
		errno = EINVAL;
		return -1;
	}
	if (with__target_open(&target, path, flags) < 0)
		return -1;
	result = with__target_flush(file) < 0 ? -1 : persist(file, &target);
	with__target_close(&target);
	if (result == 0)
		errno = saved;
	return result;
}
