/* SPDX-License-Identifier: MIT */
/*
 * rmtree-read.c - read one batch of a directory and remove its files.
 *
 * A batch is what one getdents64() puts into half of the free arena, so that
 * a level below always has room. What is not a directory goes at once; the
 * names of directories move to the front of the batch and are all that is
 * kept while the levels below are worked on.
 *
 * Invariants: a name never moves up, so a name that has not been looked at is
 * never overwritten; the kept names take no more room than the batch did.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/rmtree-tree.h"
#include "base/syscalls.h"

enum {
	ENTRY_MOST = 280,	/* a name of 255 bytes */
	DOTS_SIZE = 24,		/* of the entry "..", and of "." */
	SAMPLE = 16,
	BUCKETS = 128,
	NO_ENTRY = UINT16_MAX,
};

/* What getdents64() writes; next is its d_off, of which we have no use. */
struct entry {
	uint64_t inode;
	uint64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
} __attribute__((may_alias));

struct batch {
	struct tree *tree;
	struct frame *frame;
	char *start;
	size_t size;
	unsigned directories;	/* "." and ".." among them */
};

static struct entry *entry_at(const struct batch *batch, size_t offset)
{
	return (struct entry *)(batch->start + offset);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' &&
	       (!name[1] || (name[1] == '.' && !name[2]));
}

/*
 * Directories that were lifted here have had their turn. What is still there
 * has failed then, or it is somebody else's; so is any name of another length.
 */
static bool has_been_lifted(const struct tree *tree, const char *name)
{
	uint32_t number = 0;

	if (tree->top != 0 || !tree->frames[0].failed ||
	    name[0] != '.' || name[1] != '~' || strlen(name) != LIFTED_LENGTH)
		return false;
	for (name += 2; *name; name++) {
		if (*name >= '0' && *name <= '9')
			number = number << 4 | (uint32_t)(*name - '0');
		else if (*name >= 'a' && *name <= 'f')
			number = number << 4 | (uint32_t)(*name - 'a' + 10);
		else
			return false;
	}
	return number >= tree->lifted_start && number < tree->lifted_next;
}

