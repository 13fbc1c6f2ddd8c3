/* SPDX-License-Identifier: MIT */
/* limits.c - the umask, and soft limits, for a scope */
#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/process.h>

#ifdef __GLIBC__
typedef __rlimit_resource_t resource_type;	/* an enum */
#else
typedef int resource_type;
#endif

int with_umask_open(unsigned mask)
{
	if (mask & ~0777u) {
		errno = EINVAL;
		return -1;
	}
	return (int)umask((mode_t)mask);
}

int with_umask_close(int *before)
{
	if (*before < 0)
		return 0;
	(void)with__leave(before);
	(void)umask((mode_t)*before);
	*before = -1;
	return 0;
}

void with__umask_end(int before)
{
	(void)umask((mode_t)before);
}

struct with_rlimit with_rlimit_open(int resource, unsigned long long soft)
{
	struct with_rlimit old = { .resource = resource };
	struct rlimit limit;

	if (getrlimit((resource_type)resource, &limit) < 0)
		return old;
	old.before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)soft;
	if (limit.rlim_cur != soft)
		errno = EINVAL;
	else if (setrlimit((resource_type)resource, &limit) == 0)
		old.held = 1;
	return old;
}

/* The hard limit is what it is by now. */
static int put_back(const struct with_rlimit *old)
{
	struct rlimit limit;

	if (getrlimit((resource_type)old->resource, &limit) < 0)
		return -1;
	limit.rlim_cur = (rlim_t)old->before;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit((resource_type)old->resource, &limit);
}

int with_rlimit_close(struct with_rlimit *limit)
{
	struct with_rlimit closing = *limit;

	if (!closing.held)
		return 0;
	(void)with__leave(limit);
	*limit = (struct with_rlimit) { .held = 0 };
	return put_back(&closing);
}

void with__rlimit_end(struct with_rlimit limit)
{
	int saved = errno;

	if (put_back(&limit) < 0)
		with__report("close", "limit", NULL);
	errno = saved;
}
