/* SPDX-License-Identifier: MIT */
/*
 * remove.c - remove the one thing that a slot names
 *
 * First relative to the descriptor of the directory it was made in, which
 * holds when that was renamed, then by its path. The descriptor is not the
 * slot's own and may mean something else by now: then the name is not there,
 * or the identity tells.
 *
 * All of this runs inside signal handlers too.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cancel.h"
#include "base/rmtree.h"
#include "base/status.h"
#include "life/closing.h"
#include "life/report.h"
#include "life/slots.h"

struct removal {
	const struct with__slot *slot;
	enum with__telling telling;
	bool told;
	bool lifted;
	struct rlimit before;
};

static bool known_identity(const struct with__slot *slot,
			   struct with__identity *ret)
{
	ret->inode = atomic_load(&slot->inode);
	ret->device = atomic_load_explicit(&slot->device, memory_order_relaxed);
	ret->birth_ns = atomic_load_explicit(&slot->birth_ns,
					     memory_order_relaxed);
	ret->generation = atomic_load_explicit(&slot->generation,
					       memory_order_relaxed);
	return ret->inode != 0;
}

/* Worth another try? */
static bool lift_limit(struct removal *removal)
{
	struct rlimit lifted;

	if (removal->lifted || !with__closing_for_good() ||
	    getrlimit(RLIMIT_NOFILE, &removal->before) < 0)
		return false;
	lifted = removal->before;
	lifted.rlim_cur = lifted.rlim_max;
	removal->lifted = removal->before.rlim_cur < lifted.rlim_max &&
			  setrlimit(RLIMIT_NOFILE, &lifted) == 0;
	return removal->lifted;
}

static void restore_limit(const struct removal *removal)
{
	int saved = errno;

	(void)setrlimit(RLIMIT_NOFILE, &removal->before);
	errno = saved;
}

static void tell(struct removal *removal, const char *path, int error)
{
	const struct with__slot *slot = removal->slot;

	if (removal->told || slot->ignore_errors)
		return;
	removal->told = true;
	if (removal->telling == WITH__TELL_HOOK)
		with__report_error("remove", path, error, slot->source);
	else if (removal->telling == WITH__TELL_IN_HANDLER)
		with__report_in_handler("remove", path, error, slot->source);
}

/*
 * The engine tells of every failure; the first is the one that counts. These
 * three are no failures yet: the thing may be found by its path, or be gone.
 */
static int tell_first(const char *path, int error, void *data)
{
	if (error == EMFILE && lift_limit(data))
		return 1;
	if (error != ENOENT && error != EBADF && error != ENOTDIR)
		tell(data, path, error);
	return 0;
}

static __attribute__((noinline)) int
remove_tree(struct removal *removal, int place, const char *name,
	    const struct with__identity *expected, int root_fd)
{
	/* In a handler too, where it is but a word of the thread. */
	WITH__NO_CANCEL;
	const struct with__slot *slot = removal->slot;
	struct with__rmtree tree = WITH__RMTREE_INIT;
	int saved = errno;
	int result, error;

	tree.at = place;
	tree.expected = expected;
	tree.root_fd = root_fd;
	tree.threads = removal->telling == WITH__TELL_IN_HANDLER ?
		       1 : slot->threads;
	tree.on_error = tell_first;
	tree.data = removal;
	tree.rmdir_failed = slot->kind != WITH__ANY;
	result = slot->kind == WITH__ANY ? with__remove(name, &tree) :
					   with__rmtree(name, &tree);
	error = errno;
	errno = saved;
	return result < 0 ? -error : 0;
}

/* 0, or the negative number of an error, as the functions below. */
static int check(int place, const char *name,
		 const struct with__identity *expected)
{
	struct with__status status;
	int result = with__status_direct(place, name, &status);

	if (result < 0)
		return result;
	return with__identity_equal(&status.identity, expected) ? 0 : -ESTALE;
}

/* A file, or a directory that is empty, needs nothing but this. */
static int remove_at(struct removal *removal, int place, const char *name,
		     int root_fd)
{
	const struct with__slot *slot = removal->slot;
	bool is_directory = slot->kind == WITH__DIRECTORY;
	struct with__identity identity;
	const struct with__identity *expected =
		known_identity(slot, &identity) ? &identity : NULL;
	int result = 0;

	if (slot->kind == WITH__ANY)
		return remove_tree(removal, place, name, expected, root_fd);
	if (expected)
		result = check(place, name, expected);
	if (result < 0)
		return result;
	result = WITH__DIRECT_RETRY(with__direct_unlinkat(
		place, name, is_directory ? AT_REMOVEDIR : 0));
	if (!is_directory || result == 0 || result == -ENOENT ||
	    result == -ENOTDIR || result == -EBUSY)
		return result;
	return remove_tree(removal, place, name, expected, root_fd);
}

static int remove_somewhere(struct removal *removal, int root_fd)
{
	const struct with__slot *slot = removal->slot;
	int place = slot->place;
	int result;

	for (;;) {
		result = remove_at(removal, place, place == AT_FDCWD ?
				   slot->path : strrchr(slot->path, '/') + 1,
				   root_fd);
		if (place == AT_FDCWD || (result != -ENOENT &&
					  result != -EBADF &&
					  result != -ENOTDIR))
			return result;
		place = AT_FDCWD;
	}
}

/* Runs inside a signal handler. */
int with__slot_remove_thing(const struct with__slot *slot, int root_fd,
			    enum with__telling telling)
{
	struct removal removal = { .slot = slot, .telling = telling };
	bool was_lifted;
	int result;

	do {
		was_lifted = removal.lifted;
		result = remove_somewhere(&removal, root_fd);
	} while (removal.lifted != was_lifted);
	if (was_lifted)
		restore_limit(&removal);
	if (result == 0 || result == -ENOENT)
		return 0;
	tell(&removal, slot->path, -result);
	return slot->ignore_errors ? 0 : result;
}
