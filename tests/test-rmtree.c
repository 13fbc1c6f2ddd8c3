/* SPDX-License-Identifier: MIT */
/* test-rmtree.c - what is removed, what is refused, and what is said. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/identity.h"
#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

/* errno of the removal, 0 for success. */
static int removal(const char *path)
{
	return with__rmtree(path, NULL) == 0 ? 0 : errno;
}

START_TEST(empty_directory_is_removed)
{
	trees_begin();
	trees_directory("root");
	ck_assert_int_eq(removal("root"), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(files_and_directories_are_removed)
{
	char *before;

	trees_begin();
	trees_bush("root", 3, 4, 3);
	before = testing_descriptors();
	ck_assert_int_eq(removal("root"), 0);
	ck_assert(!trees_exists("root"));
	testing_same_descriptors(before);
}
END_TEST

START_TEST(trailing_slashes_do_not_matter)
{
	trees_begin();
	trees_bush("root", 1, 1, 1);
	ck_assert_int_eq(removal("root///"), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(nothing_there_is_enoent_or_success_if_wanted)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	ck_assert_int_eq(removal("root"), ENOENT);
	options.missing_ok = true;
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert_int_eq(with__rmtree("no/root", &options), 0);
}
END_TEST

START_TEST(paths_without_a_name_are_einval)
{
	static const char *const paths[] = {
		"", "/", "///", ".", "..", "root/.", "root/..", "root/../",
		"./", "/..", "/.//",
	};

	trees_begin();
	trees_directory("root");
	trees_file("root/kept");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		ck_assert_int_eq(removal(paths[i]), EINVAL);
	ck_assert_int_eq(removal(NULL), EINVAL);
	ck_assert(trees_exists("root/kept"));
	ck_assert_int_eq(removal("root"), 0);
}
END_TEST

START_TEST(link_as_root_is_refused_and_its_target_kept)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_bush("target", 1, 2, 1);
	trees_must(symlink("target", "link"));
	ck_assert_int_eq(removal("link"), ENOTDIR);
	ck_assert_int_eq(removal("link/"), ENOTDIR);
	/* Then it is opened at once, without rmdir() to refuse it. */
	options.keep_root = true;
	ck_assert_int_eq(with__rmtree("link/", &options), -1);
	ck_assert(errno == ENOTDIR || errno == ELOOP);
	ck_assert(trees_exists("target/d0/1"));
	ck_assert(trees_exists("link"));
	ck_assert_int_eq(removal("target"), 0);
	trees_must(unlink("link"));
}
END_TEST

START_TEST(file_as_root_is_enotdir)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_file("file");
	ck_assert_int_eq(removal("file"), ENOTDIR);
	trees_must(unlink("file"));
	trees_must(mkfifo("fifo", 0600));
	ck_assert_int_eq(removal("fifo"), ENOTDIR);
	options.keep_root = true;
	ck_assert_int_eq(with__rmtree("fifo", &options), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	trees_must(unlink("fifo"));
}
END_TEST

START_TEST(keep_root_empties_it_only)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_bush("root", 2, 3, 2);
	options.keep_root = true;
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	ck_assert_uint_eq(testing_entries("root"), 0);
	ck_assert_int_eq(with__rmtree("root", &options), 0);
	trees_must(rmdir("root"));
}
END_TEST

START_TEST(path_may_lead_through_the_tree)
{
	trees_begin();
	trees_bush("root", 2, 2, 1);
	trees_must(symlink("../..", "root/d0/back"));
	ck_assert_int_eq(removal("root/d0/back/root"), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

/* What is above gets another name midway. */
static int rename_parent(const struct meddle_call *call, void *data)
{
	if (call->index == *(unsigned long *)data)
		trees_must(rename("parent", "renamed"));
	return 0;
}

START_TEST(parent_may_get_another_name)
{
	unsigned long calls;

	trees_begin();
	trees_bush("root", 1, 1, 1);
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(removal("root"), 0);
	calls = meddle_end();
	for (unsigned long at = 0; at < calls; at++) {
		trees_directory("parent");
		trees_bush("parent/root", 1, 1, 1);
		meddle_begin(rename_parent, &at);
		(void)removal("parent/root");
		meddle_end();
		/* Before it is open there is nothing that could be found. */
		ck_assert_msg(at < 2 || !trees_exists("renamed/root"),
			      "renamed before call %lu of %lu", at, calls);
		trees_clear("renamed");
	}
	ck_assert_uint_ge(calls, 9);
}
END_TEST

/* Somebody else is faster, and no descriptor is left to look for it. */
static int remove_first(const struct meddle_call *call, void *data)
{
	(void)data;
	if (call->name && strcmp(call->name, "root") == 0 &&
	    strcmp(call->function, "unlinkat") == 0)
		(void)rmdir("root");
	return call->name && strcmp(call->name, "..") == 0 ? EMFILE : 0;
}

START_TEST(root_that_others_remove_is_no_error)
{
	trees_begin();
	trees_bush("root", 1, 1, 1);
	meddle_begin(remove_first, NULL);
	ck_assert_int_eq(removal("root"), 0);
	meddle_end();
	ck_assert_ptr_nonnull(meddle_failed());
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(path_is_relative_to_a_descriptor)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	trees_begin();
	trees_bush("parent", 1, 1, 1);
	options.at = trees_must(open("parent", O_DIRECTORY | O_CLOEXEC));
	ck_assert_int_eq(with__rmtree("d0", &options), 0);
	ck_assert(!trees_exists("parent/d0"));
	close(options.at);
	ck_assert_int_eq(removal("parent"), 0);
}
END_TEST

START_TEST(another_identity_is_estale_and_nothing_touched)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct with__status ours;

	trees_begin();
	trees_directory("ours");
	trees_bush("root", 1, 1, 1);
	trees_must(with__status_at(AT_FDCWD, "ours", &ours));
	options.expected = &ours.identity;
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert_int_eq(with__remove("root", &options), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert(trees_exists("root/d0/0"));
	ck_assert_int_eq(with__rmtree("ours", &options), 0);
	ck_assert_int_eq(removal("root"), 0);
}
END_TEST

START_TEST(remove_takes_every_kind_of_name)
{
	trees_begin();
	trees_file("file");
	trees_must(symlink("file", "link"));
	trees_bush("root", 1, 1, 1);
	ck_assert_int_eq(with__remove("link", NULL), 0);
	ck_assert(trees_exists("file"));
	ck_assert_int_eq(with__remove("file", NULL), 0);
	ck_assert_int_eq(with__remove("root", NULL), 0);
	ck_assert_int_eq(with__remove("root", NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = trees_must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	strcpy(address.sun_path, path);
	trees_must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
}

static void make_every_kind(void)
{
	char name[256 + 8] = "root/";

	trees_directory("root");
	trees_must(mkfifo("root/fifo", 0600));
	make_socket("root/socket");
	if (geteuid() == 0)
		trees_must(mknod("root/null", S_IFCHR | 0600, makedev(1, 3)));
	trees_must(symlink("nowhere", "root/dangling"));
	trees_must(symlink("loop", "root/loop"));
	trees_must(symlink("..", "root/up"));
	trees_file("root/new\nline");
	trees_file("root/\xff\xfe");
	trees_directory("root/ ");
	trees_directory("root/...");
	memset(name + 5, 'n', 255);
	trees_directory(name);
	name[5] = 'm';
	trees_file(name);
}

START_TEST(entries_of_every_kind_are_removed)
{
	trees_begin();
	make_every_kind();
	ck_assert_int_eq(removal("root"), 0);
	ck_assert(!trees_exists("root"));
	make_every_kind();
	with__sys.getdents64 = trees_getdents64_without_types;
	ck_assert_int_eq(removal("root"), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

START_TEST(types_need_not_be_told_by_the_file_system)
{
	double most = 1.25 + trees_calls_of_old_kernel() / 20;
	unsigned objects;

	trees_begin();
	objects = trees_bush("root", 3, 20, 3);
	trees_must(symlink("..", "root/link"));
	with__sys.getdents64 = trees_getdents64_without_types;
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(removal("root"), 0);
	/* One more call for a directory: unlinkat() says what it is. */
	ck_assert_double_le((double)meddle_end() / objects, most);
	ck_assert(!trees_exists("root"));
}
END_TEST

/* POSIX lets unlink() say EPERM for a directory, as some systems do. */
static int eperm_unlinkat(int dirfd, const char *name, int flags)
{
	int result = unlinkat(dirfd, name, flags);

	if (result < 0 && errno == EISDIR)
		errno = EPERM;
	return result;
}

START_TEST(types_are_found_where_unlink_says_eperm_for_directories)
{
	trees_begin();
	trees_bush("root", 2, 2, 2);
	with__sys.getdents64 = trees_getdents64_without_types;
	with__sys.unlinkat = eperm_unlinkat;
	ck_assert_int_eq(with__remove("root", NULL), 0);
	ck_assert(!trees_exists("root"));
}
END_TEST

static bool make_immutable(const char *path, bool immutable)
{
	int flags = immutable ? FS_IMMUTABLE_FL : 0;
	int fd = trees_must(open(path, O_RDONLY | O_CLOEXEC));
	int result = ioctl(fd, FS_IOC_SETFLAGS, &flags);

	close(fd);
	return result == 0;
}

/* For whom, or where, there are no such flags. */
static int immutable_by_name(const struct meddle_call *call, void *data)
{
	(void)data;
	return strcmp(call->function, "unlinkat") == 0 &&
	       strstr(call->name, "immutable") ? EPERM : 0;
}

static int one_path(const char *path, int error, void *data)
{
	ck_assert_int_eq(error, EPERM);
	ck_assert_str_eq(data, "");
	strcpy(data, path);
	return 0;
}

START_TEST(immutable_file_stays_alone)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	char path[4096] = "";
	bool flagged;

	trees_begin();
	trees_bush("root", 3, 11, 2);
	trees_file("root/d1/d1/immutable");
	flagged = make_immutable("root/d1/d1/immutable", true);
	options.on_error = one_path;
	options.data = path;
	meddle_begin(flagged ? NULL : immutable_by_name, NULL);
	ck_assert_int_eq(with__rmtree("root", &options), -1);
	ck_assert_int_eq(errno, EPERM);
	meddle_end();
	ck_assert_str_eq(path, "root/d1/d1/immutable");
	ck_assert_uint_eq(testing_entries("root"), 1);
	ck_assert_uint_eq(testing_entries("root/d1"), 1);
	ck_assert_uint_eq(testing_entries("root/d1/d1"), 1);
	if (flagged)
		make_immutable(path, false);
	ck_assert_int_eq(removal("root"), 0);
}
END_TEST

START_TEST(immutable_files_cost_one_call_each)
{
	trees_begin();
	trees_chain("root", "d", 5);
	trees_directory("root/d/d/immutable");
	trees_files("root/d/d/immutable", 3);
	for (unsigned i = 0; i < 1000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "root/d/immutable%u", i);
		trees_file(name);
	}
	meddle_begin(immutable_by_name, NULL);
	ck_assert_int_eq(with__rmtree("root", NULL), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_uint_le(meddle_end(), 1000 + 60);
	ck_assert_uint_eq(testing_entries("root/d"), 1001);
	ck_assert_uint_eq(testing_entries("root/d/d"), 1);
	ck_assert_int_eq(removal("root"), 0);
}
END_TEST

TESTING_MAIN("rmtree",
	empty_directory_is_removed,
	files_and_directories_are_removed,
	trailing_slashes_do_not_matter,
	nothing_there_is_enoent_or_success_if_wanted,
	paths_without_a_name_are_einval,
	link_as_root_is_refused_and_its_target_kept,
	file_as_root_is_enotdir,
	keep_root_empties_it_only,
	path_may_lead_through_the_tree,
	parent_may_get_another_name,
	root_that_others_remove_is_no_error,
	path_is_relative_to_a_descriptor,
	another_identity_is_estale_and_nothing_touched,
	remove_takes_every_kind_of_name,
	entries_of_every_kind_are_removed,
	types_need_not_be_told_by_the_file_system,
	types_are_found_where_unlink_says_eperm_for_directories,
	immutable_file_stays_alone,
	immutable_files_cost_one_call_each)
