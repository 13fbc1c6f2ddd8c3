/* SPDX-License-Identifier: MIT */
/* raw.c - mkstemp and mkdtemp, whose callers delete. */
#include "config.h"

#include <errno.h>

#include <with/raw.h>

#include "base/cancel.h"
#include "base/syscalls.h"
#include "temp/create.h"
#include "temp/make.h"

int tempfile_mkstemp_opt(char **ret_path,
			 const struct tempfile_mkstemp_options *given)
{
	WITH__NO_CANCEL;
	struct tempfile_mkstemp_options options;
	struct with__making_file making = WITH__MAKING_FILE_INIT;
	struct with__created created;
	struct with__creation creation = {
		.default_permissions = 0600,
		.make = with__make_file,
		.data = &making,
	};

	if (!ret_path) {
		errno = EINVAL;
		return -1;
	}
	if (with__options_copy(&options, sizeof(options), given) < 0)
		return -1;
	creation.names = with__options_names(&options);
	making.flags = with__file_flags(options.append, options.inheritable);
	if (with__create(&creation, &created) < 0)
		return -1;
	*ret_path = created.handle;
	return making.fd;
}

char *tempfile_mkdtemp_opt(const struct tempfile_mkdtemp_options *given)
{
	WITH__NO_CANCEL;
	struct tempfile_mkdtemp_options options;
	struct with__created created;
	struct with__creation creation = {
		.default_permissions = 0700,
		.make = with__make_directory,
	};

	if (with__options_copy(&options, sizeof(options), given) < 0)
		return NULL;
	creation.names = with__options_names(&options);
	if (with__create(&creation, &created) < 0)
		return NULL;
	return created.handle;
}
