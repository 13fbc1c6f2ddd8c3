/* SPDX-License-Identifier: MIT */
/* Cache computed results, each under its key, in a temporary directory. */
#include <stdio.h>

#include <with.h>

/* The slow work: how many steps to 1 by halving, or tripling plus one? */
static int compute(long long number)
{
	int steps = 0;

	for (; number != 1; steps++)
		number = number % 2 ? 3 * number + 1 : number / 2;
	return steps;
}

static int cached(struct tempfile_dir *cache, long key)
{
	const char *path = tempfile_dir_join(cache, "steps-of-%ld", key);
	int result;

	WITH_FILE (in, path, "r") {
		if (fscanf(in, "%d", &result) == 1) {
			printf("%ld: %d steps, from the cache\n", key, result);
			return result;
		}
	}
	result = compute(key);
	printf("%ld: %d steps, computed\n", key, result);
	WITH_FILE (out, path, "w")
		fprintf(out, "%d\n", result);
	return result;
}

int main(void)
{
	WITH_TEMPDIR (cache, .prefix = "cache_") {
		int first = cached(cache, 27) + cached(cache, 837799);
		int again = cached(cache, 27) + cached(cache, 837799);

		return first == again ? 0 : 1;
	} else {
		perror("cache");
		return 1;
	}
}
