/* SPDX-License-Identifier: MIT */
/*
 * named.h - what is behind a handle of with/named.h
 */
#ifndef TEMP_NAMED_H
#define TEMP_NAMED_H

#include <stdbool.h>

#include <with/named.h>

#include "base/identity.h"
#include "life/registry.h"

struct with__named {
	struct tempfile_named public;	/* its path stands behind this struct */
	struct with__entry entry;	/* no slot: kept */
	struct with__identity identity;
	int place;			/* of the name, or AT_FDCWD */
	int fd;				/* of the stream, which owns it; or -1 */
	bool exchanged;			/* the name has the target's old file */
	char *persisted;		/* what path points to then */
};

#endif /* TEMP_NAMED_H */
