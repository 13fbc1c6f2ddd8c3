/* SPDX-License-Identifier: MIT */
/*
 * cost.c - guards beside what one writes by hand, in pairs of functions. Their
 * instructions are counted by check-cost.sh.
 */
#include <errno.h>

#include <with/directory.h>
#include <with/guard.h>

struct thing;
struct thing *thing_make(int number);
int thing_end(struct thing *thing);
void thing_drop(struct thing *thing);
int use(const void *thing);

int noun_by_guard(void);
int noun_by_hand(void);
int own_by_guard(int number);
int own_by_hand(int number);
int quiet_by_guard(int number);
int quiet_by_hand(int number);
int scope_by_guard(int number);
int scope_by_hand(int number);
void defer_by_guard(struct thing *thing);
void defer_by_hand(struct thing *thing);

int noun_by_guard(void)
{
	WITH_TEMPDIR (dir, .prefix = "x") {
		return use(dir->path);
	} else {
		return -1;
	}
}

static inline void end_dir(struct tempfile_dir **dir)
{
	if (*dir)
		tempfile__dir_end(*dir);
}

int noun_by_hand(void)
{
	const struct tempfile_dir_open_options options = {
		.size = sizeof(options),
		.source_ = "cost.c:1",
		.prefix = "x",
		.scoped_ = 1,
	};
	struct tempfile_dir *dir __attribute__((__cleanup__(end_dir))) =
		tempfile_dir_open_opt(&options);

	if (!dir)
		return -1;
	return use(dir->path);
}

/* Failures of open and of close are told to the error hook. */
WITH_DEFINE(own, struct thing *, thing_make, thing_end)

int own_by_guard(int number)
{
	WITH (own, thing, number) {
		return use(thing);
	} else {
		return -1;
	}
}

static inline void end_own(struct thing **thing)
{
	if (*thing) {
		int saved = errno;

		if (thing_end(*thing))
			with__report("close", "own", "cost.c:1");
		errno = saved;
	}
}

int own_by_hand(int number)
{
	struct thing *thing __attribute__((__cleanup__(end_own))) =
		thing_make(number);

	if (!thing) {
		with__report("open", "own", "cost.c:1");
		return -1;
	}
	return use(thing);
}

/* The same, where the one by hand tells nobody of a failed entry. */
WITH_DEFINE(quiet, struct thing *, thing_make, thing_drop)

int quiet_by_guard(int number)
{
	WITH (quiet, thing, number) {
		return use(thing);
	} else {
		return -1;
	}
}

static inline void end_quiet(struct thing **thing)
{
	if (*thing) {
		int saved = errno;

		thing_drop(*thing);
		errno = saved;
	}
}

int quiet_by_hand(int number)
{
	struct thing *thing __attribute__((__cleanup__(end_quiet))) =
		thing_make(number);

	if (!thing)
		return -1;
	return use(thing);
}

int scope_by_guard(int number)
{
	SCOPED (own, thing, number);

	return thing ? use(thing) : -1;
}

int scope_by_hand(int number)
{
	struct thing *thing __attribute__((__cleanup__(end_own))) =
		thing_make(number);

	if (!thing)
		with__report("open", "own", "cost.c:1");
	return thing ? use(thing) : -1;
}

WITH_DEFERRABLE(thing_drop, struct thing *)

void defer_by_guard(struct thing *thing)
{
	SCOPED_DEFER(thing_drop, thing);

	use(thing);
}

static inline void end_deferred(struct thing **thing)
{
	int saved = errno;

	thing_drop(*thing);
	errno = saved;
}

void defer_by_hand(struct thing *thing)
{
	struct thing *kept __attribute__((__cleanup__(end_deferred))) = thing;

	use(kept);
}
