/* SPDX-License-Identifier: MIT */
/* nouns.c - named, directory, mkstemp and mkdtemp behind one face. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <with/directory.h>
#include <with/named.h>
#include <with/raw.h>

#include "nouns.h"
#include "testing.h"

/* All structs of options begin alike, but for what fills their last word. */
#define TAKE(options, names)						\
	do {								\
		memcpy(&(options), names,				\
		       offsetof(struct with__names, scoped_) +		\
		       sizeof((names)->scoped_));			\
		(options).size = sizeof(options);			\
	} while (0)

static void *make_named(const struct with__names *names)
{
	struct tempfile_named_open_options options = { .size = 0 };

	TAKE(options, names);
	return tempfile_named_open_opt(&options);
}

static const char *named_path(void *made)
{
	return ((struct tempfile_named *)made)->path;
}

static int end_named(void *made)
{
	struct tempfile_named *named = made;

	return tempfile_named_close(&named) == 0 ? 0 : errno;
}

static void *make_directory(const struct with__names *names)
{
	struct tempfile_dir_open_options options = { .size = 0 };

	TAKE(options, names);
	return tempfile_dir_open_opt(&options);
}

static const char *directory_path(void *made)
{
	return ((struct tempfile_dir *)made)->path;
}

static int end_directory(void *made)
{
	struct tempfile_dir *directory = made;

	return tempfile_dir_close(&directory) == 0 ? 0 : errno;
}

static void *make_mkstemp(const struct with__names *names)
{
	struct tempfile_mkstemp_options options = { .size = 0 };
	char *path = NULL;
	int fd;

	TAKE(options, names);
	fd = tempfile_mkstemp_opt(&path, &options);
	/* A failure leaves the pointer alone. */
	ck_assert_int_eq(fd >= 0, path != NULL);
	if (fd >= 0)
		close(fd);
	return path;
}

static const char *raw_path(void *made)
{
	return made;
}

static int end_mkstemp(void *made)
{
	int result = unlink(made) == 0 ? 0 : errno;

	free(made);
	return result;
}

static void *make_mkdtemp(const struct with__names *names)
{
	struct tempfile_mkdtemp_options options = { .size = 0 };

	TAKE(options, names);
	return tempfile_mkdtemp_opt(&options);
}

static int end_mkdtemp(void *made)
{
	int result = rmdir(made) == 0 ? 0 : errno;

	free(made);
	return result;
}

const struct noun nouns[NOUNS] = {
	{ "named", false, true, 0600, make_named, named_path, end_named },
	{ "directory", true, true, 0700, make_directory, directory_path,
	  end_directory },
	{ "mkstemp", false, false, 0600, make_mkstemp, raw_path, end_mkstemp },
	{ "mkdtemp", true, false, 0700, make_mkdtemp, raw_path, end_mkdtemp },
};

int noun_error(const struct noun *noun, const struct with__names *names)
{
	void *made;

	errno = 0;
	made = noun->make(names);
	ck_assert_msg(!made, "%s was made: %s", noun->name,
		      made ? noun->path(made) : "");
	return errno;
}

const char *noun_name(const struct noun *noun, void *made)
{
	return strrchr(noun->path(made), '/') + 1;
}
