/* SPDX-License-Identifier: MIT */
/*
 * rmtree-walk.c - the loop that removes what is in a directory.
 *
 * frames[0] is the root, frames[top] the directory being worked on, and each
 * frame's first pending name is the frame above. A frame goes through
 *
 *	read a batch, its files go	(rmtree-read.c)
 *	descend into each directory that was in it
 *	read on, while there may be more
 *	leave: rmdir() through the parent, then close
 *
 * Invariants:
 *  - Every call is relative to an open directory of the tree and names one
 *    entry of it, or "..", which is checked. No call follows a link. So
 *    whatever others exchange meanwhile, only entries of directories that
 *    were in the tree when we opened them are removed.
 *  - A name is settled (removed, gone, lifted, or reported) exactly once.
 *  - A directory with something in it that stays is marked failed: it is read
 *    to its end, but neither removed, nor read twice, nor reported itself.
 *  - Nothing is tried again more than IDLE_MOST times without progress.
 *  - rmdir() is the test for the end of a directory; it saves the last read.
 *
 * Interrupted at any point by a handler that removes the same tree: what it
 * removed is ENOENT for us, which is success; our descriptors stay valid.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/rmtree-tree.h"
#include "base/syscalls.h"

/* The name being removed in frames[index]. */
const char *with__rmtree_current(const struct tree *tree, unsigned index)
{
	if (index == 0 && tree->in_lifted)
		return tree->lifted_name;
	return tree->arena + tree->frames[index].names;
}

/* The name that was current in the top frame is done with. */
void with__rmtree_settle(struct tree *tree)
{
	struct frame *frame = top_frame(tree);

	frame->patience = (struct patience) { .mark = tree->removed };
	if (tree->top == 0 && tree->in_lifted) {
		tree->lifted_first++;
		tree->in_lifted = false;
		return;
	}
	while (tree->arena[frame->names++])
		;
}

/*
 * Whoever else is at work here may not be running, on a busy machine: the
 * later of the passes without progress wait, longer each time, a fifth of a
 * second in all.
 */
static void give_way(unsigned idle)
{
	struct timespec pause = { .tv_nsec = 50000 };
	int saved = errno;

	if (idle < 4)
		return;
	pause.tv_nsec <<= idle - 4;
	(void)with__sys.nanosleep(&pause, NULL);
	errno = saved;
}

bool with__rmtree_patience(const struct tree *tree, struct patience *patience)
{
	if (patience->mark != tree->removed)
		patience->idle = 0;
	patience->mark = tree->removed;
	give_way(patience->idle);
	return ++patience->idle < IDLE_MOST && ++patience->passes < PASSES_MOST;
}

static void fail_current(struct tree *tree, int error)
{
	with__rmtree_fail(tree, tree->top,
			  with__rmtree_current(tree, tree->top), error);
	with__rmtree_settle(tree);
}

/* Of the current name of the top frame. */
static int remove_current(struct tree *tree, int flags)
{
	struct frame *frame = top_frame(tree);
	const char *name = with__rmtree_current(tree, tree->top);
	int result;

	do
		result = with__sys.unlinkat(frame->fd, name, flags);
	while (result < 0 && (errno == EINTR ||
	       (errno == EACCES && with__rmtree_mend_frame(frame))));
	if (result < 0 && errno != ENOENT)
		return -1;
	tree->removed += result == 0;
	with__rmtree_settle(tree);
	return 0;
}

/* It was a directory when we read it, and now it is a link or a file. */
static void remove_exchanged(struct tree *tree)
{
	if (remove_current(tree, 0) == 0)
		return;
	if (!with__rmtree_patience(tree, &top_frame(tree)->patience))
		fail_current(tree, errno);
}

static bool is_not_empty(int error)
{
	return error == ENOTEMPTY || error == EEXIST;
}

static void cannot_enter(struct tree *tree)
{
	int error = errno;

	switch (error) {
	case EAGAIN:		/* openat2() just turned out not to be there */
		if (!with__rmtree_patience(tree, &top_frame(tree)->patience))
			fail_current(tree, error);
		break;
	case ENOENT:
		with__rmtree_settle(tree);
		break;
	case ENOTDIR:
	case ELOOP:
		remove_exchanged(tree);
		break;
	case EXDEV:
		fail_current(tree, error);
		break;
	default:		/* it may be empty, and go unopened */
		if (remove_current(tree, AT_REMOVEDIR) < 0)
			fail_current(tree, error);
	}
}

static int open_current(struct tree *tree)
{
	struct frame *frame = top_frame(tree);
	const char *name = with__rmtree_current(tree, tree->top);
	int fd = with__rmtree_open(tree, frame->fd, name, O_RDONLY);

	if (fd < 0 && errno == EACCES && with__rmtree_mend_frame(frame))
		fd = with__rmtree_open(tree, frame->fd, name, O_RDONLY);
	if (fd < 0 && errno == EACCES &&
	    with__rmtree_mend_child(tree, frame->fd, name) == 0)
		fd = with__rmtree_open(tree, frame->fd, name, O_RDONLY);
	return fd;
}

static void push(struct tree *tree, int fd)
{
	uint16_t base = (uint16_t)free_above(top_frame(tree));

	assert(tree->top + 1 < FRAMES_MOST);
	tree->top++;
	*top_frame(tree) = (struct frame) {
		.fd = fd, .names = base, .end = base, .fresh = true,
	};
}

