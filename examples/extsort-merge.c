/* SPDX-License-Identifier: MIT */
/*
 * extsort-merge.c - merge runs, a bounded number at a time
 *
 * Each run is seen through a window, an equal part of the block, which begins
 * with the run's least line. A line longer than the window is compared by what
 * the window shows of it and, if that is equal, by what the files say.
 *
 * Fewer runs are merged together where there are not enough descriptors.
 */
#include <errno.h>
#include <string.h>

#include "extsort.h"

enum { FAN_IN = 64, LEAST_WINDOW = 4096 };

struct source {
	int fd;
	char *window;
	size_t size, begin, end;	/* of the window; what is in it */
	off_t after;			/* where in the file it ends */
	int whole;			/* is all of it in the window? */
	size_t length;			/* of the line there, or a part */
	uint64_t key;
};

struct merge {
	struct source sources[FAN_IN + 1];
	struct source *heap[FAN_IN];	/* the least line first */
	unsigned opened, count;
};

/* Reads on until the window is full. */
static int refill(struct source *source)
{
	ssize_t got;

	source->end -= source->begin;
	memmove(source->window, source->window + source->begin, source->end);
	source->begin = 0;
	while (source->end < source->size) {
		got = read(source->fd, source->window + source->end,
			   source->size - source->end);
		if (got < 0)
			return fail("run");
		if (got == 0)
			break;
		source->end += (size_t)got;
		source->after += got;
		progress("merging", (size_t)got);
	}
	return 0;
}

static char *find_end(const struct source *source, size_t skip)
{
	return memchr(source->window + source->begin + skip, '\n',
		      source->end - source->begin - skip);
}

/* Looks at the line that begins the window. 0: there is none, the run ends. */
static int look(struct source *source)
{
	size_t seen = source->end - source->begin;
	char *end = find_end(source, 0);

	if (!end) {
		if (refill(source))
			return -1;
		end = find_end(source, seen);
	}
	source->whole = end != NULL;
	source->length = end ? (size_t)(end - source->window) - source->begin :
			       source->end - source->begin;
	source->key = line_key(source->window + source->begin, source->length);
	return source->begin < source->end;
}

/* Two lines that fill their windows, and are equal as far as these go. */
static int compare_files(const struct source *a, const struct source *b)
{
	char from_a[4096], from_b[4096];
	off_t at_a = a->after, at_b = b->after;

	for (;;) {
		ssize_t n = pread(a->fd, from_a, sizeof(from_a), at_a);
		ssize_t m = pread(b->fd, from_b, sizeof(from_b), at_b);
		ssize_t common = n < m ? n : m;

		/* An error here is met again when the line is copied. */
		if (common <= 0)
			return 0;
		for (ssize_t i = 0; i < common; i++) {
			unsigned char one = (unsigned char)from_a[i];
			unsigned char other = (unsigned char)from_b[i];

			if (one == '\n' || other == '\n')
				return (other == '\n') - (one == '\n');
			if (one != other)
				return one < other ? -1 : 1;
		}
		at_a += common;
		at_b += common;
	}
}

static int compare(const struct source *a, const struct source *b)
{
	size_t common = a->length < b->length ? a->length : b->length;
	int order;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	order = memcmp(a->window + a->begin, b->window + b->begin, common);
	if (order)
		return order;
	if (!a->whole && !b->whole)
		return compare_files(a, b);
	return (a->length > b->length) - (a->length < b->length);
}

static void sift_down(struct merge *merge, unsigned hole)
{
	struct source *moving = merge->heap[hole];
	unsigned child;

	while ((child = 2 * hole + 1) < merge->count) {
		if (child + 1 < merge->count &&
		    compare(merge->heap[child + 1], merge->heap[child]) < 0)
			child++;
		if (compare(moving, merge->heap[child]) <= 0)
			break;
		merge->heap[hole] = merge->heap[child];
		hole = child;
	}
	merge->heap[hole] = moving;
}

/* Writes the line that begins the window, however long, and looks on. */
static int copy_line(struct source *source, FILE *out)
{
	for (;;) {
		size_t size = source->length + (source->whole ? 1 : 0);
		const char *text = source->window + source->begin;
		int whole = source->whole, more;

		if (fwrite(text, 1, size, out) != size)
			return fail("output");
		source->begin += size;
		more = look(source);
		if (more <= 0 || whole)
			return more;
	}
}

static void close_sources(struct merge *merge)
{
	while (merge->opened)
		close(merge->sources[--merge->opened].fd);
}
WITH_DEFERRABLE(close_sources, struct merge *)

/*
 * Opens the oldest runs: all of them, or as many as should be merged now so
 * that later merges are full ones, or as many as there are descriptors for.
 * Unless it is all, one more is opened and closed again: the result needs it.
 */
static int open_sources(struct sorter *sorter, struct merge *merge)
{
	size_t most = sorter->budget / LEAST_WINDOW;
	unsigned runs = sorter->next - sorter->first, wanted = runs;

	if (most > FAN_IN)
		most = FAN_IN;
	if (wanted > most)
		wanted -= (unsigned)most - 1;
	if (wanted > most)
		wanted = (unsigned)most;
	if (wanted < runs)
		wanted++;
	while (merge->opened < wanted) {
		int fd = run_open(sorter, sorter->first + merge->opened);

		if (fd < 0 && errno == EMFILE && merge->opened > 2)
			break;
		if (fd < 0)
			return fail("run");
		merge->sources[merge->opened++].fd = fd;
	}
	if (merge->opened < runs)
		close(merge->sources[--merge->opened].fd);
	return 0;
}

/* Gives each source its window, and those that have a line to the heap. */
static int fill_heap(struct sorter *sorter, struct merge *merge)
{
	size_t size = sorter->budget / merge->opened;

	for (unsigned i = 0; i < merge->opened; i++) {
		struct source *source = &merge->sources[i];
		int more;

		source->window = sorter->block + i * size;
		source->size = size;
		more = look(source);
		if (more < 0)
			return -1;
		if (more)
			merge->heap[merge->count++] = source;
	}
	for (unsigned i = merge->count; i-- > 0;)
		sift_down(merge, i);
	return 0;
}

/* Merges the runs that are open, and removes them. */
static int merge_sources(struct sorter *sorter, struct merge *merge, FILE *out)
{
	if (fill_heap(sorter, merge))
		return -1;
	while (merge->count) {
		int more = copy_line(merge->heap[0], out);

		if (more < 0)
			return -1;
		if (!more)
			merge->heap[0] = merge->heap[--merge->count];
		sift_down(merge, 0);
	}
	for (unsigned i = 0; i < merge->opened; i++)
		if (run_remove(sorter, sorter->first++))
			return -1;
	return 0;
}

/* One step: 1 if it was the last and the output is written, else 0. */
static int merge_step(struct sorter *sorter, FILE *out)
{
	struct merge merge = { .opened = 0 };
	SCOPED_DEFER(close_sources, &merge);

	if (open_sources(sorter, &merge))
		return -1;
	if (merge.opened == sorter->next - sorter->first)
		return merge_sources(sorter, &merge, out) ? -1 : 1;
	WITH (run, result, sorter, sorter->next) {
		if (merge_sources(sorter, &merge, result))
			return -1;
		sorter->next++;
		return run_close(&result) ? fail("run") : 0;
	}
	return fail("run");
}

int merge_runs(struct sorter *sorter, FILE *out)
{
	int done = sorter->first == sorter->next;	/* no line at all */

	while (!done)
		done = merge_step(sorter, out);
	return done < 0 ? -1 : 0;
}
