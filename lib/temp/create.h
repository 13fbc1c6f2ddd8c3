/* SPDX-License-Identifier: MIT */
/*
 * create.h - the one loop that makes something under a fresh name
 */
#ifndef TEMP_CREATE_H
#define TEMP_CREATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/identity.h"
#include "life/registry.h"
#include "temp/options.h"

/* What sun_path of a UNIX socket holds (unix(7)), with the '\0'. */
#define WITH__SOCKET_PATH 108

/* A name to be tried. */
struct with__candidate {
	int place;		/* what name is relative to */
	const char *name;	/* one component; or the path, with AT_FDCWD */
	const char *path;	/* absolute */
	size_t path_size;	/* with its '\0' */
	mode_t permissions;
};

/*
 * Makes the thing, failing with EEXIST or EADDRINUSE if something is there,
 * and says what it is. 0, or -1 with errno and nothing made.
 */
typedef int with__maker(const struct with__candidate *candidate, void *data,
			struct with__status *ret);

struct with__creation {
	const struct with__names *names;
	mode_t default_permissions;
	enum with__kind kind;
	bool registered;	/* else the caller is the only one who knows */
	bool ignore_errors;
	unsigned threads;
	size_t longest_path;	/* with its '\0'; 0: PATH_MAX */
	size_t handle_size;	/* room for the handle in front of the path */
	with__maker *make;
	void *data;
};

struct with__created {
	void *handle;		/* one block of memory with the path behind it */
	char *path;
	struct with__entry entry;
	struct with__status status;	/* of the moment when it was made */
	int place;		/* what its name is relative to, or AT_FDCWD */
};

/*
 * with__create - try fresh names until one could be made
 *
 * -1 with an errno of with/options.h, or of the maker. ECANCELED: something
 * was made, a clean-up came between, and it was removed again; data may hold
 * what the maker put there.
 */
int with__create(const struct with__creation *creation,
		 struct with__created *ret);

/* The checks of with__create() that need no system call. */
int with__create_check(const struct with__names *names);

#endif /* TEMP_CREATE_H */
