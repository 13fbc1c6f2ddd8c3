/* SPDX-License-Identifier: MIT */
/*
 * where.c - find the default directory by really making something in it
 *
 * A directory counts as usable if a file can be made and written there: so a
 * missing, read-only or full one is passed over, and one so deep that no name
 * fits. The probe has no name where the file system can do that; elsewhere its
 * name exists only while signals are blocked, so that none leaks.
 *
 * Paths that were handed out stay valid for good: they are kept in a list
 * that only grows, each once. There are no locks, which a fork could leave
 * locked: two threads may look at the same time, and find the same.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/names.h"
#include "base/syscalls.h"
#include "base/where.h"

struct kept {
	struct kept *next;
	char path[];
};

static _Atomic(struct kept *) all_kept;
static _Atomic(const char *) chosen;	/* by with__where_set() */
static _Atomic(const char *) found;	/* by looking */

static const char *keep(const char *path)
{
	struct kept *first = atomic_load(&all_kept);
	struct kept *kept;

	for (kept = first; kept; kept = kept->next)
		if (strcmp(kept->path, path) == 0)
			return kept->path;
	kept = malloc(sizeof(*kept) + strlen(path) + 1);
	if (!kept)
		return NULL;
	strcpy(kept->path, path);
	kept->next = first;
	while (!atomic_compare_exchange_weak(&all_kept, &kept->next, kept))
		;
	return kept->path;
}

static void strip_slashes(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
}

/* "." is the current directory itself, and "./a" is "a". */
static const char *skip_dots(const char *path)
{
	while (path[0] == '.' && (path[1] == '/' || !path[1])) {
		path++;
		path += strspn(path, "/");
	}
	return path;
}

static char *under_cwd(const char *path)
{
	char cwd[PATH_MAX];
	char *joined;

	if (!getcwd(cwd, sizeof(cwd))) {
		/* The C library's way to say that it is longer. */
		if (errno == ERANGE)
			errno = ENAMETOOLONG;
		return NULL;
	}
	if (cwd[0] != '/') {	/* "(unreachable)…": outside of our root */
		errno = ENOENT;
		return NULL;
	}
	path = skip_dots(path);
	joined = malloc(strlen(cwd) + 1 + strlen(path) + 1);
	if (joined)
		sprintf(joined, "%s/%s", strcmp(cwd, "/") ? cwd : "", path);
	return joined;
}

char *with__absolute(const char *path)
{
	char *absolute;

	if (!*path) {
		errno = ENOENT;
		return NULL;
	}
	if (strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	absolute = *path == '/' ? strdup(path) : under_cwd(path);
	if (!absolute)
		return NULL;
	strip_slashes(absolute);
	if (strlen(absolute) >= PATH_MAX) {
		free(absolute);
		errno = ENAMETOOLONG;
		return NULL;
	}
	return absolute;
}

static int open_unnamed(const char *dir)
{
	return with__sys.openat(AT_FDCWD, dir,
				O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
}

static int open_and_unlink(const char *dir)
{
	char path[PATH_MAX];
	char name[WITH__NAME_LENGTH + 1] = { 0 };
	sigset_t all, before;
	int fd;

	if (with__name_random(name, WITH__NAME_LENGTH) < 0)
		return -1;
	sprintf(path, "%s/tmp%s", dir, name);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	fd = with__sys.openat(AT_FDCWD, path,
			      O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
			      0600);
	if (fd >= 0)
		with__sys.unlinkat(AT_FDCWD, path, 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fd;
}

/*
 * A limit on files says nothing about the directory, and to write against it
 * would be a signal that kills.
 */
static bool may_write(size_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= size;
}

/* False with errno. */
static bool is_usable(const char *dir)
{
	static const char bytes[] = { 'b', 'l', 'a', 't' };

	ssize_t written = sizeof(bytes);
	int fd, error;

	/* What has no name fits anywhere, but that is not enough. */
	if (strlen(dir) + strlen("/tmp") + WITH__NAME_LENGTH >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = open_unnamed(dir);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
		       errno == EINVAL))
		fd = open_and_unlink(dir);
	if (fd < 0)
		return false;
	if (may_write(sizeof(bytes)))
		written = with__sys.write(fd, bytes, sizeof(bytes));
	error = written < 0 ? errno : ENOSPC;
	with__sys.close(fd);
	errno = error;
	return written == sizeof(bytes);
}

/* A lack of our own, which says nothing about the directory. */
static bool is_lack(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/*
 * The path in *ret if it is usable. -1 if that could not be found out: to go
 * on would mean to take a worse one for good.
 */
static int try_candidate(const char *candidate, const char **ret)
{
	char *absolute;

	if (!candidate || !*candidate)
		return 0;
	absolute = with__absolute(candidate);
	if (absolute && is_usable(absolute)) {
		*ret = keep(absolute);
		free(absolute);
		return *ret ? 0 : -1;
	}
	free(absolute);
	return is_lack(errno) ? -1 : 0;
}

static const char *look(void)
{
	static const char *const variables[] = { "TMPDIR", "TEMP", "TMP" };
	static const char *const places[] = { "/tmp", "/var/tmp", "/usr/tmp" };
	WITH__NO_CANCEL;
	const char *path = NULL;
	size_t i;

	for (i = 0; !path && i < 3; i++)
		if (try_candidate(secure_getenv(variables[i]), &path) < 0)
			return NULL;
	for (i = 0; !path && i < 3; i++)
		if (try_candidate(places[i], &path) < 0)
			return NULL;
	if (!path)
		errno = ENOENT;
	return path;
}

static const char *find(void)
{
	int saved = errno;
	const char *path = look();

	if (path) {
		atomic_store(&found, path);
		errno = saved;
	}
	return path;
}

const char *with__where(void)
{
	const char *path = atomic_load(&chosen);

	if (!path)
		path = atomic_load(&found);
	return path ? path : find();
}

bool with__where_again(const char *gone)
{
	const char *path;

	if (atomic_load(&chosen))
		return false;
	path = atomic_load(&found);
	if (path == gone)
		atomic_store(&found, NULL);
	path = with__where();
	return path && path != gone;
}

int with__where_set(const char *path)
{
	const char *kept = NULL;
	char *absolute;

	if (path) {
		absolute = with__absolute(path);
		if (!absolute)
			return -1;
		kept = keep(absolute);
		free(absolute);
		if (!kept)
			return -1;
	}
	atomic_store(&chosen, kept);
	atomic_store(&found, NULL);
	return 0;
}
