/* SPDX-License-Identifier: MIT */
/*
 * spooled.c - files that are memory first
 *
 * The stream stands on a source of bytes that can roll (stream/spool.h); what
 * is done here is to remember the options until it does. A handle is one
 * block: what the options point to is copied behind it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <with/spooled.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "base/where.h"
#include "life/report.h"
#include "stream/file.h"
#include "stream/spool.h"
#include "stream/stream.h"
#include "temp/create.h"
#include "temp/make.h"
#include "temp/unnamed.h"

struct spooled {
	struct tempfile_spooled public;
	struct with__bytes *bytes;
	struct with__names names;	/* pointing behind the handle */
	int flags;
	int at;
};

static struct spooled *private_of(struct tempfile_spooled *spooled)
{
	return (struct spooled *)spooled;
}

/* Called from within a write to the stream, too. */
static int open_file(void *data)
{
	WITH__NO_CANCEL;
	struct spooled *spooled = data;

	return with__unnamed_open(&spooled->names, spooled->flags, NULL);
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Copy text to *end, which moves on. */
static const char *copy(const char *text, char **end)
{
	char *start = *end;

	if (!text)
		return NULL;
	memcpy(start, text, strlen(text) + 1);
	*end += strlen(text) + 1;
	return start;
}

static struct spooled *new_handle(const struct with__names *names)
{
	struct spooled *spooled = malloc(sizeof(*spooled) +
					 size_of(names->prefix) +
					 size_of(names->suffix) +
					 size_of(names->dir));
	char *end;

	if (!spooled)
		return NULL;
	end = (char *)(spooled + 1);
	*spooled = (struct spooled) { .names = *names };
	spooled->names.prefix = copy(names->prefix, &end);
	spooled->names.suffix = copy(names->suffix, &end);
	spooled->names.dir = copy(names->dir, &end);
	if (names->at) {
		spooled->at = *names->at;
		spooled->names.at = &spooled->at;
	}
	return spooled;
}

/* The handle is there; the rest may fail, and then it goes again. */
static struct tempfile_spooled *
complete(struct spooled *spooled, const struct with__stream *how,
	 long long max_size)
{
	FILE *file = NULL;
	int error;

	spooled->bytes = with__spool_new(&(struct with__spool_how) {
		.max_size = max_size,
		.open = open_file,
		.data = spooled,
	});
	if (spooled->bytes)
		file = with__stream_over(spooled->bytes, how);
	spooled->public.file = file;
	if (file && with__file_note(file) == 0)
		return &spooled->public;
	error = errno;
	if (file)
		with__stream_close(file);
	else if (spooled->bytes)
		spooled->bytes->ops->close(spooled->bytes);
	free(spooled);
	errno = error;
	return NULL;
}

static struct tempfile_spooled *
open_spooled(const struct tempfile_spooled_open_options *options,
	     struct with__names *names)
{
	const struct with__stream how = WITH__OPTIONS_OF_STREAM(options);
	struct with__mode mode;
	struct spooled *spooled;
	char *dir = NULL;

	if (options->max_size < 0) {
		errno = EINVAL;
		return NULL;
	}
	if (with__mode_parse(how.mode, how.append, &mode) < 0 ||
	    with__create_check(names) < 0)
		return NULL;
	if (names->dir) {
		dir = with__absolute(names->dir);
		if (!dir)
			return NULL;
		names->dir = dir;
	}
	spooled = new_handle(names);
	free(dir);
	if (!spooled)
		return NULL;
	spooled->flags = with__file_flags(mode.append, options->inheritable);
	return complete(spooled, &how, options->max_size);
}

struct tempfile_spooled *
tempfile_spooled_open_opt(const struct tempfile_spooled_open_options *given)
{
	WITH__NO_CANCEL;
	struct tempfile_spooled_open_options options;
	struct tempfile_spooled *spooled;
	struct with__names names;

	if (with__options_copy(&options, sizeof(options), given) < 0)
		return NULL;
	names = *with__options_names(&options);
	spooled = open_spooled(&options, &names);
	if (!spooled)
		with__options_failed(&names, "spooled temporary file");
	return spooled;
}

/* What is in memory is not written anywhere just to be forgotten. */
static int finish(struct tempfile_spooled *spooled)
{
	with__spool_drop(private_of(spooled)->bytes);
	return with__file_finish(spooled->file);
}

int tempfile_spooled_close(struct tempfile_spooled **spooled)
{
	WITH__NO_CANCEL;
	struct tempfile_spooled *closing = spooled ? *spooled : NULL;
	int result, error;

	if (!closing)
		return 0;
	(void)with__leave(spooled);
	*spooled = NULL;
	result = finish(closing);
	error = errno;
	free(closing);
	errno = error;
	return result;
}

void tempfile__spooled_end(struct tempfile_spooled *spooled)
{
	WITH__NO_CANCEL;
	int saved = errno;

	if (finish(spooled) < 0)
		with__report("close", "spooled temporary file", NULL);
	free(spooled);
	errno = saved;
}

int tempfile_spooled_rolled(struct tempfile_spooled *spooled)
{
	WITH__NO_CANCEL;

	if (!spooled) {
		errno = EINVAL;
		return -1;
	}
	(void)fflush(spooled->file);
	return with__spool_rolled(private_of(spooled)->bytes);
}

int tempfile_spooled_rollover(struct tempfile_spooled *spooled)
{
	WITH__NO_CANCEL;

	if (!spooled) {
		errno = EINVAL;
		return -1;
	}
	if (fflush(spooled->file))
		return -1;
	return with__spool_roll(private_of(spooled)->bytes);
}

int tempfile_spooled_fileno(struct tempfile_spooled *spooled)
{
	WITH__NO_CANCEL;
	long long place;
	int fd;

	if (tempfile_spooled_rollover(spooled) < 0)
		return -1;
	fd = with__stream_descriptor(spooled->file);
	place = with__stream_place(spooled->file);
	if (place < 0 || with__sys.lseek(fd, place, SEEK_SET) < 0)
		return -1;
	return fd;
}

int tempfile_spooled_truncate(struct tempfile_spooled *spooled,
			      long long length)
{
	WITH__NO_CANCEL;

	if (!spooled) {
		errno = EINVAL;
		return -1;
	}
	return with__stream_truncate(spooled->file, length);
}
