/* SPDX-License-Identifier: MIT */
/*
 * known.c - a hash table from FILE to what is remembered about it.
 *
 * Open chains in a power of two of buckets, doubled when there are as many
 * entries as buckets; without memory for that the chains grow longer instead.
 * One lock guards it; it is held for a few instructions and over fork(), so
 * that a child never finds it taken by a thread that it does not have. Fork is
 * watched from the first entry on; as long as there is none, nobody locks.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "stream/known.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct with__known *first_buckets[16];
static struct with__known **buckets = first_buckets;
static size_t bucket_count = sizeof(first_buckets) / sizeof(*first_buckets);
_Atomic size_t with__known_count;	/* written with the lock only */

static void acquire(void)
{
	(void)pthread_mutex_lock(&lock);
}

static void release(void)
{
	(void)pthread_mutex_unlock(&lock);
}

static void watch_fork(void)
{
	/* It fails without memory only; then a fork may be unlucky. */
	(void)pthread_atfork(acquire, release, release);
}

static struct with__known **bucket_of(FILE *file)
{
	uintptr_t bits = (uintptr_t)file >> 4;

	bits ^= bits >> 9;
	return &buckets[bits & (bucket_count - 1)];
}

/* Where the entry of file hangs; what hangs there is NULL if it has none. */
static struct with__known **find(FILE *file)
{
	struct with__known **place = bucket_of(file);

	while (*place && (*place)->file != file)
		place = &(*place)->next;
	return place;
}

static void move_all(struct with__known **old, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		while (old[i]) {
			struct with__known *entry = old[i];
			struct with__known **place = bucket_of(entry->file);

			old[i] = entry->next;
			entry->next = *place;
			*place = entry;
		}
	}
}

static void grow(void)
{
	size_t old_count = bucket_count;
	struct with__known **old = buckets;
	struct with__known **fresh = calloc(2 * old_count, sizeof(*fresh));

	if (!fresh)
		return;
	buckets = fresh;
	bucket_count = 2 * old_count;
	move_all(old, old_count);
	if (old != first_buckets)
		free(old);
}

/* Unhook what hangs at place. */
static struct with__known *take(struct with__known **place)
{
	struct with__known *entry = *place;

	if (entry) {
		*place = entry->next;
		with__known_count--;
	}
	return entry;
}

struct with__known *with__known_put(struct with__known *entry)
{
	struct with__known *stale;
	struct with__known **place;

	(void)pthread_once(&once, watch_fork);
	acquire();
	if (with__known_count >= bucket_count)
		grow();
	place = find(entry->file);
	stale = take(place);
	entry->next = *place;
	*place = entry;
	with__known_count++;
	release();
	return stale;
}

struct with__known *with__known_search(FILE *file)
{
	struct with__known *entry;

	acquire();
	entry = *find(file);
	release();
	return entry;
}

struct with__known *with__known_take(FILE *file)
{
	struct with__known *entry;

	if (!atomic_load(&with__known_count))
		return NULL;
	acquire();
	entry = take(find(file));
	release();
	return entry;
}
