/* SPDX-License-Identifier: MIT */
/* Let four threads count together without losing a number. */
#include <pthread.h>
#include <stdio.h>
#include <with/lock.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *count(void *unused)
{
	for (int i = 0; i < 10000; i++)
		WITH_MUTEX (held, &lock)
			total++;
	return unused;
}

int main(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, count, NULL) != 0)
			return 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("%ld\n", total);
	return 0;
}
