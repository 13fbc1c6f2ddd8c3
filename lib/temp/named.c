/* SPDX-License-Identifier: MIT */
/*
 * named.c - files with a name
 *
 * The name goes before the stream is closed: as long as the descriptor is
 * open no other file can get the inode number, and the check of identity is
 * sure.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <with/named.h>

#include "base/syscalls.h"
#include "base/where.h"
#include "stream/file.h"
#include "stream/stream.h"
#include "temp/create.h"
#include "temp/make.h"
#include "temp/named.h"

static struct with__named *private_of(struct tempfile_named *named)
{
	return (struct with__named *)named;
}

/* What close has to do but for freeing; reports to the hook, or returns. */
static int finish(struct tempfile_named *named, bool report)
{
	struct with__named *private = private_of(named);
	int result = with__registry_remove(&private->entry, -1, report);
	int error = errno;

	if (with__file_finish(named->file) < 0) {
		if (report)
			with__report("close", named->path, NULL);
		if (result == 0)
			error = errno;
		result = -1;
	}
	errno = error;
	return result;
}

static void free_handle(struct tempfile_named *named)
{
	free(private_of(named)->persisted);
	free(named);
}

int tempfile_named_close(struct tempfile_named **named)
{
	struct tempfile_named *closing = named ? *named : NULL;
	int result, error;

	if (!closing)
		return 0;
	(void)with__leave(named);
	*named = NULL;
	result = finish(closing, false);
	error = errno;
	free_handle(closing);
	errno = error;
	return result;
}

void tempfile__named_end(struct tempfile_named *named)
{
	int saved = errno;

	(void)finish(named, true);
	free_handle(named);
	errno = saved;
}

int tempfile_named_close_file(struct tempfile_named *named)
{
	FILE *file;

	if (!named) {
		errno = EINVAL;
		return -1;
	}
	file = named->file;
	named->file = NULL;
	private_of(named)->fd = -1;
	return with__file_finish(file);
}

int tempfile_named_keep(struct tempfile_named *named)
{
	if (!named) {
		errno = EINVAL;
		return -1;
	}
	with__registry_release(&private_of(named)->entry);
	return 0;
}

/* The file is there; the rest may fail, and then it goes again. */
static struct tempfile_named *complete(const struct with__created *created,
				       int fd, const struct with__stream *how,
				       const struct with__mode *mode)
{
	struct with__named *private = created->handle;
	FILE *file = with__stream_open_checked(fd, how, mode);
	int error;

	*private = (struct with__named) {
		.public = { .file = file, .path = created->path },
		.entry = created->entry,
		.identity = created->status.identity,
		.place = created->place,
		.fd = fd,
	};
	if (file && with__file_note(file) == 0)
		return &private->public;
	error = errno;
	(void)with__registry_remove(&private->entry, -1, false);
	if (file)
		with__stream_close(file);
	else
		with__sys.close(fd);
	free(private);
	errno = error;
	return NULL;
}

static struct tempfile_named *
open_named(const struct tempfile_named_open_options *options,
	   const struct with__names *names)
{
	const struct with__stream how = WITH__OPTIONS_OF_STREAM(options);
	struct with__making_file making = WITH__MAKING_FILE_INIT;
	const struct with__creation creation = {
		.names = names,
		.default_permissions = 0600,
		.kind = WITH__FILE,
		.registered = true,
		.ignore_errors = options->ignore_cleanup_errors,
		.longest_path = options->socket_path ? WITH__SOCKET_PATH : 0,
		.handle_size = sizeof(struct with__named),
		.make = with__make_file,
		.data = &making,
	};
	struct with__created created;
	struct tempfile_named *named;
	struct with__mode mode;
	int error;

	if (with__stream_check(&how, &mode) < 0)
		return NULL;
	making.flags = with__file_flags(mode.append, options->inheritable);
	if (with__create(&creation, &created) < 0) {
		error = errno;
		if (making.fd >= 0)
			with__sys.close(making.fd);
		errno = error;
		return NULL;
	}
	named = complete(&created, making.fd, &how, &mode);
	if (named && options->keep)
		(void)tempfile_named_keep(named);
	return named;
}

/* The directory of a target, as an option .dir; to be freed. */
static int place_beside(struct with__names *names, const char *beside,
			char **ret_dir)
{
	char *slash;

	if (names->dir || names->inside || names->at) {
		errno = EINVAL;
		return -1;
	}
	*ret_dir = with__absolute(beside);
	if (!*ret_dir)
		return -1;
	slash = strrchr(*ret_dir, '/');
	slash[slash == *ret_dir] = '\0';
	names->dir = *ret_dir;
	return 0;
}

static struct tempfile_named *
open_or_tell(const struct tempfile_named_open_options *options,
	     const struct with__names *names)
{
	struct tempfile_named *named = open_named(options, names);

	if (!named)
		with__options_failed(names, "named temporary file");
	return named;
}

static struct tempfile_named *
open_beside(const struct tempfile_named_open_options *options)
{
	struct with__names names = *with__options_names(options);
	struct tempfile_named *named;
	char *dir;
	int error;

	if (place_beside(&names, options->beside, &dir) < 0) {
		with__options_failed(&names, "named temporary file");
		return NULL;
	}
	named = open_or_tell(options, &names);
	error = errno;
	free(dir);
	errno = error;
	return named;
}

struct tempfile_named *
tempfile_named_open_opt(const struct tempfile_named_open_options *given)
{
	struct tempfile_named_open_options copy;
	const struct tempfile_named_open_options *options =
		with__options_known(&copy, sizeof(copy), given);

	if (!options)
		return NULL;
	return options->beside ?
		open_beside(options) :
		open_or_tell(options, with__options_names(options));
}
