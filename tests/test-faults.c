/* SPDX-License-Identifier: MIT */
/*
 * test-faults.c - each system call of a life fails in turn
 *
 * A life is made, used and ended. Whatever call fails, the error that is told
 * is the one that happened, no descriptor is lost, and what is left on disk is
 * left because the failing call was its removal: then that was told as well,
 * and the next clean-up takes it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <with.h>

#include "base/syscalls.h"
#include "hook.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

/* First error of a life, 0 if there was none. */
static int first_error;

static void failed(void)
{
	if (!first_error)
		first_error = errno;
}

static int refused_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(dirfd, name, flags, mode);
}

static void live_anonymous(void)
{
	FILE *file = tempfile_open();

	if (!file) {
		failed();
		return;
	}
	if (fputs("x", file) < 0 || with_file_close(&file) < 0)
		failed();
}

static void live_named(void)
{
	struct tempfile_named *named = tempfile_named_open();

	if (!named) {
		failed();
		return;
	}
	if (fputs("x", named->file) < 0)
		failed();
	if (tempfile_named_close(&named) < 0)
		failed();
}

static void live_short(void)
{
	struct tempfile_named *named =
		tempfile_named_open(.random_length = 4, .permissions = 0777);

	if (!named)
		failed();
	else if (tempfile_named_close_file(named) < 0)
		failed();
	if (tempfile_named_close(&named) < 0)
		failed();
}

static void live_directory(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	mode_t mask;

	if (!dir) {
		failed();
		return;
	}
	trees_must(chdir(dir->path));
	/* The odd umask is for the library; only root could fill the bush. */
	mask = umask(022);
	trees_bush("bush", 2, 2, 1);
	umask(mask);
	trees_begin();
	if (tempfile_dir_close(&dir) < 0)
		failed();
}

static void live_nested(void)
{
	struct tempfile_dir *outer = tempfile_dir_open(.permissions = 0750);
	struct tempfile_dir *inner = NULL;
	struct tempfile_named *named = NULL;

	if (!outer)
		failed();
	if (outer)
		inner = tempfile_dir_open(.inside = outer);
	if (outer && !inner)
		failed();
	if (inner)
		named = tempfile_named_open(.inside = inner);
	if (inner && !named)
		failed();
	if (tempfile_named_close(&named) < 0)
		failed();
	if (tempfile_dir_close(&inner) < 0)
		failed();
	if (tempfile_dir_close(&outer) < 0)
		failed();
}

static void live_at(void)
{
	int fd = trees_must(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct tempfile_dir *dir = tempfile_dir_open(.at = &fd);

	if (!dir)
		failed();
	if (tempfile_dir_close(&dir) < 0)
		failed();
	close(fd);
}

static void live_mkstemp(void)
{
	char *path;
	int fd = tempfile_mkstemp(&path);

	if (fd < 0) {
		failed();
		return;
	}
	close(fd);
	trees_must(unlink(path));
	free(path);
}

static void live_mkdtemp(void)
{
	char *path = tempfile_mkdtemp(.permissions = 0755);

	if (!path) {
		failed();
		return;
	}
	trees_must(rmdir(path));
	free(path);
}

static void live_block(void)
{
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (named, .inside = dir) {
			fputs("x", named->file);
		} else {
			failed();
		}
	} else {
		failed();
	}
}

static const struct life {
	const char *name;
	void (*live)(void);
	bool refused;		/* O_TMPFILE is */
	bool blocks;		/* its end is told to the hook only */
	mode_t mask;
} lives[] = {
	{ "anonymous", live_anonymous, false, false, 022 },
	{ "anonymous, modes", live_anonymous, false, false, 0777 },
	{ "anonymous, refused", live_anonymous, true, false, 0777 },
	{ "named", live_named, false, false, 022 },
	{ "named, modes", live_named, false, false, 0777 },
	{ "short name", live_short, false, false, 022 },
	{ "directory", live_directory, false, false, 022 },
	{ "directory, modes", live_directory, false, false, 0277 },
	{ "nested", live_nested, false, false, 0777 },
	{ "at", live_at, false, false, 022 },
	{ "mkstemp", live_mkstemp, false, false, 022 },
	{ "mkstemp, modes", live_mkstemp, false, false, 0777 },
	{ "mkdtemp", live_mkdtemp, false, false, 077 },
	{ "block", live_block, false, true, 022 },
};
#define LIVES ((int)(sizeof(lives) / sizeof(*lives)))

/* Not ENOENT: what is gone needs no removal, and here it would be a lie. */
static const int errors[] = { EIO, EACCES, EPERM, ENOSYS, EINTR,
			      EMFILE, ENOMEM, EINVAL, EROFS, EBUSY };
#define ERRORS (sizeof(errors) / sizeof(*errors))

static void expect_told(const struct life *life, unsigned long at, int error)
{
	const char *call = meddle_failed();
	size_t left = testing_entries(NULL);

	if (life->blocks && hook_count) {
		/* Failed entries tell their callers as well. */
	} else if (first_error) {
		ck_assert_msg(first_error == error,
			      "%s: call %lu, %s, with %s: %s was told",
			      life->name, at, call, strerror(error),
			      strerror(first_error));
	} else {
		/* Done without it, or as good as done. */
		ck_assert_msg(left == 0, "%s: call %lu, %s, with %s: silence "
			      "and %zu left", life->name, at, call,
			      strerror(error), left);
	}
	with_cleanup_now();
	ck_assert_msg(testing_entries(NULL) == 0,
		      "%s: call %lu, %s, with %s: %zu left for good",
		      life->name, at, call, strerror(error), left);
}

