/* SPDX-License-Identifier: MIT */
/* anonymous.c - streams on files without a name */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <with/anonymous.h>

#include "base/syscalls.h"
#include "life/inherited.h"
#include "stream/file.h"
#include "stream/stream.h"
#include "temp/make.h"
#include "temp/unnamed.h"

/* A guard's stream is noted for forks; one with a name for that name. */
static int note(FILE *file, const struct with__names *names,
		struct with__kept_name *name)
{
	if (!names->scoped_ && !name)
		return 0;
	if (with__file_note(file) < 0)
		return -1;
	return name ? with__inherited_accompany(file, name) : 0;
}

static FILE *open_stream(const struct tempfile_open_options *options,
			 const struct with__names *names)
{
	const struct with__stream how = WITH__OPTIONS_OF_STREAM(options);
	struct with__kept_name *name = NULL;
	struct with__mode mode;
	FILE *file;
	int fd, error;

	if (with__stream_check(&how, &mode) < 0)
		return NULL;
	fd = with__unnamed_open(names, with__file_flags(mode.append,
							  options->inheritable),
				  options->persistable ? &name : NULL);
	if (fd < 0)
		return NULL;
	file = with__stream_open_checked(fd, &how, &mode);
	if (file && note(file, names, name) == 0)
		return file;
	error = errno;
	if (name)
		(void)with__kept_name_end(&name->companion);
	if (file)
		with__stream_close(file);
	else
		with__sys.close(fd);
	errno = error;
	return NULL;
}

FILE *tempfile_open_opt(const struct tempfile_open_options *given)
{
	struct tempfile_open_options copy;
	const struct tempfile_open_options *options =
		with__options_known(&copy, sizeof(copy), given);
	FILE *file;

	if (!options)
		return NULL;
	file = open_stream(options, with__options_names(options));
	if (!file)
		with__options_failed(options, "temporary file");
	return file;
}
