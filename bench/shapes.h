/* SPDX-License-Identifier: MIT */
/*
 * shapes.h - the trees that are removed, and the floor of removing them.
 *
 * The floor knows every name: per file one unlinkat(), per directory one
 * open, close and rmdir, nothing read. It goes in the order in which the
 * names were made, which is the dearest order on no file system we know:
 * who reads a directory has to take the order it gives, on tmpfs the newest
 * name first, on ext4 that of a hash.
 */
#ifndef SHAPES_H
#define SHAPES_H

struct shape {
	const char *name;
	unsigned width, depth, files;
	int leaves_only;	/* files stand in the lowest directories */
	unsigned copies;	/* so many trees at once, or it is too short */
};

enum { SHAPES = 8, NAMES = 100000 };

extern const struct shape shapes[SHAPES];

/* First of all: the names, and descriptors for each level of a chain. */
void prepare_shapes(void);

void make_tree(const struct shape *shape, int dirfd, const char *name,
	       unsigned depth);
void floor_tree(const struct shape *shape, int dirfd, const char *name,
		unsigned depth);
unsigned long objects_below(const struct shape *shape, unsigned depth);

#endif /* SHAPES_H */
