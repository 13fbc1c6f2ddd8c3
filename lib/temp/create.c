/* SPDX-License-Identifier: MIT */
/*
 * create.c - make something under a fresh name
 *
 * A name with at least WITH__NAME_SAFE_LENGTH random characters is published
 * in the registry before the thing exists: a signal at any instruction finds
 * either nothing or something that it may remove by name. A shorter one could
 * be a stranger's: nothing is removed by it until the thing is made and its
 * identity known. From before the making until then signals are blocked, and
 * a clean-up in another thread waits, since the entry is there to be seen.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/syscalls.h"
#include "temp/create.h"
#include "temp/place.h"

/*
 * Enough to find the last of 32 one-character names as good as always; and no
 * more, so that a directory full of them is an answer and not a hang.
 */
#define ATTEMPTS 256

/* The parts of a path under construction. */
struct draft {
	char *handle;
	char *path;
	size_t path_size;	/* with its '\0' */
	char *name;		/* its last component */
	char *random;		/* the random part of that */
	size_t random_length;
};

/* What a name is made of. */
struct parts {
	const char *prefix, *suffix;
	size_t prefix_length, suffix_length, random_length;
};

static size_t random_length_of(const struct with__names *names)
{
	if (names->random_length == TEMPFILE_EXACT_NAME)
		return 0;
	return names->random_length ? (size_t)names->random_length :
				      WITH__NAME_LENGTH;
}

static struct parts parts_of(const struct with__names *names)
{
	struct parts parts = {
		.prefix = names->prefix ? names->prefix : "tmp",
		.suffix = names->suffix ? names->suffix : "",
		.random_length = random_length_of(names),
	};

	parts.prefix_length = strlen(parts.prefix);
	parts.suffix_length = strlen(parts.suffix);
	return parts;
}

static bool is_dots(const struct parts *parts)
{
	size_t length = parts->prefix_length + parts->suffix_length;

	return !parts->random_length && length <= 2 &&
	       strspn(parts->prefix, ".") + strspn(parts->suffix, ".") ==
	       length;
}

static bool has_slash(const char *text)
{
	return text && strchr(text, '/');
}

