/* SPDX-License-Identifier: MIT */
/*
 * rmtree-report.c - remember the first failure, and tell each with its path.
 *
 * The path is the root's as it was given, the names of the open levels and
 * that of the entry. A directory that had to be moved up is named where it
 * is now. "..." stands for levels no longer known, and for the middle of a
 * path of more than PATH_MAX bytes.
 */
#include "config.h"

#include <string.h>

#include "base/rmtree-tree.h"

static size_t append(struct tree *tree, size_t length, const char *name)
{
	size_t size = strlen(name);

	if (length + size + 2 > sizeof(tree->path)) {
		/* Keep the root and the entry itself; names are below 256. */
		length = tree->path_length;
		if (length + size + 6 > sizeof(tree->path))
			return length;
		memcpy(tree->path + length, "/...", 4);
		length += 4;
	}
	tree->path[length++] = '/';
	memcpy(tree->path + length, name, size);
	return length + size;
}

/* Into tree->path; the caller takes it off again. Returns its length. */
size_t with__rmtree_path(struct tree *tree, unsigned index, const char *name)
{
	size_t length = tree->path_length;

	for (unsigned i = 0; i < index; i++) {
		if (i == 0 && tree->shed)
			length = append(tree, length, "...");
		else
			length = append(tree, length,
					with__rmtree_current(tree, i));
	}
	if (name)
		length = append(tree, length, name);
	tree->path[length] = '\0';
	return length;
}

/* Runs inside a signal handler. */
void with__rmtree_fail(struct tree *tree, unsigned index, const char *name,
		       int error)
{
	const struct with__rmtree *options = tree->options;

	tree->frames[index].failed = true;
	tree->told = true;
	if (!tree->error)
		tree->error = error;
	if (!options->on_error)
		return;
	(void)with__rmtree_path(tree, index, name);
	if (options->on_error(tree->path, error, options->data))
		tree->stop = true;
	tree->path[tree->path_length] = '\0';
}
