/* SPDX-License-Identifier: MIT */
/*
 * nouns.h - whatever gets a name, behind one face
 *
 * What the options of names mean is the same for all that has one, so that it
 * is tested once, for each of the nouns in a loop.
 */
#ifndef NOUNS_H
#define NOUNS_H

#include <stdbool.h>
#include <sys/types.h>

#include "temp/options.h"

struct noun {
	const char *name;
	bool directory;
	bool owned;		/* by the library: it is removed in the end */
	mode_t permissions;	/* by default */
	void *(*make)(const struct with__names *names);
	const char *(*path)(void *made);
	int (*end)(void *made);	/* and removes it: 0, or errno */
};

#define NOUNS 4
#define NOUNS_OWNED 2		/* the first of them */
extern const struct noun nouns[NOUNS];

/* The same with the options in place; NULL with errno. */
#define noun_make(...) noun_make_(__VA_ARGS__, .size = 0)
#define noun_make_(noun, ...) \
	(noun)->make(&(const struct with__names){ __VA_ARGS__ })

/* errno of a making, which must fail. */
#define noun_fails(...) noun_fails_(__VA_ARGS__, .size = 0)
#define noun_fails_(noun, ...) \
	noun_error(noun, &(const struct with__names){ __VA_ARGS__ })
int noun_error(const struct noun *noun, const struct with__names *names);

/* The last component of the path. */
const char *noun_name(const struct noun *noun, void *made);

#endif /* NOUNS_H */
