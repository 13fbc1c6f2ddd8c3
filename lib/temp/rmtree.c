/* SPDX-License-Identifier: MIT */
/* rmtree.c - the engine of base/rmtree.h for callers with keywords. */
#include "config.h"

#include <with/rmtree.h>

#include "base/cancel.h"
#include "base/rmtree.h"
#include "temp/options.h"

/* Runs inside a signal handler. */
int tempfile_rmtree_opt(const char *path,
			const struct tempfile_rmtree_options *given)
{
	WITH__NO_CANCEL;
	struct with__rmtree removal = WITH__RMTREE_INIT;
	struct tempfile_rmtree_options options;

	if (with__options_copy(&options, sizeof(options), given) < 0)
		return -1;
	if (options.at)
		removal.at = *options.at;
	removal.missing_ok = options.missing_ok;
	removal.keep_root = options.keep_root;
	removal.threads = options.threads;
	removal.on_error = options.on_error;
	removal.data = options.data;
	return with__rmtree(path, &removal);
}
