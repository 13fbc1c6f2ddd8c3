/* SPDX-License-Identifier: MIT */
/*
 * test-create.c - names, places and permissions, and what goes wrong with them
 *
 * Each test is made with each noun that has a name: _i is its number.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/directory.h>
#include <with/life.h>

#include "base/process.h"
#include "base/syscalls.h"
#include "life/registry.h"
#include "life/slots.h"
#include "meddle.h"
#include "nouns.h"
#include "testing.h"
#include "trees.h"

#define RANDOM "abcdefghijklmnopqrstuvwxyz234567"

/* Length of prefix, random characters and suffix; they are those. */
static void expect_name(const char *name, const char *prefix, size_t length,
			const char *suffix)
{
	size_t start = strlen(prefix);

	ck_assert_uint_eq(strlen(name), start + length + strlen(suffix));
	ck_assert_int_eq(strncmp(name, prefix, start), 0);
	ck_assert_uint_ge(strspn(name + start, RANDOM), length);
	ck_assert_str_eq(name + start + length, suffix);
}

static void expect_made_and_end(const struct noun *noun, void *made)
{
	struct stat st;

	ck_assert_msg(made != NULL, "%s: %s", noun->name, strerror(errno));
	ck_assert_int_eq(noun->path(made)[0], '/');
	ck_assert_int_eq(lstat(noun->path(made), &st), 0);
	ck_assert_int_eq(S_ISDIR(st.st_mode), noun->directory);
	ck_assert_int_eq(S_ISREG(st.st_mode), !noun->directory);
	ck_assert_int_eq(noun->end(made), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}

START_TEST(prefix_and_suffix_stand_round_sixteen_random_characters)
{
	const struct noun *noun = &nouns[_i];
	void *made = noun_make(noun);

	expect_name(noun_name(noun, made), "tmp", 16, "");
	expect_made_and_end(noun, made);
	made = noun_make(noun, .prefix = "my.app_");
	expect_name(noun_name(noun, made), "my.app_", 16, "");
	expect_made_and_end(noun, made);
	made = noun_make(noun, .suffix = ".log");
	expect_name(noun_name(noun, made), "tmp", 16, ".log");
	expect_made_and_end(noun, made);
	made = noun_make(noun, .suffix = "\xff\n ", .prefix = "");
	expect_name(noun_name(noun, made), "", 16, "\xff\n ");
	expect_made_and_end(noun, made);
}
END_TEST

START_TEST(random_length_is_what_was_asked_for)
{
	static const int lengths[] = { 1, 2, 11, 12, 13, 100, 252 };
	const struct noun *noun = &nouns[_i];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		void *made = noun_make(noun, .random_length = lengths[i]);

		ck_assert_ptr_nonnull(made);
		expect_name(noun_name(noun, made), "tmp", (size_t)lengths[i],
			    "");
		expect_made_and_end(noun, made);
	}
	expect_made_and_end(noun, noun_make(noun, .prefix = "",
					    .random_length = 255));
}
END_TEST

START_TEST(names_and_lengths_beyond_the_limit_are_enametoolong)
{
	const struct noun *noun = &nouns[_i];
	char text[257];

	memset(text, 'x', 256);
	text[256] = '\0';
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(noun_fails(noun, .prefix = text), ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .prefix = text + 16), ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .suffix = text + 14), ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .random_length = 253), ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .random_length = INT_MAX),
			 ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .prefix = text,
				    .random_length = TEMPFILE_EXACT_NAME),
			 ENAMETOOLONG);
	meddle_end();
	ck_assert_uint_eq(meddle_count(NULL), 0);
	expect_made_and_end(noun, noun_make(noun, .prefix = text + 17));
	expect_made_and_end(noun, noun_make(noun, .suffix = text + 20));
}
END_TEST

