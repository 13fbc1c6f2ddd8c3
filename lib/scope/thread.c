/* SPDX-License-Identifier: MIT */
/*
 * thread.c - the blocked signals and the locale of a thread, for a scope
 *
 * The public structs have none of the POSIX types. A sigset_t is far larger
 * than what the kernel knows: the kernel's own mask is kept. A locale_t is a
 * pointer.
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <with/process.h>

#include "base/direct.h"

#define SIGNALS (8 * WITH__SIGMASK_SIZE)
#define FIRST_INTERNAL 32
#define WORD_BITS (8 * (int)sizeof(unsigned long))

/* A bit for each signal, the first in the lowest bit of the first word. */
struct mask {
	unsigned long words[SIGNALS / WORD_BITS];
};

_Static_assert(sizeof(struct mask) == WITH__SIGMASK_SIZE, "words without gaps");
_Static_assert(sizeof(locale_t) == sizeof(void *), "a locale is a pointer");

/* Those between the last classic one and SIGRTMIN are the C library's own. */
static bool is_anybodys(int signal)
{
	return signal >= 1 && signal <= SIGNALS &&
		(signal < FIRST_INTERNAL || signal >= SIGRTMIN);
}

static unsigned long bit(int signal)
{
	return 1ul << (signal - 1) % WORD_BITS;
}

static void fill_all(struct mask *mask)
{
	memset(mask, 0xff, sizeof(*mask));
	for (int signal = FIRST_INTERNAL; signal < SIGRTMIN; signal++)
		mask->words[(signal - 1) / WORD_BITS] &= ~bit(signal);
}

/* 0, or an error's negative number. */
static int fill(struct mask *mask, const int *signals)
{
	*mask = (struct mask) { .words = { 0 } };
	for (; *signals; signals++) {
		if (*signals == WITH_ALL_SIGNALS)
			fill_all(mask);
		else if (is_anybodys(*signals))
			mask->words[(*signals - 1) / WORD_BITS] |= bit(*signals);
		else
			return -EINVAL;
	}
	return 0;
}

/* The same; errno is left alone. */
static int change(int how, const void *mask, void *ret)
{
	return (int)with__direct(SYS_rt_sigprocmask, how, (long)mask,
				 (long)ret, sizeof(struct mask));
}

/*
 * The result is put together at the end, in registers: a struct in memory, of
 * which the kernel writes one part and this function another, was measured to
 * cost 6 ns for being read before all is written.
 */
struct with_sigmask with_sigmask_open(int how, const int *signals)
{
	struct with_sigmask old = { .held = 0 };
	struct mask mask, before;
	int result = signals ? fill(&mask, signals) : -EINVAL;

	if (result == 0)
		result = change(how, &mask, &before);
	if (result < 0) {
		errno = -result;
		return old;
	}
	old.held = 1;
	memcpy(old.before_, &before, sizeof(before));
	return old;
}

void with__sigmask_end(struct with_sigmask old)
{
	(void)change(SIG_SETMASK, old.before_, NULL);
}

int with_sigmask_close(struct with_sigmask *mask)
{
	struct with_sigmask closing;

	if (!mask || !mask->held)
		return 0;
	closing = *mask;
	(void)with__leave(mask);
	*mask = (struct with_sigmask) { .held = 0 };
	with__sigmask_end(closing);
	return 0;
}

/* 0 for what is no category. */
static int category_mask(int category)
{
	switch (category) {
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
	int mask = category == LC_ALL ? LC_ALL_MASK : category_mask(category);
	locale_t made;

	if (!mask || !name) {
		errno = EINVAL;
		return locale;
	}
	/* Nothing stays: and glibc loses the copy if all becomes "C". */
	made = mask == LC_ALL_MASK ? newlocale(mask, name, (locale_t)0) :
		make_locale(mask, name);
	if (made) {
		locale.entered_ = made;
		locale.before_ = uselocale(made);
	}
	return locale;
}

/* Neither call has a reason to set errno; nor has the free() in the second. */
void with__locale_end(struct with_locale locale)
{
	(void)uselocale((locale_t)locale.before_);
	freelocale((locale_t)locale.entered_);
}

int with_locale_close(struct with_locale *locale)
{
	struct with_locale closing;

	if (!locale || !locale->entered_)
		return 0;
	closing = *locale;
	(void)with__leave(locale);
	*locale = (struct with_locale) { .entered_ = NULL };
	with__locale_end(closing);
	return 0;
}
