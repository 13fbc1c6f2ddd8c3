/* SPDX-License-Identifier: MIT */
/*
 * environment.c - an environment variable, for a scope
 *
 * The old value is copied: setenv() may overwrite or free what getenv() gave.
 * It stands behind the handle, in the same memory, and then the name if that may
 * be gone by the end. (putenv() would copy less at the beginning; but what
 * somebody was given by getenv() in the scope would be freed at its end.)
 *
 * The first handle of all that exist needs no malloc(), if its strings are
 * short. It is taken only while there is one thread; whoever gives it back
 * when there are more does so beside others who do not look.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <with/process.h>

static struct {
	struct with_env env;
	char strings[96];
} first;
static bool first_is_taken;

static struct with_env *allocate(size_t size)
{
	if (!WITH__SINGLE_THREADED || first_is_taken ||
	    size > sizeof(first.strings))
		return malloc(sizeof(struct with_env) + size);
	first_is_taken = true;
	return &first.env;
}

static void release(struct with_env *env)
{
	if (env == &first.env)
		first_is_taken = false;
	else
		free(env);
}

static struct with_env *remember(const char *name, bool lasts)
{
	const char *before = getenv(name);
	size_t before_size = before ? strlen(before) + 1 : 0;
	size_t name_size = lasts ? 0 : strlen(name) + 1;
	struct with_env *env = allocate(before_size + name_size);
	char *strings;

	if (!env)
		return NULL;
	strings = (char *)(env + 1);
	env->before = before ? memcpy(strings, before, before_size) : NULL;
	env->name = lasts ? name :
		memcpy(strings + before_size, name, name_size);
	return env;
}

static int put(const char *name, const char *value)
{
	return value ? setenv(name, value, 1) : unsetenv(name);
}

struct with_env *with__env_begin(const char *name, const char *value, int lasts)
{
	struct with_env *env;

	if (__builtin_expect(!name, 0)) {
		errno = EINVAL;
		return NULL;
	}
	env = remember(name, lasts);
	/* EINVAL, too, is theirs to say. */
	if (env && __builtin_expect(put(name, value) < 0, 0)) {
		int error = errno;

		release(env);
		errno = error;
		env = NULL;
	}
	return env;
}

struct with_env *with_env_open(const char *name, const char *value)
{
	return with__env_begin(name, value, false);
}

static int put_back(struct with_env *env)
{
	int result = put(env->name, env->before);
	int *at = with__errno(), error = *at;

	release(env);
	*at = error;
	return result;
}

int with_env_close(struct with_env **env)
{
	struct with_env *closing = env ? *env : NULL;

	if (!closing)
		return 0;
	(void)with__leave(env);
	*env = NULL;
	return put_back(closing);
}

void with__env_end(struct with_env *env)
{
	int *at = with__errno(), saved = *at;

	if (__builtin_expect(put_back(env) < 0, 0))
		with__report("close", "environment", NULL);
	*at = saved;
}
