/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the names on disk that this process must remove in the end
 *
 * Guards cannot see exit(), signals and longjmp(); the registry does. It
 * holds values (a path, an identity, an owner), never a handle: what a
 * handler reads is never freed.
 *
 * Calling sequence of a creator:
 *
 *	with__registry_publish(&entry, &record)     before the thing exists
 *	... make it; if that fails: with__registry_withdraw(&entry)
 *	with__registry_confirm(&entry, &identity)   now it is known as ours
 *	...
 *	with__registry_remove(&entry)               or with__registry_release()
 */
#ifndef LIFE_REGISTRY_H
#define LIFE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/identity.h"

struct with__slot;

/* A creator's claim to a slot; gone stale when the slot has another tenant. */
struct with__entry {
	struct with__slot *slot;	/* NULL: not registered */
	uint64_t tenancy;
};

enum with__kind {
	WITH__FILE,		/* anything that unlink() removes */
	WITH__DIRECTORY,	/* removed with all that is in it */
	WITH__ANY,		/* one or the other */
};

struct with__record {
	const char *path;	/* absolute; copied */
	size_t path_size;	/* with its end */
	int place;		/* descriptor of its directory, or AT_FDCWD */
	enum with__kind kind;
	unsigned threads;	/* for the removal of a tree; 0: one */
	bool ignore_errors;	/* failing removals are nobody's error */
	/*
	 * The name could be somebody else's: until it is confirmed nothing is
	 * removed by it. The creator blocks signals from after the publishing
	 * until then; a clean-up in another thread waits for it.
	 */
	bool guessable;
	const char *source;	/* "file:line" or NULL; copied */
};

/*
 * Publishes a name that nobody else can have (see WITH__NAME_SAFE_LENGTH), or
 * one that exists already, or a guessable one. While another thread cleans the
 * process up it waits. -1 with ENOMEM.
 */
int with__registry_publish(struct with__entry *ret,
			   const struct with__record *record);

/* Nothing was made. */
void with__registry_withdraw(struct with__entry *entry);

/*
 * Something was made after all, could not be confirmed, and cannot be unmade:
 * exit is to try again.
 */
void with__registry_strand(struct with__entry *entry);

/*
 * The thing exists and is this one. -1 with ECANCELED if a clean-up has taken
 * the entry meanwhile: the name may be gone, or not; the caller unmakes it and
 * then withdraws, or strands.
 */
int with__registry_confirm(struct with__entry *entry,
			   const struct with__identity *identity);

/*
 * Removes the thing, if this process owns it, and gives the entry up. -1 with
 * errno: it stays registered, and exit tries again; but ESTALE: the name means
 * something else now, and is left alone for good. ENOENT counts as done.
 * root_fd is a readable descriptor of a directory to be removed, or -1; report
 * tells the error hook, for callers whose own result nobody sees.
 */
int with__registry_remove(struct with__entry *entry, int root_fd, bool report);

/* True if a clean-up has come between, so that confirming would fail. */
bool with__registry_is_canceled(const struct with__entry *entry);

/* Gives the entry up, and leaves the thing alone. */
void with__registry_release(struct with__entry *entry);

/*
 * True if the entry is confirmed, and of this process. A clean-up may have
 * removed the thing since.
 */
bool with__registry_owns(const struct with__entry *entry);

/*
 * The name is about to hold another thing of ours (NULL: from here the name
 * alone decides), or holds it now.
 */
void with__registry_identify(struct with__entry *entry,
			     const struct with__identity *identity);

/*
 * Remove all that this process owns, newest first (slots.c says how exactly,
 * between threads), after waiting, bounded, for what other threads are just
 * making. The first is for exit; so is the second, for what the error hook has
 * made meanwhile, which is told of no failure; the third for signal handlers.
 * keep_closed: nobody makes anything any more, since the process is about to
 * die.
 */
void with__registry_remove_all(void);
void with__registry_remove_rest(void);
void with__registry_remove_all_in_handler(bool keep_closed);

/* Calls visit for every live entry of this process, newest first. */
void with__registry_list(void (*visit)(const char *path, const char *source));

#endif /* LIFE_REGISTRY_H */
