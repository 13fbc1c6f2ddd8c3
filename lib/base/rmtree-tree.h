/* SPDX-License-Identifier: MIT */
/*
 * rmtree-tree.h - the state of one removal, shared by the files of the
 * engine (rmtree*.c) and by nobody else. rmtree-walk.c explains it.
 */
#ifndef BASE_RMTREE_TREE_H
#define BASE_RMTREE_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rmtree.h"

enum {
	FRAMES_MOST = 7,	/* and one descriptor for a moment: 8 */
	ARENA_SIZE = 18 * 1024,
	ROOM_LEAST = 2 * 1024,	/* for a level: half to read, half below */
	TRAIL_MOST = 512,
	IDLE_MOST = 16,		/* passes without any progress */
	LIFTED_LENGTH = 10,	/* of ".~%08x" */
	PASSES_MOST = 1 << 20,	/* against one who adds as fast as we remove */
};

/* How much of a directory has been read. */
enum stream {
	STREAM_MORE,		/* the buffer was filled: there is more */
	STREAM_MAYBE_END,	/* it was not: rmdir() will tell */
	STREAM_END,
};

/* Repeated attempts at one thing; rmtree_patience() says when to give up. */
struct patience {
	uint64_t mark;		/* tree->removed at the last attempt */
	uint32_t passes;
	uint32_t idle;
};

/*
 * An open directory. The names of sub-directories still to be removed stand
 * in the arena, from names to end; the first is the one being removed while
 * there is a frame above.
 */
struct frame {
	uint64_t resume_at;	/* skip entries before this inode; 0: none */
	struct patience patience;	/* with the first pending name */
	uint64_t looked_at;	/* tree->removed, when threads were thought of */
	int fd;
	uint16_t names;
	uint16_t end;
	enum stream stream;
	bool resume_behind;	/* resume_at itself is skipped, too */
	bool fresh;		/* nothing read yet */
	bool failed;		/* something in it stays, so it stays */
	bool mended;		/* its mode has been widened, or cannot be */
	bool sampled;		/* looked_at is set */
};

/* A directory between the root and frames[1] whose descriptor was given up. */
struct trail {
	uint64_t inode;
	uint64_t birth_ns : 63;
	uint64_t failed : 1;
};

struct pool;

struct tree {
	const struct with__rmtree *options;
	struct pool *pool;	/* NULL: one thread */
	bool is_part;		/* frames[0] is another tree's, and stays */
	int at;
	const char *name;	/* of the root, in path or the caller's */
	uint64_t removed;	/* entries so far */
	uint64_t device;	/* of the root; 0: not asked yet */
	int error;		/* the first; 0: none */
	unsigned top;		/* the frame being worked on */
	unsigned limit;		/* frames that may be open */
	bool told;		/* of a failure, where there is a callback */
	bool stop;		/* the callback says so */
	bool expect_empty;	/* the last directory was empty: rmdir() first */
	bool no_openat2;
	bool no_lift;

	/* Directories moved into the root: ".~%08x" from first to next. */
	uint32_t lifted_start;
	uint32_t lifted_first;
	uint32_t lifted_next;
	bool in_lifted;		/* frames[1] is lifted_first */
	char lifted_name[12];

	uint32_t shed;		/* directories between root and frames[1] */
	uint32_t trail_kept;	/* the last so many are in the trail */
	bool trail_failed;	/* something stays in one of them */

	struct patience patience;	/* with the root itself */
	struct frame frames[FRAMES_MOST];
	struct trail trail[TRAIL_MOST];
	_Alignas(8) char arena[ARENA_SIZE];
	size_t path_length;
	char path[PATH_MAX];	/* of the root; messages are built behind it */
};

static inline size_t align8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static inline struct frame *top_frame(struct tree *tree)
{
	return &tree->frames[tree->top];
}

/* Where the arena is free above this frame's names. */
static inline size_t free_above(const struct frame *frame)
{
	return align8(frame->end);
}

/* Without a word: of rmtree.c itself. The second where the first says ENOENT. */
int with__rmtree_remove_root(const struct tree *tree);
int with__rmtree_remove_lost_root(const struct tree *tree);

/* walk: the loop, and the small steps that the others need. */
void with__rmtree_walk(struct tree *tree);
const char *with__rmtree_current(const struct tree *tree, unsigned index);
void with__rmtree_settle(struct tree *tree);
bool with__rmtree_patience(const struct tree *tree, struct patience *patience);

/* open: directories, and mount points told from them. */
int with__rmtree_open(struct tree *tree, int dirfd, const char *name,
		      int flags);
bool with__rmtree_may_be_mount(const struct tree *tree, int error);

/* read: one batch of a directory; files go, names of directories stay. */
void with__rmtree_read(struct tree *tree, struct frame *frame);

/* mend: permissions. */
int with__rmtree_widen(int fd);
bool with__rmtree_mend_frame(struct frame *frame);
int with__rmtree_mend_child(struct tree *tree, int dirfd, const char *name);

/* deep: below the limit of descriptors. */
bool with__rmtree_next_lifted(struct tree *tree);
bool with__rmtree_make_room(struct tree *tree);
void with__rmtree_climb(struct tree *tree);

/* threads: never in a signal handler. */
int with__rmtree_in_threads(struct tree *tree, int (*remove)(struct tree *tree));
bool with__rmtree_share(struct tree *tree);
void with__rmtree_starved(struct pool *pool);
bool with__rmtree_stopped(const struct pool *pool);

/* The callback, of this thread or another, has said so. */
static inline bool is_stopped(const struct tree *tree)
{
	return tree->stop || (tree->pool && with__rmtree_stopped(tree->pool));
}

/* report: failures, with their path. name NULL: the frame's directory. */
void with__rmtree_fail(struct tree *tree, unsigned index, const char *name,
		       int error);
size_t with__rmtree_path(struct tree *tree, unsigned index, const char *name);

#endif /* BASE_RMTREE_TREE_H */
