/* SPDX-License-Identifier: MIT */
/*
 * rmtree-threads.c - several threads remove the sub-directories of one.
 *
 * Only where that pays. The kernel removes one entry of a directory at a time,
 * and whoever waits for it burns his processor: what threads gain they gain
 * below the directory, so the sub-directory removed last must not have been
 * empty. (Two threads on 20,000 empty directories took 1.26 times as long as
 * one; on a directory of 100,000 files 0.95, for 1.67 times the CPU time, so
 * files are not shared out either.) And waking a thread costs as much as some
 * 20 entries, starting one more: so there must be WORK_LEAST entries to go, if
 * the pending names are all like the one before.
 *
 * The names are the work; each thread, the caller's included, takes some, and
 * removes them with a tree of its own whose frames[0] is the shared directory.
 * When all names are done, everybody waits for the next batch. So the threads
 * never share anything that changes but what stands in the pool, under its lock.
 *
 * States of the pool: threads are started with the first share and sleep
 * between shares; round says that there is a new one; working counts those
 * who have not yet found the names used up.
 *
 * Helpers block all signals: a handler belongs to the program's own threads.
 * None of this runs in a handler.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/rmtree-tree.h"
#include "base/syscalls.h"

enum {
	HELPERS_MOST = 64,
	WORK_LEAST = 300,	/* entries, for each helper in a round */
	NAMES_LEAST = 8,	/* so that nobody waits long for the last one */
	TAKE_MOST = 1024,	/* bytes of names at a time */
};

struct helper {
	struct pool *pool;
	unsigned number;
	pthread_t thread;
};

struct pool {
	struct tree *tree;	/* of the caller */
	struct with__rmtree options;	/* of the parts */
	atomic_bool stop;

	pthread_mutex_t lock;
	pthread_cond_t begin;
	pthread_cond_t end;
	/* Under the lock: */
	unsigned round;
	unsigned working;
	bool quit;
	bool starved;		/* of descriptors: names were left out */
	bool failed;		/* something stays in the shared directory */
	int error;		/* the first */
	uint64_t removed;
	size_t names, names_end;	/* in the caller's arena */
	unsigned started;
	struct helper helpers[HELPERS_MOST];
};

/* The threads together have opened too much: their caller goes on alone. */
void with__rmtree_starved(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->starved = true;
	pthread_mutex_unlock(&pool->lock);
}

bool with__rmtree_stopped(const struct pool *pool)
{
	return atomic_load_explicit(&pool->stop, memory_order_relaxed);
}

/* One caller at a time, whatever the thread. */
static int tell(const char *path, int error, void *data)
{
	struct pool *pool = data;
	const struct with__rmtree *options = pool->tree->options;
	int stop;

	pthread_mutex_lock(&pool->lock);
	stop = with__rmtree_stopped(pool) ||
	       options->on_error(path, error, options->data);
	if (stop)
		atomic_store(&pool->stop, true);
	pthread_mutex_unlock(&pool->lock);
	return stop;
}

/* Some of the names that are left, into the part's own arena. */
static bool take(struct pool *pool, struct tree *part)
{
	const char *arena = pool->tree->arena;
	size_t from, to, share;

	pthread_mutex_lock(&pool->lock);
	from = to = pool->names;
	share = (pool->names_end - from) / (4 * (pool->started + 1));
	if (share > TAKE_MOST)
		share = TAKE_MOST;
	while (to < pool->names_end && to <= from + share)
		to += strlen(arena + to) + 1;
	pool->names = to;
	pthread_mutex_unlock(&pool->lock);
	memcpy(part->arena, arena + from, to - from);
	part->frames[0].names = 0;
	part->frames[0].end = (uint16_t)(to - from);
	return to > from;
}

/* What a thread does in each round. */
static void work(struct pool *pool, struct tree *part)
{
	struct tree *tree = pool->tree;

	part->frames[0] = (struct frame) {
		.fd = top_frame(tree)->fd, .stream = STREAM_END,
	};
	part->path_length = strlen(tree->path);
	memcpy(part->path, tree->path, part->path_length + 1);
	part->removed = 0;
	while (!with__rmtree_stopped(pool) && take(pool, part))
		with__rmtree_walk(part);

	pthread_mutex_lock(&pool->lock);
	pool->failed |= part->frames[0].failed;
	if (!pool->error)
		pool->error = part->error;
	pool->removed += part->removed;
	if (--pool->working == 0)
		pthread_cond_signal(&pool->end);
	pthread_mutex_unlock(&pool->lock);
}

/* Lifted directories of two threads must not have the same names. */
static void begin_part(struct tree *part, struct pool *pool, unsigned number)
{
	memset(part, 0, offsetof(struct tree, trail));
	part->options = &pool->options;
	part->pool = pool;
	part->is_part = true;
	part->limit = FRAMES_MOST;
	part->lifted_start = part->lifted_first = part->lifted_next =
		number << 24;
}

