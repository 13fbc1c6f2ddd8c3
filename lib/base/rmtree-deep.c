/* SPDX-License-Identifier: MIT */
/*
 * rmtree-deep.c - trees deeper than there are descriptors.
 *
 * Lift: a directory below the limit is renamed into the root, as ".~%08x",
 * and has its turn there. One rename for as many levels as there are frames,
 * no memory, nothing to trust: a rename follows no link, and what it moves
 * was in the tree.
 *
 * Shed and climb, where the rename is refused (Landlock, lower layers of an
 * overlay, project quotas): the oldest directory between root and top gives
 * up its descriptor and leaves its identity in the trail. Coming back by ".."
 * is believed only if the identity agrees, inode and birth time; the mount is
 * the same because opening does not cross one. If it does not agree, or the
 * trail no longer reaches so far, we go down again from the root, which we
 * still hold.
 *
 * The directory one comes back to is read again from its beginning, since
 * the names are forgotten. Where something in it stays, that would try all
 * failures again, at a quadratic price: reading then resumes at the inode we
 * came from.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/identity.h"
#include "base/rmtree-tree.h"
#include "base/syscalls.h"

enum { LIFT_TRIES = 1024 };	/* names in the root that are somebody's */

static void lifted_name(char name[12], uint32_t number)
{
	static const char digits[] = "0123456789abcdef";

	name[0] = '.';
	name[1] = '~';
	for (unsigned i = 0; i < 8; i++)
		name[2 + i] = digits[number >> (28 - 4 * i) & 15];
	name[LIFTED_LENGTH] = '\0';
}

/* Called with the root on top. Runs inside a signal handler. */
bool with__rmtree_next_lifted(struct tree *tree)
{
	tree->in_lifted = tree->lifted_first != tree->lifted_next;
	if (tree->in_lifted)
		lifted_name(tree->lifted_name, tree->lifted_first);
	return tree->in_lifted;
}

static void number_is_taken(struct tree *tree)
{
	if (tree->lifted_first == tree->lifted_next)
		tree->lifted_first++;
	if (tree->lifted_start == tree->lifted_next)
		tree->lifted_start++;
	tree->lifted_next++;
}

static bool shed(struct tree *tree)
{
	struct frame *oldest = &tree->frames[1];
	size_t hole = free_above(oldest) - free_above(oldest - 1);
	size_t keep = free_above(oldest);
	struct with__status status;

	if (with__brief_status_at(oldest->fd, "", &status) < 0)
		return false;
	tree->trail[tree->shed++ % TRAIL_MOST] = (struct trail) {
		.inode = status.identity.inode,
		.birth_ns = status.identity.birth_ns & (UINT64_MAX >> 1),
		.failed = oldest->failed,
	};
	tree->trail_failed |= oldest->failed;
	if (tree->trail_kept < TRAIL_MOST)
		tree->trail_kept++;
	(void)with__sys.close(oldest->fd);
	memmove(tree->arena + keep - hole, tree->arena + keep,
		top_frame(tree)->end - keep);
	memmove(oldest, oldest + 1, (tree->top - 1) * sizeof(*oldest));
	tree->top--;
	for (unsigned i = 1; i <= tree->top; i++) {
		tree->frames[i].names = (uint16_t)(tree->frames[i].names - hole);
		tree->frames[i].end = (uint16_t)(tree->frames[i].end - hole);
	}
	return true;
}

/* EACCES may be about the directory moved, the one it leaves, or the root. */
static bool mend_for_lift(struct tree *tree, const char *name, bool *child_done)
{
	if (with__rmtree_mend_frame(top_frame(tree)) ||
	    with__rmtree_mend_frame(&tree->frames[0]))
		return true;
	if (*child_done)
		return false;
	*child_done = true;
	return with__rmtree_mend_child(tree, top_frame(tree)->fd, name) == 0;
}

