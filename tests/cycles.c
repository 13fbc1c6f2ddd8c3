/* SPDX-License-Identifier: MIT */
/* cycles.c - one round of creating, using and removing, for every noun */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

#include "base/rmtree.h"
#include "cycles.h"
#include "persisting.h"

#define OLD "old\n"
#define NEW "new, and longer than the spool may be\n"

volatile int *cycles_owned;

/* In the TMPDIR; one at a time. */
static const char *at(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", getenv("TMPDIR"), name);
	return path;
}

/* The first error, which closing afterwards does not hide. */
static int first(int error, int result)
{
	return error || result >= 0 ? error : errno;
}

static int run_anonymous(void)
{
	FILE *file = tempfile_open();
	int error;

	if (!file)
		return errno;
	error = first(0, fputs(NEW, file));
	return first(error, with_file_close(&file));
}

static int use_named(int random_length)
{
	struct tempfile_named *file =
		tempfile_named_open(.random_length = random_length,
				    .permissions = 0666);
	FILE *again;

	if (!file)
		return errno;
	putc('x', file->file);
	again = tempfile_named_reopen(file, "r");
	if (again)
		fclose(again);
	return first(0, tempfile_named_close(&file));
}

static int run_named(void)
{
	return use_named(0);
}

static int run_short(void)
{
	return use_named(5);
}

static int fill(struct tempfile_dir *dir)
{
	int fd = tempfile_dir_fd(dir);
	int inner;

	if (fd < 0)
		return errno;
	inner = openat(fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (inner < 0 || close(inner) < 0 || mkdirat(fd, "sub", 0700) < 0 ||
	    mkdirat(fd, "sub/closed", 0) < 0)
		return errno;
	return 0;
}

static int use_directory(int random_length)
{
	struct tempfile_dir *dir =
		tempfile_dir_open(.random_length = random_length,
				  .permissions = 0777);
	int error;

	if (!dir)
		return errno;
	error = fill(dir);
	return first(error, tempfile_dir_close(&dir));
}

static int run_directory(void)
{
	return use_directory(0);
}

static int run_short_directory(void)
{
	return use_directory(5);
}

static int run_inside(void)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	struct tempfile_named *file;
	int error;

	if (!dir)
		return errno;
	file = tempfile_named_open(.inside = dir);
	error = file ? 0 : errno;
	error = first(error, tempfile_named_close(&file));
	return first(error, tempfile_dir_close(&dir));
}

static int run_spooled(void)
{
	struct tempfile_spooled *spooled = tempfile_spooled_open(.max_size = 8);
	int error;

	if (!spooled)
		return errno;
	error = first(0, fputs(NEW, spooled->file));
	error = first(error, fflush(spooled->file));
	if (!error && tempfile_spooled_rolled(spooled) != 1)
		error = ENOTSUP;
	return first(error, tempfile_spooled_close(&spooled));
}

/* In text, and where the file system has no files without a name. */
static int run_spooled_with_name(void)
{
	struct tempfile_spooled *spooled =
		tempfile_spooled_open(.max_size = 8, .encoding = "UTF-16");
	int error;

	if (!spooled)
		return errno;
	error = first(0, fputs(NEW, spooled->file));
	persisting_names_only(true);
	error = first(error, tempfile_spooled_fileno(spooled));
	persisting_names_only(false);
	return first(error, tempfile_spooled_close(&spooled));
}

static int make_fifo(const char *path, void *unused)
{
	(void)unused;
	return mkfifo(path, 0600);
}

static int run_made(void)
{
	struct tempfile_path *path =
		tempfile_path_make(make_fifo, NULL, .permissions = 0640);

	if (!path)
		return errno;
	return first(0, tempfile_path_close(&path));
}

static int run_adopted(void)
{
	struct tempfile_path *path = tempfile_path_adopt(at("adopted"));

	if (!path)
		return errno;
	if (cycles_owned)
		*cycles_owned = 1;
	return first(0, tempfile_path_close(&path));
}

static int persist_as(enum persisting_kind kind, unsigned flags)
{
	struct persisting subject;
	int error = persisting_open(&subject, kind, NEW) ? 0 : errno;

	if (!error)
		error = first(0, persisting_persist(&subject, at("target"),
						    flags));
	return first(error, persisting_close(&subject));
}

static int run_persist(void)
{
	return persist_as(PERSISTING_NAMED, TEMPFILE_SYNC |
					    TEMPFILE_TARGET_MODE);
}

static int run_persist_new(void)
{
	return persist_as(PERSISTING_NAMED, TEMPFILE_NOREPLACE |
					    TEMPFILE_UMASK_MODE);
}

static int run_persist_exchange(void)
{
	return persist_as(PERSISTING_NAMED, TEMPFILE_EXCHANGE);
}

static int run_link(void)
{
	return persist_as(PERSISTING_ANONYMOUS, TEMPFILE_NOREPLACE);
}

static int run_link_over(void)
{
	return persist_as(PERSISTING_ANONYMOUS, TEMPFILE_SYNC);
}

static int run_link_exchange(void)
{
	return persist_as(PERSISTING_ANONYMOUS, TEMPFILE_EXCHANGE);
}

static int run_late_name(void)
{
	return persist_as(PERSISTING_LATE_NAME, 0);
}

/* A file system without O_TMPFILE has to be asked in another way. */
static int run_umask_without_tmpfile(void)
{
	int error;

	persisting_names_only(true);
	error = persist_as(PERSISTING_NAMED, TEMPFILE_UMASK_MODE);
	persisting_names_only(false);
	return error;
}

