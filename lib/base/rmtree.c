/* SPDX-License-Identifier: MIT */
/*
 * rmtree.c - what may be removed at all, and how a removal begins and ends.
 *
 * The root is the one directory reached by a path that others may own, so
 * its identity is asked before the first change, once it is open, and before
 * its own rmdir(). What remains open is the moment between a check and the
 * rmdir() behind it, and rmdir() can only hit an empty directory then.
 *
 * An empty directory needs no opening: rmdir() comes first.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/chmod.h"
#include "base/identity.h"
#include "base/rmtree-tree.h"
#include "base/syscalls.h"

static const struct with__rmtree defaults = WITH__RMTREE_INIT;

/* O_NOFOLLOW follows a link that ends in '/', so slashes are taken off. */
static int take_path(struct tree *tree, const char *path)
{
	size_t length = path ? strlen(path) : 0;
	const char *last;

	while (length > 0 && path[length - 1] == '/')
		length--;
	if (length == 0)
		goto invalid;
	if (length >= sizeof(tree->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(tree->path, path, length);
	tree->path[length] = '\0';
	tree->path_length = length;
	tree->name = tree->path;
	last = strrchr(tree->path, '/');
	last = last ? last + 1 : tree->path;
	if (strcmp(last, ".") != 0 && strcmp(last, "..") != 0)
		return 0;
invalid:
	errno = EINVAL;
	return -1;
}

/* Is name, in dirfd, what the caller means? */
static int check(const struct with__rmtree *options, int dirfd,
		 const char *name)
{
	struct with__status status;

	if (!options->expected)
		return 0;
	if (with__status_at(dirfd, name, &status) < 0)
		return -1;
	if (with__identity_equal(&status.identity, options->expected))
		return 0;
	errno = ESTALE;
	return -1;
}

static int open_root(struct tree *tree, int flags)
{
	int fd = WITH__RETRY(with__sys.openat(tree->at, tree->name, flags |
					      O_DIRECTORY | O_NOFOLLOW |
					      O_CLOEXEC, 0));

	if (fd >= 0 && check(tree->options, fd, "") < 0) {
		int error = errno;

		(void)with__sys.close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The caller's own descriptor, where none can be opened. */
static int borrow_root(struct tree *tree)
{
	struct with__status held, there;
	int error = errno;

	if (tree->options->root_fd < 0)
		return -1;
	if (with__status_at(tree->options->root_fd, "", &held) < 0 ||
	    with__status_at(tree->at, tree->name, &there) < 0) {
		errno = error;
		return -1;
	}
	if (!with__identity_equal(&held.identity, &there.identity)) {
		errno = ESTALE;
		return -1;
	}
	if (with__sys.lseek(tree->options->root_fd, 0, SEEK_SET) < 0) {
		errno = error;	/* O_PATH: no good for reading */
		return -1;
	}
	return tree->options->root_fd;
}

/* An unreadable root; as with the directories in it, by descriptor only. */
static int mend_root(struct tree *tree)
{
	int fd = open_root(tree, O_PATH);
	int result;

	if (fd < 0)
		return -1;
	result = with__rmtree_widen(fd);
	(void)with__sys.close(fd);
	return result;
}

static int enter_root(struct tree *tree)
{
	int fd = open_root(tree, O_RDONLY);
	int error = errno;

	if (fd < 0 && error == EACCES) {
		if (mend_root(tree) == 0)
			fd = open_root(tree, O_RDONLY);
		else if (errno == ESTALE)
			return -1;
		else
			errno = error;
	}
	if (fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	    errno == ESTALE)
		return fd;
	return borrow_root(tree);
}

/*
 * A relative path with ".." in it may lead through the tree (the current
 * directory in it, say), and would mean something else once we have moved
 * directories. Then the parent is held instead.
 */
static int hold_parent(struct tree *tree)
{
	char *last = strrchr(tree->path, '/');
	int fd;

	if (tree->path[0] == '/' || !last || !strstr(tree->path, "../"))
		return -1;
	*last = '\0';
	fd = WITH__RETRY(with__sys.openat(tree->at, tree->path, O_PATH |
					  O_DIRECTORY | O_CLOEXEC, 0));
	*last = '/';
	if (fd < 0)
		return -1;
	tree->at = fd;
	tree->name = last + 1;
	tree->limit--;		/* the descriptors remain eight */
	return fd;
}

/* Identity first: the root's name is the one that others can take over. */
int with__rmtree_remove_root(const struct tree *tree)
{
	if (check(tree->options, tree->at, tree->name) < 0)
		return -1;
	return WITH__RETRY(with__sys.unlinkat(tree->at, tree->name,
					      AT_REMOVEDIR));
}

/*
 * A path that leads nowhere any more: it went through a link in the tree, or
 * something above has got another name. The root is still there if its parent
 * has the very same directory under its name.
 */
int with__rmtree_remove_lost_root(const struct tree *tree)
{
	const char *slash = strrchr(tree->name, '/');
	const char *name = slash ? slash + 1 : tree->name;
	int root = tree->frames[0].fd;
	int parent = WITH__RETRY(with__sys.openat(root, "..", O_PATH |
						  O_DIRECTORY | O_CLOEXEC, 0));
	struct with__status held, there;
	int result = -1, error = ENOENT;

	/* As if it had not been asked: most often others have removed it. */
	if (parent < 0) {
		errno = ENOENT;
		return -1;
	}
	if (with__status_at(root, "", &held) == 0 &&
	    with__status_at(parent, name, &there) == 0 &&
	    with__identity_equal(&held.identity, &there.identity)) {
		result = WITH__RETRY(with__sys.unlinkat(parent, name,
							AT_REMOVEDIR));
		error = errno;
	}
	(void)with__sys.close(parent);
	errno = error;
	return result;
}

/* A root that stays has its mode back, if it is as mending has left it. */
static void narrow_root(int fd, const struct with__status *before)
{
	struct with__status now;

	if (with__brief_status_at(fd, "", &now) == 0 &&
	    with__identity_equal(&now.identity, &before->identity) &&
	    now.mode == (before->mode | 0700))
		(void)with__chmod_fd(fd, before->mode & 07777);
}

static int remove_contents(struct tree *tree)
{
	struct with__status before = { .mode = 0700 };
	int fd;

	if (tree->options->keep_root)
		(void)with__brief_status_at(tree->at, tree->name, &before);
	fd = enter_root(tree);
	if (fd >= 0) {
		tree->frames[0] = (struct frame) { .fd = fd, .fresh = true };
		with__rmtree_walk(tree);
		if ((before.mode & 0700) != 0700)
			narrow_root(fd, &before);
		if (fd != tree->options->root_fd)
			(void)with__sys.close(fd);
	} else {
		tree->error = errno;
	}
	return tree->error;
}

static int remove_directory(struct tree *tree)
{
	unsigned tries = IDLE_MOST;

	if (tree->options->keep_root)
		return remove_contents(tree);
	errno = ENOTEMPTY;
	if (!tree->options->rmdir_failed && with__rmtree_remove_root(tree) == 0)
		return 0;
	/* Empty, or missing, by the work of others: that is no error now. */
	while (errno != ENOENT && errno != ENOTDIR && errno != EBUSY &&
	       errno != ESTALE) {
		int error = remove_contents(tree);

		if (error != ENOENT || --tries == 0)
			return error;
		tree->error = 0;
		if (with__rmtree_remove_root(tree) == 0 || errno == ENOENT)
			return 0;
	}
	return errno;
}

/* Runs inside a signal handler. */
int with__rmtree(const char *path, const struct with__rmtree *options)
{
	struct tree tree;
	int before = errno, parent, error;

	/* Not the buffers, which stay as they are until they are written. */
	memset(&tree, 0, offsetof(struct tree, trail));
	tree.options = options ? options : &defaults;
	tree.at = tree.options->at;
	tree.limit = FRAMES_MOST;
	if (take_path(&tree, path) < 0)
		return -1;
	parent = hold_parent(&tree);
	if (tree.options->threads > 1)
		error = with__rmtree_in_threads(&tree, remove_directory);
	else
		error = remove_directory(&tree);
	if (parent >= 0)
		(void)with__sys.close(parent);
	if (!error || (error == ENOENT && tree.options->missing_ok)) {
		errno = before;
		return 0;
	}
	/* The walk has told of its failures; this is one before it. */
	if (!tree.told)
		with__rmtree_fail(&tree, 0, NULL, error);
	errno = error;
	return -1;
}

static bool is_directory(const struct with__rmtree *options, const char *path)
{
	struct with__status status;

	return with__brief_status_at(options->at, path, &status) == 0 &&
	       S_ISDIR(status.mode);
}

/* Runs inside a signal handler. */
int with__remove(const char *path, const struct with__rmtree *options)
{
	int error;

	if (!options)
		options = &defaults;
	if (check(options, options->at, path) < 0)
		return errno == ENOENT && options->missing_ok ? 0 : -1;
	if (WITH__RETRY(with__sys.unlinkat(options->at, path, 0)) == 0 ||
	    (errno == ENOENT && options->missing_ok))
		return 0;
	/* A directory is EISDIR on Linux, EPERM in POSIX. */
	error = errno;
	if (error == EISDIR ||
	    (error == EPERM && is_directory(options, path)))
		return with__rmtree(path, options);
	if (options->on_error)
		(void)options->on_error(path, error, options->data);
	errno = error;
	return -1;
}
