/* SPDX-License-Identifier: MIT */
/*
 * options.h - options from a caller that may be older or newer than we are
 */
#ifndef TEMP_OPTIONS_H
#define TEMP_OPTIONS_H

#include <stddef.h>

#include <with/options.h>

/* What all structs of options for names begin with. */
struct with__names {
	TEMPFILE_OPTIONS_OF_NAMES;
} __attribute__((may_alias));

/*
 * with__options_copy - given, as the struct of known_size bytes that we know
 *
 * given is NULL (all defaults), or begins with its own size. What it lacks is
 * zero. What it has beyond must be zero, or -1 with EINVAL.
 */
int with__options_copy(void *known, size_t known_size, const void *given);

/*
 * The same where a copy is too dear: what was given, if its size is the known
 * one, else the copy; NULL with EINVAL.
 */
static inline const void *with__options_known(void *copy, size_t known_size,
					      const void *given)
{
	if (given && *(const size_t *)given == known_size)
		return given;
	return with__options_copy(copy, known_size, given) < 0 ? NULL : copy;
}

/* The common beginning of such a struct, where it stands. */
static inline const struct with__names *with__options_names(const void *options)
{
	return options;
}

/*
 * The options of streams, out of a struct that has them, for the initialiser of
 * a struct with__stream (stream/stream.h).
 */
#define WITH__OPTIONS_OF_STREAM(options) { \
	.mode = (options)->mode, \
	.append = (options)->append, \
	.buffering = (options)->buffering, \
	.encoding = (options)->encoding, \
	.errors = (options)->errors, \
	.newline = (options)->newline, \
}

/*
 * Tells the error hook that a guard could not be entered, if one asked.
 * options: such a struct, or the common beginning of one.
 */
void with__options_failed(const void *options, const char *what);

#endif /* TEMP_OPTIONS_H */
