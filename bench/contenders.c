/* SPDX-License-Identifier: MIT */
/*
 * contenders.c - the ways to make a temporary thing and remove it again.
 *
 * The floor is the bare system calls with a path known in advance: no
 * randomness, no registry, no check. For anonymous files it includes the
 * stream, since that is what a caller gets. "checked" tells what the kernel
 * takes for what the library promises, with the status calls for identity and
 * exact permissions (and a named file's stream); "relative" is the same in a
 * directory that is held open, as ".inside" has it.
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <with.h>

#include "contenders.h"
#include "measure.h"

static char directory[4096];
static int dirfd_held;
static struct tempfile_dir *held;
static _Thread_local char known_path[sizeof(directory) + 16];
static char *(*glib_make_directory)(char *);
static int (*glib_open_file)(char *);

void contenders_know(const char *name)
{
	snprintf(known_path, sizeof(known_path), "%s/%s", directory, name);
}

static void ask(int place, const char *name)
{
	struct statx status;

	must(statx(place, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
		   STATX_TYPE | STATX_MODE | STATX_INO | STATX_BTIME,
		   &status) == 0, "statx");
}

/* ---- directories ------------------------------------------------------ */

static void bare_directory(int place, const char *name, int is_checked)
{
	must(mkdirat(place, name, 0700) == 0, "mkdirat");
	if (is_checked) {
		ask(place, name);
		ask(place, name);
	}
	must(unlinkat(place, name, AT_REMOVEDIR) == 0, "unlinkat");
}

static void relative_directory(const char *known)
{
	bare_directory(dirfd_held, known, 0);
}

static void floor_directory(const char *known)
{
	(void)known;
	bare_directory(AT_FDCWD, known_path, 0);
}

static void checked_relative_directory(const char *known)
{
	bare_directory(dirfd_held, known, 1);
}

static void checked_directory(const char *known)
{
	(void)known;
	bare_directory(AT_FDCWD, known_path, 1);
}

static void end_directory(struct tempfile_dir *dir)
{
	must(dir != NULL, "tempfile_dir_open");
	must(tempfile_dir_close(&dir) == 0, "tempfile_dir_close");
}

static void our_directory(const char *known)
{
	(void)known;
	end_directory(tempfile_dir_open());
}

static void inside_directory(const char *known)
{
	(void)known;
	end_directory(tempfile_dir_open(.inside = held));
}

static void libc_directory(const char *known)
{
	char path[sizeof(directory) + 16];

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	must(mkdtemp(path) != NULL, "mkdtemp");
	must(rmdir(path) == 0, "rmdir");
}

static void glib_directory(const char *known)
{
	char path[sizeof(directory) + 16];

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	must(glib_make_directory(path) != NULL, "g_mkdtemp");
	must(rmdir(path) == 0, "rmdir");
}

/* ---- named files ------------------------------------------------------ */

static void bare_named(int place, const char *name)
{
	int fd = openat(place, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
			0600);

	must(fd >= 0, "openat");
	must(unlinkat(place, name, 0) == 0, "unlinkat");
	close(fd);
}

static void relative_named(const char *known)
{
	bare_named(dirfd_held, known);
}

static void floor_named(const char *known)
{
	(void)known;
	bare_named(AT_FDCWD, known_path);
}

static void ask_named(int place, const char *name)
{
	int fd = openat(place, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
			0600);
	FILE *file;

	must(fd >= 0, "openat");
	ask(fd, "");
	file = fdopen(fd, "w+");
	must(file != NULL, "fdopen");
	ask(place, name);
	must(unlinkat(place, name, 0) == 0, "unlinkat");
	fclose(file);
}

static void checked_relative_named(const char *known)
{
	ask_named(dirfd_held, known);
}

static void checked_named(const char *known)
{
	(void)known;
	ask_named(AT_FDCWD, known_path);
}

static void end_named(struct tempfile_named *named)
{
	must(named != NULL, "tempfile_named_open");
	must(tempfile_named_close(&named) == 0, "tempfile_named_close");
}

static void our_named(const char *known)
{
	(void)known;
	end_named(tempfile_named_open());
}

static void inside_named(const char *known)
{
	(void)known;
	end_named(tempfile_named_open(.inside = held));
}

static void libc_named(const char *known)
{
	char path[sizeof(directory) + 16];
	FILE *file;
	int fd;

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	fd = mkstemp(path);
	must(fd >= 0, "mkstemp");
	file = fdopen(fd, "w+");
	fclose(file);
	must(unlink(path) == 0, "unlink");
}

static void glib_named(const char *known)
{
	char path[sizeof(directory) + 16];
	int fd;

	(void)known;
	snprintf(path, sizeof(path), "%s/tmpXXXXXX", directory);
	fd = glib_open_file(path);
	must(fd >= 0, "g_mkstemp");
	close(fd);
	must(unlink(path) == 0, "unlink");
}