static bool is_directory(const struct batch *batch, const struct entry *entry)
{
	struct stat st;

	return with__sys.fstatat(batch->frame->fd, entry->name, &st,
				 AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Out of line, so that the loop over files stays small. false: stop. */
static __attribute__((noinline)) bool unlink_failed(struct batch *batch,
						    struct entry *entry)
{
	struct frame *frame = batch->frame;
	int error;

	while (errno == EINTR ||
	       (errno == EACCES && with__rmtree_mend_frame(frame))) {
		if (with__sys.unlinkat(frame->fd, entry->name, 0) == 0) {
			batch->tree->removed++;
			return true;
		}
	}
	error = errno;
	if (error == ENOENT)
		return true;
	/* POSIX has EPERM for a directory, Linux EISDIR. */
	if (error == EISDIR || ((error == EPERM || error == EACCES) &&
				entry->type == DT_UNKNOWN &&
				is_directory(batch, entry))) {
		entry->type = DT_DIR;
		batch->directories++;
		return true;
	}
	with__rmtree_fail(batch->tree, batch->tree->top, entry->name, error);
	return !batch->tree->stop;
}

static inline bool remove_entry(struct batch *batch, struct entry *entry)
{
	if (entry->type == DT_DIR) {
		batch->directories++;
		return true;
	}
	if (entry->name[0] == '.' && is_dots(entry->name))
		return true;	/* the type is not known, then */
	if (with__sys.unlinkat(batch->frame->fd, entry->name, 0) < 0)
		return unlink_failed(batch, entry);
	batch->tree->removed++;
	return true;
}

static void remove_as_read(struct batch *batch)
{
	for (size_t at = 0; at < batch->size;) {
		struct entry *entry = entry_at(batch, at);

		at += entry->size;
		if (!remove_entry(batch, entry))
			return;
	}
}

/* A few tell: inode numbers that only rise, or only fall, are well so. */
static bool is_in_order(const struct batch *batch)
{
	unsigned seen = 0, rises = 0, falls = 0;
	uint64_t last = 0;

	for (size_t at = 0; at < batch->size && seen < SAMPLE;) {
		const struct entry *entry = entry_at(batch, at);

		at += entry->size;
		if (entry->type == DT_DIR)	/* "..", for one, is far away */
			continue;
		if (seen++) {
			rises += entry->inode > last;
			falls += entry->inode < last;
		}
		last = entry->inode;
	}
	return seen < SAMPLE || rises <= 1 || falls <= 1;
}

struct range {
	uint64_t low, high;
};

static struct range inode_range(const struct batch *batch)
{
	struct range range = { .low = UINT64_MAX };

	for (size_t at = 0; at < batch->size;) {
		const struct entry *entry = entry_at(batch, at);

		at += entry->size;
		if (entry->type == DT_DIR)
			continue;
		if (entry->inode < range.low)
			range.low = entry->inode;
		if (entry->inode > range.high)
			range.high = entry->inode;
	}
	return range;
}

/*
 * ext4 reads in the order of a hash, and then every removal touches another
 * block of inodes. Nearly the order of inodes is enough to mend that, so one
 * pass into buckets does: about 20 instructions an entry, where sorting takes
 * 200. The lists run through the entries themselves.
 */
static void remove_by_inode(struct batch *batch)
{
	const struct range range = inode_range(batch);
	uint16_t heads[BUCKETS];
	unsigned shift = 0;

	while ((range.high - range.low) >> shift >= BUCKETS)
		shift++;
	memset(heads, 0xff, sizeof(heads));
	for (size_t at = 0; at < batch->size;) {
		struct entry *entry = entry_at(batch, at);

		if (entry->type == DT_DIR) {
			batch->directories++;
		} else {
			uint16_t *head = &heads[(entry->inode - range.low)
						>> shift];

			entry->next = *head;
			*head = (uint16_t)at;
		}
		at += entry->size;
	}
	for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
		for (size_t at = heads[bucket]; at != NO_ENTRY;) {
			struct entry *entry = entry_at(batch, at);

			at = (size_t)entry->next;
			if (!remove_entry(batch, entry))
				return;
		}
	}
}

/*
 * To the front of the arena's free part, where the batch begins or, if a part
 * was skipped, before it. ".." among these names would lead out of the tree,
 * so here it is looked for again, whatever has been done to the types.
 */
static void keep_directories(struct batch *batch, char *to)
{
	for (size_t at = 0; batch->directories > 0 && at < batch->size;) {
		struct entry *entry = entry_at(batch, at);
		size_t length;

		at += entry->size;
		if (entry->type != DT_DIR || is_dots(entry->name) ||
		    has_been_lifted(batch->tree, entry->name))
			continue;
		length = strlen(entry->name) + 1;
		memmove(to, entry->name, length);
		to += length;
	}
	batch->frame->end = (uint16_t)(to - batch->tree->arena);
}

/*
 * After coming back to a directory in which something stays: what stands
 * before the place where we left it has been tried.
 */
static void skip_tried(struct batch *batch)
{
	while (batch->size > 0) {
		struct entry *entry = entry_at(batch, 0);

		bool found = entry->inode == batch->frame->resume_at;

		if (found)
			batch->frame->resume_at = 0;
		if (found && !batch->frame->resume_behind)
			return;
		batch->start += entry->size;
		batch->size -= entry->size;
		if (found)
			return;
	}
}

static void remove_batch(struct batch *batch)
{
	if (batch->frame->resume_at)
		skip_tried(batch);
	if (is_in_order(batch))
		remove_as_read(batch);
	else
		remove_by_inode(batch);
}

/* Runs inside a signal handler. */
void with__rmtree_read(struct tree *tree, struct frame *frame)
{
	size_t base = tree->top ? free_above(frame - 1) : 0;
	size_t size = ((ARENA_SIZE - base) / 2) & ~(size_t)7;
	struct batch batch = {
		.tree = tree,
		.frame = frame,
		.start = tree->arena + base,
	};
	ssize_t got;

	frame->names = frame->end = (uint16_t)base;
	got = WITH__RETRY(with__sys.getdents64(frame->fd, batch.start, size));
	if (got < 0 && errno != ENOENT)	/* ENOENT: it has been removed */
		with__rmtree_fail(tree, tree->top, NULL, errno);
	if (got <= 0) {
		frame->stream = STREAM_END;
		return;
	}
	frame->stream = (size_t)got + ENTRY_MOST > size ?
			STREAM_MORE : STREAM_MAYBE_END;
	batch.size = (size_t)got;
	remove_batch(&batch);
	keep_directories(&batch, tree->arena + base);
	if (frame->fresh)
		tree->expect_empty = (size_t)got <= 2 * DOTS_SIZE;
	frame->fresh = frame->sampled = false;
}
