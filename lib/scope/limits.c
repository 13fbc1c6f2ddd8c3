/* SPDX-License-Identifier: MIT */
/* limits.c - the umask, and soft limits, for a scope */
#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/process.h>

#include "base/direct.h"
#include "life/report.h"

_Static_assert(sizeof(rlim_t) == 8, "the kernel's struct, in 64 bits");

/* 0, or an error's negative number; errno is left alone. */
static int get_limit(int resource, struct rlimit *ret)
{
	return (int)with__direct(SYS_prlimit64, 0, resource, 0, (long)ret);
}

static int set_limit(int resource, const struct rlimit *limit)
{
	return (int)with__direct(SYS_prlimit64, 0, resource, (long)limit, 0);
}

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
	if (!before || *before < 0)
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
	struct rlimit limit = { .rlim_cur = 0 };
	int result = get_limit(resource, &limit);

	old.before = limit.rlim_cur;
	limit.rlim_cur = soft;
	if (result == 0)
		result = set_limit(resource, &limit);
	if (result == 0)
		old.held = 1;
	else
		errno = -result;
	return old;
}

/* The hard limit is what it is by now. */
static int put_back(const struct with_rlimit *old)
{
	struct rlimit limit = { .rlim_cur = 0 };
	int result = get_limit(old->resource, &limit);

	if (result < 0)
		return result;
	limit.rlim_cur = old->before;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return set_limit(old->resource, &limit);
}

int with_rlimit_close(struct with_rlimit *limit)
{
	struct with_rlimit closing;

	if (!limit || !limit->held)
		return 0;
	closing = *limit;
	(void)with__leave(limit);
	*limit = (struct with_rlimit) { .held = 0 };
	return with__direct_result(put_back(&closing));
}

void with__rlimit_end(struct with_rlimit limit)
{
	int result = put_back(&limit);

	if (result < 0)
		with__report_error("close", "limit", -result, NULL);
}
