/* SPDX-License-Identifier: MIT */
/*
 * environment.c - an environment variable, for a scope
 *
 * The old value is copied: setenv() may overwrite or free what getenv() gave.
 * Name and value stand behind the handle, in the same allocation.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <with/process.h>

static struct with_env *remember(const char *name)
{
	const char *before = getenv(name);
	size_t name_size = strlen(name) + 1;
	size_t before_size = before ? strlen(before) + 1 : 0;
	struct with_env *env = malloc(sizeof(*env) + name_size + before_size);
	char *strings;

	if (!env)
		return NULL;
	strings = (char *)(env + 1);
	env->name = memcpy(strings, name, name_size);
	env->before = before ?
		memcpy(strings + name_size, before, before_size) : NULL;
	return env;
}

static int put(const char *name, const char *value)
{
	return value ? setenv(name, value, 1) : unsetenv(name);
}

struct with_env *with_env_open(const char *name, const char *value)
{
	struct with_env *env;

	if (!name) {
		errno = EINVAL;
		return NULL;
	}
	env = remember(name);
	/* EINVAL, too, is theirs to say. */
	if (env && put(name, value) < 0) {
		int error = errno;

		free(env);
		errno = error;
		env = NULL;
	}
	return env;
}

static int put_back(struct with_env *env)
{
	int result = put(env->name, env->before);
	int error = errno;

	free(env);
	errno = error;
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
	int saved = errno;

	if (put_back(env) < 0)
		with__report("close", "environment", NULL);
	errno = saved;
}