static int check(const struct with__names *names, const struct parts *parts)
{
	if (!!names->dir + !!names->inside + !!names->at > 1 ||
	    has_slash(names->prefix) || has_slash(names->suffix) ||
	    names->random_length < TEMPFILE_EXACT_NAME ||
	    (names->permissions & ~0777u) || is_dots(parts)) {
		errno = EINVAL;
		return -1;
	}
	if (names->random_length > NAME_MAX ||
	    parts->prefix_length + parts->random_length +
	    parts->suffix_length > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int with__create_check(const struct with__names *names)
{
	struct parts parts = parts_of(names);

	return check(names, &parts);
}

static mode_t permissions_of(const struct with__creation *creation)
{
	return creation->names->permissions ?
	       (mode_t)creation->names->permissions :
	       creation->default_permissions;
}

static char *append(char *end, const char *text, size_t length)
{
	memcpy(end, text, length);
	return end + length;
}

static int draft_path(const struct with__creation *creation,
		      const struct with__place *place,
		      const struct parts *parts, struct draft *ret)
{
	size_t dir_length = strlen(place->path);
	size_t most = creation->longest_path ? creation->longest_path : PATH_MAX;

	if (dir_length == 1)	/* "/" */
		dir_length = 0;
	ret->path_size = dir_length + 1 + parts->prefix_length +
			 parts->random_length + parts->suffix_length + 1;
	if (ret->path_size > most) {
		errno = ENAMETOOLONG;
		return -1;
	}
	ret->handle = malloc(creation->handle_size + ret->path_size);
	if (!ret->handle)
		return -1;
	ret->path = ret->handle + creation->handle_size;
	ret->name = append(append(ret->path, place->path, dir_length), "/", 1);
	ret->random = append(ret->name, parts->prefix, parts->prefix_length);
	ret->random_length = parts->random_length;
	append(ret->random + ret->random_length, parts->suffix,
	       parts->suffix_length + 1);
	return 0;
}

/* A clean-up has come between. */
static void unmake(const struct with__creation *creation,
		   const struct with__candidate *candidate,
		   struct with__created *created)
{
	int saved = errno;

	if ((creation->kind != WITH__DIRECTORY &&
	     with__sys.unlinkat(candidate->place, candidate->name, 0) == 0) ||
	    with__sys.unlinkat(candidate->place, candidate->name,
			       AT_REMOVEDIR) == 0 || errno == ENOENT)
		with__registry_withdraw(&created->entry);
	else
		with__registry_strand(&created->entry);
	errno = saved;
}

static int publish(const struct with__creation *creation,
		   const struct with__candidate *candidate, bool guessable,
		   struct with__created *ret)
{
	const struct with__record record = {
		.path = candidate->path,
		.path_size = candidate->path_size,
		.place = candidate->place,
		.kind = creation->kind,
		.threads = creation->threads,
		.ignore_errors = creation->ignore_errors,
		.guessable = guessable,
		.source = creation->names->source_,
	};

	return with__registry_publish(&ret->entry, &record);
}

static int make_published(const struct with__creation *creation,
			  const struct with__candidate *candidate,
			  struct with__created *ret)
{
	if (creation->make(candidate, creation->data, &ret->status) < 0) {
		/* Made, and removed before the maker had looked at it. */
		if (errno == ENOENT && with__registry_is_canceled(&ret->entry))
			errno = ECANCELED;
		with__registry_withdraw(&ret->entry);
		return -1;
	}
	if (with__registry_confirm(&ret->entry, &ret->status.identity) < 0) {
		unmake(creation, candidate, ret);
		return -1;
	}
	return 0;
}

static int publish_and_make(const struct with__creation *creation,
			    const struct with__candidate *candidate,
			    bool guessable, struct with__created *ret)
{
	sigset_t all, before;
	int result;

	if (publish(creation, candidate, guessable, ret) < 0)
		return -1;
	if (guessable) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
	}
	result = make_published(creation, candidate, ret);
	if (guessable)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

static int try_names(const struct with__creation *creation,
		     const struct with__place *place,
		     const struct draft *draft, struct with__created *ret)
{
	const struct with__candidate candidate = {
		.place = place->fd,
		.name = place->fd == AT_FDCWD ? draft->path : draft->name,
		.path = draft->path,
		.path_size = draft->path_size,
		.permissions = permissions_of(creation),
	};
	bool guessable = draft->random_length < WITH__NAME_SAFE_LENGTH;
	int attempts = draft->random_length ? ATTEMPTS : 1;
	int result = -1;

	while (attempts-- > 0) {
		if (with__name_random(draft->random, draft->random_length) < 0)
			return -1;
		result = creation->registered ?
			publish_and_make(creation, &candidate, guessable, ret) :
			creation->make(&candidate, creation->data, &ret->status);
		if (result == 0 || (errno != EEXIST && errno != EADDRINUSE))
			return result;
	}
	errno = EEXIST;
	return result;
}

static int create_in(const struct with__creation *creation,
		     const struct with__place *place, const struct parts *parts,
		     struct with__created *ret)
{
	struct draft draft;
	int error;

	if (draft_path(creation, place, parts, &draft) < 0)
		return -1;
	ret->handle = draft.handle;
	ret->path = draft.path;
	ret->place = place->fd;
	if (try_names(creation, place, &draft, ret) == 0)
		return 0;
	error = errno;
	free(draft.handle);
	errno = error;
	return -1;
}

int with__create(const struct with__creation *creation,
		 struct with__created *ret)
{
	struct parts parts = parts_of(creation->names);
	struct with__place place;
	int saved = errno;
	int result = -1;

	if (check(creation->names, &parts) < 0)
		return -1;
	if (with__place_resolve(creation->names, &place) == 0) {
		do {
			result = create_in(creation, &place, &parts, ret);
		} while (result < 0 && with__place_again(&place));
	}
	with__place_free(&place);
	if (result == 0)
		errno = saved;
	return result;
}
