/* SPDX-License-Identifier: MIT */
/*
 * unnamed.h - a descriptor of a file without a name
 */
#ifndef TEMP_UNNAMED_H
#define TEMP_UNNAMED_H

#include <stdbool.h>

#include "base/identity.h"
#include "life/registry.h"
#include "stream/file.h"
#include "temp/create.h"
#include "temp/options.h"

/*
 * The name that a file has after all: because the file system has no files
 * without one and it must be persistable, or because it was left over by an
 * exchange. It goes with the stream.
 */
struct with__kept_name {
	struct with__companion companion;
	struct with__entry entry;
	struct with__identity identity;
	int place;
	bool is_old;		/* what the file was exchanged with */
	char *path;		/* in the same block */
};

/*
 * with__unnamed_open - make a file and open it for reading and writing
 *
 * flags as of with__file_flags(). ret_name: NULL if it will never be given a
 * name; else receives the name that it had to be given, or NULL. Returns the
 * descriptor, or -1 with an errno of with/options.h.
 */
int with__unnamed_open(const struct with__names *names, int flags,
			 struct with__kept_name **ret_name);

/*
 * with__unnamed_scratch - the same in the default directory for what nobody
 * will open a second time, so that exact permissions do not matter
 *
 * Cancellation does not cut it short.
 */
int with__unnamed_scratch(int flags);

/* Of what was created with such a handle. */
struct with__kept_name *with__kept_name_of(const struct with__created *created);

/* What the companion of such a stream does: removes the name, frees. */
int with__kept_name_end(struct with__companion *companion);

#endif /* TEMP_UNNAMED_H */
