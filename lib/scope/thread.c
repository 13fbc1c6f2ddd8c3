/* SPDX-License-Identifier: MIT */
/*
 * thread.c - the blocked signals and the locale of a thread, for a scope
 *
 * The public structs have none of the POSIX types. A sigset_t is far larger
 * than the kernel's, which is what it begins with (glibc and musl hand it over
 * as it is): those bytes are kept. A locale_t is a pointer.
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include <with/process.h>

/* Linux knows 64 signals, and 128 on MIPS. */
_Static_assert(sizeof(((struct with_sigmask *)0)->before_) * 8 >= 128,
	       "room for the kernel's mask");
_Static_assert(sizeof(locale_t) == sizeof(void *), "a locale is a pointer");

static size_t mask_size(void)
{
	size_t room = sizeof(((struct with_sigmask *)0)->before_);

	return sizeof(sigset_t) < room ? sizeof(sigset_t) : room;
}

static int fill_set(sigset_t *set, const int *signals)
{
	sigemptyset(set);
	for (; *signals; signals++) {
		if (*signals == WITH_ALL_SIGNALS)
			sigfillset(set);
		else if (sigaddset(set, *signals) < 0)
			return -1;
	}
	return 0;
}

struct with_sigmask with_sigmask_open(int how, const int *signals)
{
	struct with_sigmask mask = { .held = 0 };
	sigset_t set, before;
	int error;

	if (!signals) {
		errno = EINVAL;
		return mask;
	}
	if (fill_set(&set, signals) < 0)
		return mask;
	error = pthread_sigmask(how, &set, &before);
	if (error) {
		errno = error;
		return mask;
	}
	mask.held = 1;
	memcpy(mask.before_, &before, mask_size());
	return mask;
}

void with__sigmask_end(struct with_sigmask mask)
{
	sigset_t before;
	int saved = errno;

	sigemptyset(&before);
	memcpy(&before, mask.before_, mask_size());
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
}

int with_sigmask_close(struct with_sigmask *mask)
{
	struct with_sigmask closing = *mask;

	if (!closing.held)
		return 0;
	(void)with__leave(mask);
	*mask = (struct with_sigmask) { .held = 0 };
	with__sigmask_end(closing);
	return 0;
}

/* 0 for what is no category. */
static int category_mask(int category)
{
	switch (category) {
	case LC_ALL:		return LC_ALL_MASK;
	case LC_COLLATE:	return LC_COLLATE_MASK;
	case LC_CTYPE:		return LC_CTYPE_MASK;
	case LC_MESSAGES:	return LC_MESSAGES_MASK;
	case LC_MONETARY:	return LC_MONETARY_MASK;
	case LC_NUMERIC:	return LC_NUMERIC_MASK;
	case LC_TIME:		return LC_TIME_MASK;
	default:		return 0;
	}
}

/* On a copy of what the thread uses now, whose other categories stay. */
static locale_t make_locale(int mask, const char *name)
{
	locale_t base, made;
	int error;

	/* Nothing stays: and glibc loses the copy if all becomes "C". */
	if (mask == LC_ALL_MASK)
		return newlocale(mask, name, (locale_t)0);
	base = duplocale(uselocale((locale_t)0));
	if (!base)
		return base;
	made = newlocale(mask, name, base);
	if (!made) {
		error = errno;
		freelocale(base);
		errno = error;
	}
	return made;
}

struct with_locale with_locale_open(int category, const char *name)
{
	struct with_locale locale = { .entered_ = NULL };
	int mask = category_mask(category);
	locale_t made;

	if (!mask || !name) {
		errno = EINVAL;
		return locale;
	}
	made = make_locale(mask, name);
	if (made) {
		locale.entered_ = made;
		locale.before_ = uselocale(made);
	}
	return locale;
}

void with__locale_end(struct with_locale locale)
{
	int saved = errno;

	(void)uselocale((locale_t)locale.before_);
	freelocale((locale_t)locale.entered_);
	errno = saved;
}

int with_locale_close(struct with_locale *locale)
{
	struct with_locale closing = *locale;

	if (!closing.entered_)
		return 0;
	(void)with__leave(locale);
	*locale = (struct with_locale) { .entered_ = NULL };
	with__locale_end(closing);
	return 0;
}