static void *help(void *data)
{
	const struct helper *helper = data;
	struct pool *pool = helper->pool;
	unsigned round = 0;
	struct tree part;

	begin_part(&part, pool, helper->number);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (pool->round == round && !pool->quit)
			pthread_cond_wait(&pool->begin, &pool->lock);
		if (pool->quit)
			break;
		round = pool->round;
		pthread_mutex_unlock(&pool->lock);
		work(pool, &part);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* As many as are wanted, or fewer: they do as well. */
static void start(struct pool *pool, unsigned wanted)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->started < wanted) {
		struct helper *helper = &pool->helpers[pool->started];

		helper->pool = pool;
		helper->number = pool->started + 1;
		if (with__sys.start_thread(&helper->thread, help, helper) < 0)
			break;
		pool->started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/*
 * How many helpers the pending names are worth. Of each batch the first name
 * is removed by the caller alone, to see what goes with it.
 */
static unsigned worth(struct tree *tree)
{
	struct frame *frame = top_frame(tree);
	unsigned bytes = frame->end - frame->names;
	uint64_t went = tree->removed - frame->looked_at;
	uint64_t helpers = tree->options->threads - 1;
	bool sampled = frame->sampled;
	uint64_t names;

	frame->looked_at = tree->removed;
	frame->sampled = true;
	if (!sampled || went < 2 || bytes < 2 * NAMES_LEAST)
		return 0;
	names = bytes / (strlen(tree->arena + frame->names) + 1);
	if (names < NAMES_LEAST)
		return 0;
	if (helpers > names * went / WORK_LEAST)
		helpers = names * went / WORK_LEAST;
	return helpers > HELPERS_MOST ? HELPERS_MOST : (unsigned)helpers;
}

static void begin_round(struct pool *pool)
{
	const struct frame *frame = top_frame(pool->tree);

	pthread_mutex_lock(&pool->lock);
	pool->names = frame->names;
	pool->names_end = frame->end;
	pool->working = pool->started + 1;
	pool->removed = 0;
	pool->round++;
	pthread_cond_broadcast(&pool->begin);
	pthread_mutex_unlock(&pool->lock);
}

/* Everybody is done: what they have found is the caller's now. */
static void end_round(struct pool *pool)
{
	struct tree *tree = pool->tree;
	struct frame *frame = top_frame(tree);

	pthread_mutex_lock(&pool->lock);
	while (pool->working > 0)
		pthread_cond_wait(&pool->end, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	tree->removed += pool->removed;
	frame->failed |= pool->failed;
	pool->failed = false;
	if (!tree->error)
		tree->error = pool->error;
	tree->told |= pool->error != 0;
	frame->names = frame->end;
	frame->patience = (struct patience) { .mark = tree->removed };
	if (!pool->starved)
		return;
	tree->pool = NULL;
	if (with__sys.lseek(frame->fd, 0, SEEK_SET) < 0)
		with__rmtree_fail(tree, tree->top, NULL, errno);
	else
		frame->stream = STREAM_MORE;
}

/* The pending names of the top frame; false: nothing was done. */
bool with__rmtree_share(struct tree *tree)
{
	struct pool *pool = tree->pool;
	struct tree part;
	unsigned wanted;

	if (tree->is_part)
		return false;
	wanted = worth(tree);
	if (wanted > pool->started)
		start(pool, wanted);
	if (wanted == 0 || pool->started == 0)
		return false;
	begin_part(&part, pool, HELPERS_MOST + 1);
	(void)with__rmtree_path(tree, tree->top, NULL);
	begin_round(pool);
	work(pool, &part);
	end_round(pool);
	tree->expect_empty = part.expect_empty;
	tree->path[tree->path_length] = '\0';
	return true;
}

int with__rmtree_in_threads(struct tree *tree, int (*remove)(struct tree *tree))
{
	struct pool pool = {
		.tree = tree,
		.options = {
			.at = AT_FDCWD, .root_fd = -1,
			.on_error = tree->options->on_error ? tell : NULL,
			.data = &pool,
		},
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.begin = PTHREAD_COND_INITIALIZER,
		.end = PTHREAD_COND_INITIALIZER,
	};
	int error;

	tree->pool = &pool;
	error = remove(tree);
	pthread_mutex_lock(&pool.lock);
	pool.quit = true;
	pthread_cond_broadcast(&pool.begin);
	pthread_mutex_unlock(&pool.lock);
	for (unsigned i = 0; i < pool.started; i++)
		pthread_join(pool.helpers[i].thread, NULL);
	tree->pool = NULL;
	return error;
}
