/* SPDX-License-Identifier: MIT */
/*
 * with.h - the with statement for C, and the tempfile module that goes with it
 *
 * Use
 *	WITH_TMP	(with/anonymous.h)	a file that needs no name
 *	WITH_SPOOLED_TMP (with/spooled.h)	the same in memory, until it grows
 *	WITH_NAMED_TMP	(with/named.h)		a file that others open by its path
 *	WITH_TEMPDIR	(with/directory.h)	a directory with all that is in it
 *	tempfile_mkstemp, tempfile_mkdtemp (with/raw.h)  a name to be deleted by
 *						the program itself
 *	WITH_PATH	(with/path.h)		what exists already, under a guard
 *	tempfile_rmtree	(with/rmtree.h)		to remove any tree, safely
 *	WITH_DEFINE	(with/guard.h)		a guard for a type of one's own
 * Where temporary files go is said in with/location.h, what the options mean
 * in with/options.h, and what happens beyond the end of a scope (exit, fork,
 * signals, longjmp) in with/life.h.
 */
#ifndef WITH_H
#define WITH_H

#include <with/anonymous.h>
#include <with/cleanup.h>
#include <with/directory.h>
#include <with/file.h>
#include <with/guard.h>
#include <with/life.h>
#include <with/location.h>
#include <with/named.h>
#include <with/options.h>
#include <with/path.h>
#include <with/persist.h>
#include <with/raw.h>
#include <with/rmtree.h>
#include <with/spooled.h>
#include <with/version.h>

#endif /* WITH_H */
