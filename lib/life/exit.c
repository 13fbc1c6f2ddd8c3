/* SPDX-License-Identifier: MIT */
/*
 * exit.c - remove what is left when the process ends in good order
 *
 * Names go, newest first. No stream is closed and no handle freed: exit
 * handlers older than ours, and stdio's own flush, run afterwards and may
 * still use them. Only streams inherited from a parent are emptied, or that
 * flush would write the parent's bytes a second time.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "life/exit.h"
#include "life/inherited.h"
#include "life/registry.h"
#include "life/report.h"

static _Atomic bool armed;

static void list_unclosed(const char *path, const char *source)
{
	with__report_line("exit", path, "not closed by its scope", source);
}

static void at_exit(void)
{
	atomic_store(&armed, false);
	with__inherited_discard();
	if (with__report_debugging())
		with__registry_list(list_unclosed);
	with__registry_remove_all();
}

int with__exit_arm(void)
{
	bool expected = false;

	if (atomic_load_explicit(&armed, memory_order_relaxed))
		return 0;
	with__report_init();
	if (!atomic_compare_exchange_strong(&armed, &expected, true))
		return 0;
	if (atexit(at_exit) != 0 || at_quick_exit(at_exit) != 0) {
		atomic_store(&armed, false);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}
