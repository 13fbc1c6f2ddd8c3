/* SPDX-License-Identifier: MIT */
/*
 * file.c - a stream under a guard
 *
 * What the library opened for a guard is noted in life/inherited.h, so that a
 * forked child drops what its parent has not written yet.
 */
#include "config.h"

#include <errno.h>

#include <with/file.h>

#include "base/cancel.h"
#include "life/inherited.h"
#include "life/report.h"
#include "stream/file.h"
#include "stream/stream.h"

static void discard(void *file)
{
	with__stream_discard(file);
}

int with__file_note(FILE *file)
{
	return with__inherited_note(file, discard);
}

int with__file_finish(FILE *file)
{
	bool ours;
	int saved = errno;

	if (!file)
		return 0;
	ours = with__inherited_strike(file);
	if (with__stream_close(file) == 0 || !ours) {
		errno = saved;
		return 0;
	}
	return -1;
}

int with_file_close(FILE **file)
{
	WITH__NO_CANCEL;
	FILE *closing = *file;

	if (!closing)
		return 0;
	(void)with__leave(file);
	*file = NULL;
	return with__file_finish(closing);
}

void with__file_end(FILE *file)
{
	WITH__NO_CANCEL;
	int saved = errno;

	if (with__file_finish(file) < 0)
		with__report("close", "stream", NULL);
	errno = saved;
}
