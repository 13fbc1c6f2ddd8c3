/* SPDX-License-Identifier: MIT */
/* location.c - gettempdir() and its family. */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include <with/location.h>

#include "base/cancel.h"
#include "base/where.h"

const char *tempfile_gettempdir(void)
{
	WITH__NO_CANCEL;
	int saved = errno;
	const char *path = with__where();

	if (path && access(path, F_OK) < 0) {
		(void)with__where_again(path);
		errno = saved;
		path = with__where();
	}
	return path;
}

const char *tempfile_gettempdirb(void)
{
	return tempfile_gettempdir();
}

const char *tempfile_gettempprefix(void)
{
	return "tmp";
}

const char *tempfile_gettempprefixb(void)
{
	return tempfile_gettempprefix();
}

int tempfile_set_tempdir(const char *path)
{
	WITH__NO_CANCEL;

	return with__where_set(path);
}