/* ---- anonymous files -------------------------------------------------- */

static void bare_anonymous(int place, const char *name, int is_checked)
{
	int fd = openat(place, name, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC,
			0600);
	struct stat status;
	FILE *file;

	must(fd >= 0, "O_TMPFILE");
	if (is_checked)
		must(fstat(fd, &status) == 0, "fstat");
	file = fdopen(fd, "w+");
	must(file != NULL, "fdopen");
	fclose(file);
}

static void relative_anonymous(const char *known)
{
	(void)known;
	bare_anonymous(dirfd_held, ".", 0);
}

static void floor_anonymous(const char *known)
{
	(void)known;
	bare_anonymous(AT_FDCWD, directory, 0);
}

static void checked_relative_anonymous(const char *known)
{
	(void)known;
	bare_anonymous(dirfd_held, ".", 1);
}

static void checked_anonymous(const char *known)
{
	(void)known;
	bare_anonymous(AT_FDCWD, directory, 1);
}

static void end_anonymous(FILE *file)
{
	must(file != NULL, "tempfile_open");
	must(with_file_close(&file) == 0, "with_file_close");
}

static void our_anonymous(const char *known)
{
	(void)known;
	end_anonymous(tempfile_open());
}

static void inside_anonymous(const char *known)
{
	(void)known;
	end_anonymous(tempfile_open(.inside = held));
}

/* ---- all of them ------------------------------------------------------ */

struct contender contenders[CONTENDERS] = {
	{ "directory", "floor", .cycle = floor_directory },
	{ "directory", "relative", .cycle = relative_directory, .alone = 1 },
	{ "directory", "checked", .cycle = checked_directory, .alone = 1 },
	{ "directory", "checked, relative",
	  .cycle = checked_relative_directory, .alone = 1 },
	{ "directory", "libwith", .cycle = our_directory },
	{ "directory", "libwith, .inside",
	  .cycle = inside_directory, .alone = 1 },
	{ "directory", "mkdtemp + rmdir", .cycle = libc_directory },
	{ "directory", "GLib g_mkdtemp", .cycle = glib_directory },
	{ "directory", "Python",
	  .python = "with tempfile.TemporaryDirectory(): pass" },
	{ "directory", "Rust std::fs", .rust = "directory" },
	{ "named file", "floor", .cycle = floor_named },
	{ "named file", "relative", .cycle = relative_named, .alone = 1 },
	{ "named file", "checked", .cycle = checked_named, .alone = 1 },
	{ "named file", "checked, relative",
	  .cycle = checked_relative_named, .alone = 1 },
	{ "named file", "libwith", .cycle = our_named },
	{ "named file", "libwith, .inside", .cycle = inside_named, .alone = 1 },
	{ "named file", "mkstemp + stream", .cycle = libc_named },
	{ "named file", "GLib g_mkstemp", .cycle = glib_named },
	{ "named file", "Python",
	  .python = "with tempfile.NamedTemporaryFile(): pass" },
	{ "named file", "Rust std::fs", .rust = "file" },
	{ "anonymous file", "floor", .cycle = floor_anonymous },
	{ "anonymous file", "relative",
	  .cycle = relative_anonymous, .alone = 1 },
	{ "anonymous file", "checked",
	  .cycle = checked_anonymous, .alone = 1 },
	{ "anonymous file", "checked, relative",
	  .cycle = checked_relative_anonymous, .alone = 1 },
	{ "anonymous file", "libwith", .cycle = our_anonymous },
	{ "anonymous file", "libwith, .inside",
	  .cycle = inside_anonymous, .alone = 1 },
	{ "anonymous file", "Python",
	  .python = "with tempfile.TemporaryFile(): pass" },
};

void contenders_find(void)
{
	void *glib = dlopen("libglib-2.0.so.0", RTLD_NOW);

	if (glib) {
		*(void **)&glib_make_directory = dlsym(glib, "g_mkdtemp");
		*(void **)&glib_open_file = dlsym(glib, "g_mkstemp");
		return;
	}
	printf("GLib is not installed: left out\n");
	for (unsigned i = 0; i < CONTENDERS; i++)
		if (strncmp(contenders[i].name, "GLib", 4) == 0)
			contenders[i].cycle = NULL;
}

void contenders_begin(const char *where)
{
	held = tempfile_dir_open(.dir = where, .prefix = "cycles-");
	must(held != NULL, where);
	snprintf(directory, sizeof(directory), "%s", held->path);
	dirfd_held = tempfile_dir_fd(held);
	must(dirfd_held >= 0, directory);
	setenv("TMPDIR", directory, 1);
	must(tempfile_set_tempdir(NULL) == 0, "tempfile_set_tempdir");
}

const char *contenders_directory(void)
{
	return directory;
}

void contenders_end(void)
{
	must(tempfile_dir_close(&held) == 0, directory);
}
