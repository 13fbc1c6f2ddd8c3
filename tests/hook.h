/* SPDX-License-Identifier: MIT */
/*
 * hook.h - an error hook that remembers what it was told
 *
 *	hook_listen();
 *	...
 *	ck_assert_str_eq(hook_heard(), "close descriptor 5");
 */
#ifndef TESTS_HOOK_H
#define TESTS_HOOK_H

#include <stdio.h>

#include <with/life.h>

static char hook_text[512];
static int hook_count;

static inline void hook_record(const struct with_error *error, void *data)
{
	(void)data;
	hook_count++;
	snprintf(hook_text, sizeof(hook_text), "%s %s %d%s", error->operation,
		 error->path, error->error, error->source ? " at a line" : "");
}

/* From here on; what was heard before is forgotten. */
static inline void hook_listen(void)
{
	hook_count = 0;
	hook_text[0] = '\0';
	with_set_error_hook(hook_record, NULL);
}

/* The last call since, "" if there was none. */
static inline const char *hook_heard(void)
{
	with_set_error_hook(NULL, NULL);
	return hook_text;
}

#endif /* TESTS_HOOK_H */