static void live_through(const struct life *life, int error)
{
	char *before = testing_descriptors();
	unsigned long at;

	for (at = 0; ; at++) {
		umask(0);
		if (life->refused)
			with__sys.openat = refused_openat;
		first_error = 0;
		hook_listen();
		meddle_fail_at(at, error);
		umask(life->mask);
		life->live();
		umask(0);
		meddle_end();
		hook_heard();
		if (!meddle_failed())
			break;
		expect_told(life, at, error);
	}
	ck_assert_int_eq(first_error, 0);
	ck_assert_uint_gt(at, 1);
	testing_same_descriptors(before);
}

START_TEST(whatever_call_fails_nothing_is_lost)
{
	/* The default directory is found, which has tests of its own. */
	ck_assert_ptr_nonnull(tempfile_gettempdir());
	trees_begin();
	for (size_t i = 0; i < ERRORS; i++)
		live_through(&lives[_i], errors[i]);
}
END_TEST

/* Some are, by a signal, where the file system is one of FUSE or NFS. */
static int interrupt(const struct meddle_call *call, void *data)
{
	static const char *const calls[] = {
		"openat", "openat2", "mkdirat", "unlinkat", "fchmod",
	};
	unsigned long *left = data;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(call->function, calls[i]) == 0 && (*left)-- == 0)
			return EINTR;
	return 0;
}

START_TEST(an_interrupted_call_is_made_again)
{
	unsigned long at, left;

	ck_assert_ptr_nonnull(tempfile_gettempdir());
	trees_begin();
	for (at = 0; ; at++) {
		first_error = 0;
		left = at;
		meddle_begin(interrupt, &left);
		umask(lives[_i].mask);
		lives[_i].live();
		umask(0);
		meddle_end();
		if (!meddle_failed())
			break;
		ck_assert_msg(first_error == 0, "%s: call %lu, %s: %s",
			      lives[_i].name, at, meddle_failed(),
			      strerror(first_error));
		ck_assert_uint_eq(testing_entries(NULL), 0);
	}
}
END_TEST

static void sweep(void)
{
	DIR *here = opendir(".");
	struct dirent *entry;

	ck_assert_ptr_nonnull(here);
	while ((entry = readdir(here)))
		if (entry->d_name[0] != '.' && remove(entry->d_name) < 0)
			ck_abort_msg("%s: %s", entry->d_name, strerror(errno));
	closedir(here);
}

/*
 * From one call on nothing works, as when a disk is gone. What was made and
 * not registered cannot be unmade then; all else goes when it is back.
 */
static void live_until(const struct life *life, int error)
{
	char *before = testing_descriptors();
	unsigned long at;

	for (at = 0; ; at++) {
		size_t told;

		if (life->refused)
			with__sys.openat = refused_openat;
		first_error = 0;
		hook_listen();
		meddle_fail_from(at, error);
		umask(life->mask);
		life->live();
		umask(0);
		meddle_end();
		hook_heard();
		told = (size_t)hook_count + (first_error != 0);
		if (!meddle_failed())
			break;
		ck_assert_msg(told > 0 || testing_entries(NULL) == 0,
			      "%s: from call %lu on with %s: silence",
			      life->name, at, strerror(error));
		with_cleanup_now();
		sweep();
	}
	testing_same_descriptors(before);
}

START_TEST(when_nothing_works_any_more_it_is_told_and_no_descriptor_lost)
{
	ck_assert_ptr_nonnull(tempfile_gettempdir());
	trees_begin();
	live_until(&lives[_i], EIO);
	live_until(&lives[_i], EACCES);
}
END_TEST

START_CHILD_TEST(no_failure_prints_anything)
{
	struct stat st;
	int fd;

	testing_expect(tempfile_gettempdir() != NULL);
	trees_begin();
	fd = trees_must(open("printed", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	trees_must(dup2(fd, STDOUT_FILENO));
	trees_must(dup2(fd, STDERR_FILENO));
	for (int i = 0; i < LIVES; i++) {
		for (unsigned long at = 0; at < 9; at++) {
			meddle_fail_from(at, EIO);
			lives[i].live();
			meddle_end();
			with_cleanup_now();
		}
	}
	fflush(NULL);
	testing_expect(fstat(fd, &st) == 0 && st.st_size == 0);
	sweep();
}
END_CHILD_TEST

static void fill(TCase *tcase)
{
	tcase_add_loop_test(tcase, whatever_call_fails_nothing_is_lost, 0,
			    LIVES);
	tcase_add_loop_test(tcase, an_interrupted_call_is_made_again, 0, LIVES);
	tcase_add_loop_test(tcase,
		when_nothing_works_any_more_it_is_told_and_no_descriptor_lost,
		0, LIVES);
	tcase_add_test(tcase, no_failure_prints_anything);
}

TESTING_MAIN_CASE("faults", fill)