/* There is no place for another level, whatever the descriptors. */
static bool is_full(const struct tree *tree)
{
	const struct frame *frame = &tree->frames[tree->top];

	return tree->top + 1 >= FRAMES_MOST ||
	       ARENA_SIZE - free_above(frame) < ROOM_LEAST;
}

static bool is_crowded(const struct tree *tree)
{
	return tree->top + 1 >= tree->limit || is_full(tree);
}

/* Without openat2() only rmdir() tells a mount point for certain. */
static bool goes_unopened(struct tree *tree)
{
	int error;

	if (!tree->expect_empty && !tree->no_openat2)
		return false;
	if (remove_current(tree, AT_REMOVEDIR) == 0)
		return true;
	error = errno;
	if (!with__rmtree_may_be_mount(tree, error))
		return false;
	fail_current(tree, error);
	return true;
}

/* No descriptor is left. */
static void do_with_fewer(struct tree *tree)
{
	int error = errno;

	if (tree->top > 0) {
		tree->limit = tree->top + 1;
		if (with__rmtree_make_room(tree))
			return;
	} else if (tree->is_part) {
		with__rmtree_starved(tree->pool);
		with__rmtree_settle(tree);
		return;
	}
	errno = error;
	cannot_enter(tree);
}

static void descend(struct tree *tree)
{
	int fd;

	if (goes_unopened(tree))
		return;
	if (is_crowded(tree)) {
		if (with__rmtree_make_room(tree))
			return;
		if (is_full(tree)) {
			cannot_enter(tree);
			return;
		}
	}
	fd = open_current(tree);
	if (fd >= 0) {
		push(tree, fd);
		return;
	}
	if (errno != EMFILE && errno != ENFILE)
		cannot_enter(tree);
	else
		do_with_fewer(tree);
}

static void close_top(struct tree *tree)
{
	int error = errno;

	(void)with__sys.close(top_frame(tree)->fd);
	tree->top--;
	errno = error;
}

/* The top frame has been read, and rmdir() said that it is not empty. */
static void stay_or_return(struct tree *tree)
{
	struct frame *frame = top_frame(tree);

	if (frame->stream == STREAM_MAYBE_END) {
		frame->stream = STREAM_MORE;
		return;
	}
	/* Opened again by name: it may be another directory by now. */
	close_top(tree);
	if (!with__rmtree_patience(tree, &top_frame(tree)->patience))
		fail_current(tree, ENOTEMPTY);
}

static void leave(struct tree *tree)
{
	struct frame *frame = top_frame(tree);

	if (tree->top == 1 && tree->shed) {
		with__rmtree_climb(tree);
		return;
	}
	if (frame->failed) {
		close_top(tree);
		top_frame(tree)->failed = true;
		with__rmtree_settle(tree);
		return;
	}
	/* Removed before it is closed: we may have to go on reading it. */
	tree->top--;
	if (remove_current(tree, AT_REMOVEDIR) == 0) {
		(void)with__sys.close(frame->fd);
		return;
	}
	tree->top++;
	if (is_not_empty(errno)) {
		stay_or_return(tree);
		return;
	}
	close_top(tree);
	if (errno == ENOTDIR)
		remove_exchanged(tree);
	else
		fail_current(tree, errno);
}

static bool read_root_again(struct tree *tree)
{
	struct frame *root = &tree->frames[0];

	if (root->stream == STREAM_MAYBE_END) {
		root->stream = STREAM_MORE;
		return true;
	}
	if (!with__rmtree_patience(tree, &tree->patience)) {
		with__rmtree_fail(tree, 0, NULL, ENOTEMPTY);
		return false;
	}
	if (with__sys.lseek(root->fd, 0, SEEK_SET) < 0) {
		with__rmtree_fail(tree, 0, NULL, errno);
		return false;
	}
	root->stream = STREAM_MORE;
	return true;
}

/* false: nothing more to do. */
static bool root_goes_on(struct tree *tree)
{
	if (tree->frames[0].failed || tree->is_part)
		return false;
	if (tree->options->keep_root) {
		/* Without rmdir() the test is a pass that finds nothing. */
		if (tree->patience.mark == tree->removed)
			return false;
		return read_root_again(tree);
	}
	if (with__rmtree_remove_root(tree) == 0 ||
	    (errno == ENOENT && with__rmtree_remove_lost_root(tree) == 0) ||
	    errno == ENOENT)
		return false;
	if (is_not_empty(errno))
		return read_root_again(tree);
	with__rmtree_fail(tree, 0, NULL, errno);
	return false;
}

static bool reads_on(const struct tree *tree, const struct frame *frame)
{
	if (frame->stream == STREAM_MORE)
		return true;
	/* No rmdir() will be tried here, so read to the very end. */
	return frame->stream == STREAM_MAYBE_END &&
	       (frame->failed || (tree->top == 0 && tree->options->keep_root));
}

static bool has_pending(struct tree *tree, const struct frame *frame)
{
	if (tree->top == 0 && with__rmtree_next_lifted(tree))
		return true;
	return frame->names != frame->end;
}

/* frames[0] is open, and top is 0. Runs inside a signal handler. */
void with__rmtree_walk(struct tree *tree)
{
	while (!is_stopped(tree)) {
		struct frame *frame = top_frame(tree);

		if (has_pending(tree, frame)) {
			if (!tree->pool || !with__rmtree_share(tree))
				descend(tree);
		} else if (reads_on(tree, frame)) {
			with__rmtree_read(tree, frame);
		} else if (tree->top > 0) {
			leave(tree);
		} else if (!root_goes_on(tree)) {
			break;
		}
	}
	while (tree->top > 0)
		close_top(tree);
}