/* What is its caller's goes in the end, whichever call is made to fail. */
static int run_mkstemp(void)
{
	char *path = NULL;
	int fd = tempfile_mkstemp(&path);
	int error;

	if (fd < 0)
		return errno;
	error = first(0, close(fd));
	error = first(error, unlink(path));
	if (error)
		(void)unlinkat(AT_FDCWD, path, 0);
	free(path);
	return error;
}

static int run_mkdtemp(void)
{
	char *path = tempfile_mkdtemp(.permissions = 0777);
	int error;

	if (!path)
		return errno;
	error = first(0, tempfile_rmtree(path));
	if (error)
		(void)rmdir(path);
	free(path);
	return error;
}

const struct cycle cycles[] = {
	{ "anonymous", run_anonymous, CYCLE_NOTHING, false },
	{ "named", run_named, CYCLE_NOTHING, false },
	{ "short", run_short, CYCLE_NOTHING, false },
	{ "directory", run_directory, CYCLE_NOTHING, false },
	{ "short-directory", run_short_directory, CYCLE_NOTHING, false },
	{ "inside", run_inside, CYCLE_NOTHING, false },
	{ "spooled", run_spooled, CYCLE_NOTHING, false },
	{ "spooled-with-name", run_spooled_with_name, CYCLE_NOTHING, false },
	{ "made", run_made, CYCLE_NOTHING, false },
	{ "adopted-file", run_adopted, CYCLE_FILE, false },
	{ "adopted-tree", run_adopted, CYCLE_TREE, false },
	{ "persist", run_persist, CYCLE_OLD_TARGET, false },
	{ "persist-new", run_persist_new, CYCLE_NO_TARGET, false },
	{ "persist-exchange", run_persist_exchange, CYCLE_OLD_TARGET, false },
	{ "persist-umask", run_umask_without_tmpfile, CYCLE_OLD_TARGET, false },
	{ "link", run_link, CYCLE_NO_TARGET, false },
	{ "link-over", run_link_over, CYCLE_OLD_TARGET, false },
	{ "link-exchange", run_link_exchange, CYCLE_OLD_TARGET, false },
	{ "late-name", run_late_name, CYCLE_OLD_TARGET, false },
	{ "mkstemp", run_mkstemp, CYCLE_NOTHING, true },
	{ "mkdtemp", run_mkdtemp, CYCLE_NOTHING, true },
};
const size_t cycles_count = sizeof(cycles) / sizeof(*cycles);

static bool make_directory(const char *name)
{
	return mkdir(at(name), 0700) == 0;
}

bool cycles_prepare(const struct cycle *cycle)
{
	if (cycles_owned)
		*cycles_owned = 0;
	if (!make_directory("canary") || !make_directory("canary/song"))
		return false;
	switch (cycle->place) {
	case CYCLE_OLD_TARGET:
		return persisting_write(at("target"), OLD);
	case CYCLE_FILE:
		return persisting_write(at("adopted"), OLD);
	case CYCLE_TREE:
		return make_directory("adopted") &&
		       make_directory("adopted/sub") &&
		       persisting_write(at("adopted/sub/file"), OLD);
	default:
		return true;
	}
}

bool cycles_clear(void)
{
	struct with__rmtree in_place = WITH__RMTREE_INIT;

	in_place.keep_root = true;
	return with__rmtree(getenv("TMPDIR"), &in_place) == 0;
}

static bool is_there(const char *name)
{
	return faccessat(AT_FDCWD, at(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool adopted_is_whole(const struct cycle *cycle)
{
	return persisting_has(at(cycle->place == CYCLE_FILE ?
				 "adopted" : "adopted/sub/file"), OLD);
}

static const char *wrong_at_target(void)
{
	if (!is_there("target"))
		return "the target is gone";
	if (!persisting_has(at("target"), OLD) &&
	    !persisting_has(at("target"), NEW))
		return "the target is neither the old nor the new file";
	return NULL;
}

/* A user's thing is removed by whom it was given to, and by nobody before. */
static const char *wrong_at_adopted(const struct cycle *cycle, const char *told)
{
	bool there = is_there("adopted");

	if (!cycles_owned || *told)
		return NULL;
	if (*cycles_owned)
		return there ? "what was adopted is left" : NULL;
	return there && adopted_is_whole(cycle) ? NULL :
	       "what was not adopted yet is gone";
}

/* What is there and neither the user's nor reported. */
static const char *stray(const char *told)
{
	static const char *const users[] = {
		".", "..", "canary", "target", "adopted",
	};
	static char name[300];
	DIR *directory = opendir(getenv("TMPDIR"));
	struct dirent *entry;
	const char *found = NULL;

	while (!found && directory && (entry = readdir(directory))) {
		bool known = strstr(told, entry->d_name) != NULL;

		for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++)
			known |= strcmp(entry->d_name, users[i]) == 0;
		snprintf(name, sizeof(name), "left: %s", entry->d_name);
		found = known ? NULL : name;
	}
	if (!directory)
		return "the TMPDIR cannot be read";
	closedir(directory);
	return found;
}

const char *cycles_wrong(const struct cycle *cycle, const char *told)
{
	const char *wrong = stray(told);

	if (!wrong && !is_there("canary/song"))
		wrong = "the canary is gone";
	if (!wrong && (cycle->place == CYCLE_OLD_TARGET || is_there("target")))
		wrong = wrong_at_target();
	if (!wrong && (cycle->place == CYCLE_FILE ||
		       cycle->place == CYCLE_TREE))
		wrong = wrong_at_adopted(cycle, told);
	return wrong;
}