/* false: refused. */
static bool lift(struct tree *tree)
{
	const char *name = with__rmtree_current(tree, tree->top);
	bool child_done = false;
	char target[12];

	for (unsigned tries = 0; tries < LIFT_TRIES; tries++) {
		lifted_name(target, tree->lifted_next);
		if (with__sys.renameat(top_frame(tree)->fd, name,
				       tree->frames[0].fd, target) == 0) {
			tree->lifted_next++;
			tree->removed++;
			with__rmtree_settle(tree);
			return true;
		}
		switch (errno) {
		case EINTR:
			break;
		case ENOENT:
			with__rmtree_settle(tree);
			return true;
		case EEXIST:
		case ENOTEMPTY:
		case ENOTDIR:
		case EISDIR:
			number_is_taken(tree);
			break;
		case EBUSY:	/* a mount point */
			with__rmtree_fail(tree, tree->top, name, EBUSY);
			with__rmtree_settle(tree);
			return true;
		case EACCES:
			if (mend_for_lift(tree, name, &child_done))
				break;
			/* A descriptor less, and mending may succeed. */
			return (errno == EMFILE || errno == ENFILE) &&
			       tree->top >= 2 && shed(tree);
		default:
			return false;
		}
	}
	return false;
}

/*
 * The directory that is next cannot be opened as things are. true: something
 * has changed, look again.
 */
bool with__rmtree_make_room(struct tree *tree)
{
	if (tree->top == 0)
		return false;
	if (!tree->no_lift) {
		if (lift(tree))
			return true;
		tree->no_lift = true;
	}
	return tree->top >= 2 && shed(tree);
}

static void lose_the_way(struct tree *tree)
{
	struct frame *root = &tree->frames[0];
	bool failed = tree->frames[1].failed || tree->trail_failed;

	(void)with__sys.close(tree->frames[1].fd);
	tree->top = 0;
	tree->shed = tree->trail_kept = 0;
	tree->trail_failed = false;
	if (failed) {
		root->failed = true;
		with__rmtree_settle(tree);
	} else if (!with__rmtree_patience(tree, &root->patience)) {
		with__rmtree_fail(tree, 0, with__rmtree_current(tree, 0),
				  ENOTEMPTY);
		with__rmtree_settle(tree);
	}
}

static int open_parent(struct tree *tree, struct frame *child)
{
	int fd = with__rmtree_open(tree, child->fd, "..", O_RDONLY);

	if (fd < 0 && errno == EAGAIN)
		fd = with__rmtree_open(tree, child->fd, "..", O_RDONLY);
	if (fd < 0 && errno == EACCES && with__rmtree_mend_frame(child))
		fd = with__rmtree_open(tree, child->fd, "..", O_RDONLY);
	return fd;
}

static bool is_where_we_came_from(const struct trail *trail, int fd,
				  const struct with__status *child)
{
	struct with__status status;

	return with__brief_status_at(fd, "", &status) == 0 &&
	       status.identity.inode == trail->inode &&
	       status.identity.device == child->identity.device &&
	       (status.identity.birth_ns & (UINT64_MAX >> 1)) == trail->birth_ns;
}

/* frames[1] is done, and its parent has been shed. */
void with__rmtree_climb(struct tree *tree)
{
	struct frame *child = &tree->frames[1];
	const struct trail *trail;
	struct with__status status;
	bool failed = child->failed;
	int fd;

	fd = tree->trail_kept ? open_parent(tree, child) : -1;
	if (fd < 0) {
		lose_the_way(tree);
		return;
	}
	trail = &tree->trail[(tree->shed - 1) % TRAIL_MOST];
	if (with__brief_status_at(child->fd, "", &status) < 0 ||
	    !is_where_we_came_from(trail, fd, &status)) {
		(void)with__sys.close(fd);
		lose_the_way(tree);
		return;
	}
	(void)with__sys.close(child->fd);
	*child = (struct frame) {
		.fd = fd,
		.names = (uint16_t)free_above(&tree->frames[0]),
		.end = (uint16_t)free_above(&tree->frames[0]),
		.fresh = true,
		.failed = failed || trail->failed,
		.resume_behind = failed,
	};
	if (child->failed)
		child->resume_at = status.identity.inode;
	tree->shed--;
	tree->trail_kept--;
	tree->expect_empty = !failed;
}