START_TEST(values_that_cannot_be_are_einval_before_any_call)
{
	const struct noun *noun = &nouns[_i];
	const int exact = TEMPFILE_EXACT_NAME;

	meddle_begin(NULL, NULL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "a/b"), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "/"), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "../x"), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .suffix = "/y"), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .suffix = "x/"), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .permissions = 01000), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .permissions = 04700), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .permissions = ~0u), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .random_length = -2), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .random_length = INT_MIN), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "",
				    .random_length = exact), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = ".",
				    .random_length = exact), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "..",
				    .random_length = exact), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = ".", .suffix = ".",
				    .random_length = exact), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "", .suffix = "..",
				    .random_length = exact), EINVAL);
	meddle_end();
	ck_assert_uint_eq(meddle_count(NULL), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(an_exact_name_is_tried_once)
{
	const struct noun *noun = &nouns[_i];
	const char *call = noun->directory ? "mkdirat" : "openat";
	void *made = noun_make(noun, .prefix = "exact", .suffix = ".x",
			       .random_length = TEMPFILE_EXACT_NAME);
	struct stat before, after;

	ck_assert_ptr_nonnull(made);
	ck_assert_str_eq(noun_name(noun, made), "exact.x");
	ck_assert_int_eq(lstat(noun->path(made), &before), 0);
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "exact", .suffix = ".x",
				    .random_length = TEMPFILE_EXACT_NAME),
			 EEXIST);
	meddle_end();
	ck_assert_uint_eq(meddle_count(call), 1);
	ck_assert_uint_eq(meddle_count("unlinkat"), 0);
	/* The one that was there is not harmed, nor by a clean-up of ours. */
	ck_assert_int_eq(lstat(noun->path(made), &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	expect_made_and_end(noun, made);
	made = noun_make(noun, .prefix = "...",
			 .random_length = TEMPFILE_EXACT_NAME);
	expect_made_and_end(noun, made);
	made = noun_make(noun, .random_length = TEMPFILE_EXACT_NAME);
	ck_assert_str_eq(noun_name(noun, made), "tmp");
	expect_made_and_end(noun, made);
}
END_TEST

START_TEST(all_names_taken_is_eexist_after_a_bounded_search)
{
	const struct noun *noun = &nouns[_i];
	const char *call = noun->directory ? "mkdirat" : "openat";
	char path[] = "n?";

	trees_begin();
	for (int i = 0; i < 32; i++) {
		path[1] = RANDOM[i];
		trees_file(path);
	}
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(noun_fails(noun, .prefix = "n", .random_length = 1),
			 EEXIST);
	meddle_end();
	ck_assert_uint_ge(meddle_count(call), 32);
	ck_assert_uint_le(meddle_count(call), 1000);
	ck_assert_uint_eq(meddle_count("unlinkat"), 0);
	ck_assert_uint_eq(testing_entries(NULL), 32);
	/* With eight of them free one is found, but for one time in 10^31. */
	for (int i = 0; i < 8; i++) {
		path[1] = RANDOM[i];
		trees_must(unlink(path));
	}
	for (int i = 0; i < 8; i++) {
		void *made = noun_make(noun, .prefix = "n", .random_length = 1);

		ck_assert_ptr_nonnull(made);
		ck_assert_int_eq(noun->end(made), 0);
	}
	for (int i = 8; i < 32; i++) {
		path[1] = RANDOM[i];
		trees_must(unlink(path));
	}
}
END_TEST

START_TEST(dir_may_be_relative_linked_and_end_in_slashes)
{
	const struct noun *noun = &nouns[_i];
	char expected[PATH_MAX];
	void *made;

	trees_begin();
	trees_directory("place");
	trees_must(symlink("place", "link"));
	made = noun_make(noun, .dir = "place//");
	ck_assert_ptr_nonnull(made);
	snprintf(expected, sizeof(expected), "%s/place/%s", testing_tmpdir(),
		 noun_name(noun, made));
	ck_assert_str_eq(noun->path(made), expected);
	ck_assert_int_eq(access(expected, F_OK), 0);
	/* A later chdir() changes nothing. */
	trees_must(chdir("/"));
	ck_assert_int_eq(noun->end(made), 0);
	ck_assert_int_eq(access(expected, F_OK), -1);
	trees_begin();
	made = noun_make(noun, .dir = "link");
	ck_assert_ptr_nonnull(made);
	ck_assert_uint_eq(testing_entries("place"), 1);
	ck_assert_int_eq(noun->end(made), 0);
	made = noun_make(noun, .dir = ".");
	ck_assert_ptr_nonnull(made);
	ck_assert_uint_eq(testing_entries("."), 3);
	ck_assert_int_eq(noun->end(made), 0);
	trees_must(unlink("link"));
	trees_must(rmdir("place"));
}
END_TEST

START_TEST(dir_that_cannot_be_used_says_why_and_leaves_nothing)
{
	const struct noun *noun = &nouns[_i];
	char *before = testing_descriptors();
	static char path[2 * PATH_MAX];

	trees_begin();
	trees_file("file");
	trees_must(symlink("nothing", "dangling"));
	trees_must(symlink("loop", "loop"));
	ck_assert_int_eq(noun_fails(noun, .dir = "missing"), ENOENT);
	ck_assert_int_eq(noun_fails(noun, .dir = "missing/too"), ENOENT);
	ck_assert_int_eq(noun_fails(noun, .dir = "dangling"), ENOENT);
	ck_assert_int_eq(noun_fails(noun, .dir = ""), ENOENT);
	ck_assert_int_eq(noun_fails(noun, .dir = "file"), ENOTDIR);
	ck_assert_int_eq(noun_fails(noun, .dir = "file/x"), ENOTDIR);
	ck_assert_int_eq(noun_fails(noun, .dir = "loop"), ELOOP);
	memset(path, 'x', sizeof(path) - 1);
	for (size_t i = 0; i < sizeof(path) - 1; i += 100)
		path[i] = '/';
	ck_assert_int_eq(noun_fails(noun, .dir = path), ENAMETOOLONG);
	path[PATH_MAX - 10] = '\0';
	ck_assert_int_eq(noun_fails(noun, .dir = path), ENAMETOOLONG);
	ck_assert_int_eq(noun_fails(noun, .dir = path + 1), ENAMETOOLONG);
	trees_must(unlink("file"));
	trees_must(unlink("dangling"));
	trees_must(unlink("loop"));
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

static void be_refused(void *data)
{
	const struct noun *noun = data;
	const char *call = noun->directory ? "mkdirat" : "openat";

	trees_begin();
	trees_directory("closed");
	testing_expect(chmod("closed", 0555) == 0);
	testing_drop_privileges();
	meddle_begin(NULL, NULL);
	errno = 0;
	testing_expect(!noun_make(noun, .dir = "closed") && errno == EACCES);
	errno = 0;
	testing_expect(!noun_make(noun, .dir = "closed", .random_length = 1) &&
		       errno == EACCES);
	meddle_end();
	/* At once, and not after thousands of tries. */
	testing_expect(meddle_count(call) == 2);
	testing_expect(testing_entries("closed") == 0);
	testing_expect(rmdir("closed") == 0);
}

START_TEST(a_directory_that_is_not_writable_is_eacces_at_once)
{
	struct noun noun = nouns[_i];

	ck_assert(testing_exited(testing_in_child(be_refused, &noun), 0));
}
END_TEST

START_TEST(errors_of_the_file_system_come_at_once)
{
	static const int errors[] = { EROFS, ENOSPC, EDQUOT, EIO, EPERM,
				      EMFILE, ENFILE, ENOMEM };
	const struct noun *noun = &nouns[_i];
	const char *call = noun->directory ? "mkdirat" : "openat";

	ck_assert_ptr_nonnull(testing_tmpdir());
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		meddle_fail_all(call, errors[i]);
		ck_assert_int_eq(noun_fails(noun, .dir = testing_tmpdir()),
				 errors[i]);
		meddle_end();
		ck_assert_uint_eq(meddle_count(call), 1);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(inside_follows_its_directory_wherever_that_goes)
{
	const struct noun *noun = &nouns[_i];
	struct tempfile_dir *dir = tempfile_dir_open(.prefix = "outer");
	char moved[PATH_MAX];
	void *first, *second;

	ck_assert_ptr_nonnull(dir);
	first = noun_make(noun, .inside = dir);
	ck_assert_ptr_nonnull(first);
	ck_assert_int_eq(strncmp(noun->path(first), dir->path,
				 strlen(dir->path)), 0);
	ck_assert_uint_eq(testing_entries(dir->path), 1);
	snprintf(moved, sizeof(moved), "%s.moved", dir->path);
	trees_must(rename(dir->path, moved));
	second = noun_make(noun, .inside = dir);
	ck_assert_ptr_nonnull(second);
	ck_assert_uint_eq(testing_entries(moved), 2);
	if (noun->owned) {
		/* Relative to the descriptor, the path being wrong now. */
		ck_assert_int_eq(noun->end(first), 0);
		ck_assert_int_eq(noun->end(second), 0);
		ck_assert_uint_eq(testing_entries(moved), 0);
	}
	trees_must(rename(moved, dir->path));
	if (!noun->owned) {
		ck_assert_int_eq(noun->end(first), 0);
		ck_assert_int_eq(noun->end(second), 0);
	}
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(inside_of_a_vanished_or_replaced_directory_fails)
{
	const struct noun *noun = &nouns[_i];
	struct tempfile_dir *dir = tempfile_dir_open();
	char moved[PATH_MAX];

	ck_assert_ptr_nonnull(dir);
	snprintf(moved, sizeof(moved), "%s.moved", dir->path);
	trees_must(rename(dir->path, moved));
	ck_assert_int_eq(noun_fails(noun, .inside = dir), ENOENT);
	trees_directory(dir->path);
	ck_assert_int_eq(noun_fails(noun, .inside = dir), ESTALE);
	ck_assert_uint_eq(testing_entries(dir->path), 0);
	trees_must(rmdir(dir->path));
	trees_must(rename(moved, dir->path));
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(at_is_a_descriptor_or_the_current_directory)
{
	const struct noun *noun = &nouns[_i];
	char expected[PATH_MAX];
	int fd, here = AT_FDCWD;
	void *made;

	trees_begin();
	trees_directory("place");
	fd = trees_must(open("place", O_PATH | O_DIRECTORY | O_CLOEXEC));
	made = noun_make(noun, .at = &fd);
	ck_assert_ptr_nonnull(made);
	snprintf(expected, sizeof(expected), "%s/place/%s", testing_tmpdir(),
		 noun_name(noun, made));
	ck_assert_str_eq(noun->path(made), expected);
	ck_assert_uint_eq(testing_entries("place"), 1);
	ck_assert_int_eq(noun->end(made), 0);
	made = noun_make(noun, .at = &here);
	ck_assert_ptr_nonnull(made);
	snprintf(expected, sizeof(expected), "%s/%s", testing_tmpdir(),
		 noun_name(noun, made));
	ck_assert_str_eq(noun->path(made), expected);
	ck_assert_int_eq(access(expected, F_OK), 0);
	trees_must(chdir("/"));
	ck_assert_int_eq(noun->end(made), 0);
	trees_begin();
	trees_must(rmdir("place"));
	/* A directory that exists no more, though its descriptor does. */
	ck_assert_int_eq(noun_fails(noun, .at = &fd), ENOENT);
	close(fd);
}
END_TEST

START_TEST(at_a_bad_descriptor_says_why)
{
	const struct noun *noun = &nouns[_i];
	int bad = -1, closed, ends[2], file;

	trees_begin();
	trees_file("file");
	trees_must(pipe(ends));
	file = trees_must(open("file", O_RDONLY | O_CLOEXEC));
	closed = dup(file);
	close(closed);
	ck_assert_int_eq(noun_fails(noun, .at = &bad), EBADF);
	ck_assert_int_eq(noun_fails(noun, .at = &closed), EBADF);
	ck_assert_int_eq(noun_fails(noun, .at = &ends[0]), ENOTDIR);
	ck_assert_int_eq(noun_fails(noun, .at = &file), ENOTDIR);
	close(ends[0]);
	close(ends[1]);
	close(file);
	trees_must(unlink("file"));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(two_places_at_once_are_einval)
{
	const struct noun *noun = &nouns[_i];
	struct tempfile_dir *dir = tempfile_dir_open();
	int here = AT_FDCWD;

	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(noun_fails(noun, .dir = "/", .inside = dir), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .dir = "/", .at = &here), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .inside = dir, .at = &here), EINVAL);
	ck_assert_int_eq(noun_fails(noun, .dir = "/", .inside = dir,
				    .at = &here), EINVAL);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

static const mode_t masks[] = { 0, 022, 077, 0777 };
static const unsigned wanted[] = { 0, 0400, 0600, 0640, 0666, 0777, 0001 };

static void make_with_permissions(void *data)
{
	const struct noun *noun = data;

	for (size_t i = 0; i < 4 * 7; i++) {
		unsigned permissions = wanted[i / 4];
		struct stat st;
		void *made;

		umask(masks[i % 4]);
		made = noun_make(noun, .permissions = permissions);
		testing_expect(made && lstat(noun->path(made), &st) == 0);
		testing_expect((st.st_mode & 07777) ==
			       (permissions ? permissions : noun->permissions));
		/* The process's own mask is not touched. */
		testing_expect(umask(0) == masks[i % 4]);
		testing_expect(noun->end(made) == 0);
	}
	testing_expect(testing_entries(NULL) == 0);
}

START_TEST(permissions_are_exact_whatever_the_umask)
{
	struct noun noun = nouns[_i];

	ck_assert(testing_exited(
		testing_in_child(make_with_permissions, &noun), 0));
}
END_TEST

static void make_with_permissions_as_nobody(void *data)
{
	testing_drop_privileges();
	make_with_permissions(data);
}

START_TEST(permissions_are_exact_for_an_ordinary_user_too)
{
	struct noun noun = nouns[_i];

	ck_assert(testing_exited(
		testing_in_child(make_with_permissions_as_nobody, &noun), 0));
}
END_TEST

START_TEST(a_directory_below_one_with_setgid_keeps_the_bit)
{
	const struct noun *noun = &nouns[_i];
	struct stat st;
	void *made;

	trees_begin();
	trees_directory("shared");
	trees_must(chmod("shared", 02777));
	umask(077);
	made = noun_make(noun, .dir = "shared", .permissions = 0750);
	ck_assert_ptr_nonnull(made);
	ck_assert_int_eq(lstat(noun->path(made), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777,
			  noun->directory ? 02750 : 0750);
	ck_assert_int_eq(noun->end(made), 0);
	trees_must(rmdir("shared"));
}
END_TEST

START_TEST(success_keeps_errno)
{
	const struct noun *noun = &nouns[_i];
	int here = AT_FDCWD;
	void *made;

	trees_begin();
	umask(0777);
	errno = EDOM;
	made = noun_make(noun);
	ck_assert_int_eq(errno, EDOM);
	errno = EDOM;
	ck_assert_int_eq(noun->end(made), 0);
	ck_assert_int_eq(errno, EDOM);
	made = noun_make(noun, .at = &here, .random_length = 2);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_eq(noun->end(made), 0);
}
END_TEST

/* ------------------------------------------------------------------------
 * When the registry knows a name, and that no signal falls in between
 */

static struct {
	const char *prefix;
	bool registered;	/* when the thing was made */
	bool blocked;
	int makings;
} seen;

static bool is_registered(const char *prefix)
{
	for (uint32_t i = 0; i < with__slot_count(); i++) {
		struct with__slot *slot = with__slot_at(i);

		if (with__slot_state(with__slot_view(slot).word) ==
		    WITH__SLOT_CREATING && strstr(slot->path, prefix))
			return true;
	}
	return false;
}

static void note_making(void)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	seen.makings++;
	seen.registered = is_registered(seen.prefix);
	seen.blocked = sigismember(&set, SIGTERM) == 1 &&
		       sigismember(&set, SIGUSR1) == 1;
}

static int noting_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	if (flags & O_CREAT)
		note_making();
	return openat(dirfd, name, flags, mode);
}

static int noting_mkdirat(int dirfd, const char *name, mode_t mode)
{
	note_making();
	return mkdirat(dirfd, name, mode);
}

static void *make_noted(const struct noun *noun, int random_length)
{
	void *made;

	memset(&seen, 0, sizeof(seen));
	seen.prefix = "/noted";
	ck_assert_ptr_nonnull(testing_tmpdir());
	with__sys.openat = noting_openat;
	with__sys.mkdirat = noting_mkdirat;
	made = noun_make(noun, .prefix = "noted", .dir = testing_tmpdir(),
			 .random_length = random_length);
	ck_assert_ptr_nonnull(made);
	ck_assert_int_eq(seen.makings, 1);
	return made;
}

START_TEST(a_long_name_is_registered_before_it_exists)
{
	const struct noun *noun = &nouns[_i];
	void *made = make_noted(noun, 12);

	ck_assert(seen.registered && !seen.blocked);
	expect_made_and_end(noun, made);
}
END_TEST

START_TEST(a_short_name_is_made_and_confirmed_with_signals_blocked)
{
	const struct noun *noun = &nouns[_i];
	void *made = make_noted(noun, 11);
	sigset_t set;

	ck_assert(seen.blocked);
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	ck_assert_int_eq(sigismember(&set, SIGTERM), 0);
	expect_made_and_end(noun, made);
}
END_TEST

START_TEST(what_the_caller_deletes_is_never_registered)
{
	const struct noun *noun = &nouns[_i + NOUNS_OWNED];
	void *made = make_noted(noun, 16);

	ck_assert(!seen.registered && !seen.blocked);
	with_cleanup_now();
	expect_made_and_end(noun, made);
}
END_TEST

/* ------------------------------------------------------------------------
 * A clean-up, or a fork, before any system call
 */

static unsigned long visit_at;

static int clean_up_there(const struct meddle_call *call, void *unused)
{
	(void)unused;
	if (call->index == visit_at)
		with_cleanup_now();
	return 0;
}

/* As a signal handler of the program's would, in the middle of the making. */
static void clean_up_at_every_call(const struct noun *noun, int random_length)
{
	char *before = testing_descriptors();

	for (visit_at = 0; ; visit_at++) {
		void *made;
		int error;

		meddle_begin(clean_up_there, NULL);
		umask(0777);	/* so that a chmod is needed too */
		errno = 0;
		made = noun_make(noun, .random_length = random_length);
		error = errno;
		meddle_end();
		if (made)
			ck_assert_int_eq(noun->end(made), 0);
		else
			ck_assert_int_eq(error, ECANCELED);
		ck_assert_uint_eq(testing_entries(NULL), 0);
		if (visit_at >= meddle_count(NULL))
			break;
	}
	ck_assert_uint_gt(visit_at, 2);
	testing_same_descriptors(before);
}

START_TEST(a_clean_up_at_any_call_leaves_nothing)
{
	clean_up_at_every_call(&nouns[_i], 16);
	clean_up_at_every_call(&nouns[_i], 5);
}
END_TEST

static int fork_there(const struct meddle_call *call, void *unused)
{
	pid_t child;

	(void)unused;
	if (call->index != visit_at)
		return 0;
	child = fork();
	if (child == 0) {
		with__registry_remove_all();
		with_cleanup_now();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return 0;
}

START_TEST(a_child_forked_at_any_call_takes_nothing_along)
{
	const struct noun *noun = &nouns[_i];

	for (visit_at = 0; ; visit_at++) {
		void *made;

		meddle_begin(fork_there, NULL);
		made = noun_make(noun);
		meddle_end();
		ck_assert_ptr_nonnull(made);
		expect_made_and_end(noun, made);
		if (visit_at >= meddle_count(NULL))
			break;
	}
	ck_assert_uint_gt(visit_at, 1);
}
END_TEST

static void fill(TCase *tcase)
{
#define OF_ALL(test) tcase_add_loop_test(tcase, test, 0, NOUNS)
#define OF_OWNED(test) tcase_add_loop_test(tcase, test, 0, NOUNS_OWNED)
	OF_ALL(prefix_and_suffix_stand_round_sixteen_random_characters);
	OF_ALL(random_length_is_what_was_asked_for);
	OF_ALL(names_and_lengths_beyond_the_limit_are_enametoolong);
	OF_ALL(values_that_cannot_be_are_einval_before_any_call);
	OF_ALL(an_exact_name_is_tried_once);
	OF_ALL(all_names_taken_is_eexist_after_a_bounded_search);
	OF_ALL(dir_may_be_relative_linked_and_end_in_slashes);
	OF_ALL(dir_that_cannot_be_used_says_why_and_leaves_nothing);
	OF_ALL(a_directory_that_is_not_writable_is_eacces_at_once);
	OF_ALL(errors_of_the_file_system_come_at_once);
	OF_ALL(inside_follows_its_directory_wherever_that_goes);
	OF_ALL(inside_of_a_vanished_or_replaced_directory_fails);
	OF_ALL(at_is_a_descriptor_or_the_current_directory);
	OF_ALL(at_a_bad_descriptor_says_why);
	OF_ALL(two_places_at_once_are_einval);
	OF_ALL(permissions_are_exact_whatever_the_umask);
	OF_ALL(permissions_are_exact_for_an_ordinary_user_too);
	OF_ALL(a_directory_below_one_with_setgid_keeps_the_bit);
	OF_ALL(success_keeps_errno);
	OF_OWNED(a_long_name_is_registered_before_it_exists);
	OF_OWNED(a_short_name_is_made_and_confirmed_with_signals_blocked);
	OF_OWNED(what_the_caller_deletes_is_never_registered);
	OF_OWNED(a_clean_up_at_any_call_leaves_nothing);
	OF_OWNED(a_child_forked_at_any_call_takes_nothing_along);
}

TESTING_MAIN_CASE("create", fill)
