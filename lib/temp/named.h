/* SPDX-License-Identifier: MIT */
/*
 * named.h - what is behind a handle of with/named.h
 */
#ifndef TEMP_NAMED_H
#define TEMP_NAMED_H

#include <with/named.h>

#include "base/identity.h"
#include "life/registry.h"

struct with__named {
	struct tempfile_named public;	/* its path stands behind this struct */
	struct with__entry entry;	/* no slot: kept */
	struct with__identity identity;
};

#endif /* TEMP_NAMED_H */
