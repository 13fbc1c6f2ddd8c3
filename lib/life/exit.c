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

#include "base/cancel.h"
#include "life/exit.h"
#include "life/inherited.h"
#include "life/near.h"
#include "life/registry.h"
#include "life/report.h"

_Atomic bool with__exit_armed;

static void list_unclosed(const char *path, const char *source)
{
	with__report_line("exit", path, "not closed by its scope", source);
}

static void at_exit(void)
{
	WITH__NO_CANCEL;

	with__inherited_discard();
	if (with__report_debugging())
		with__registry_list(list_unclosed);
	/*
	 * An error hook that makes something shall not call for another run of
	 * this handler, where the same failure would be told to it again. What
	 * is made from here on, by older handlers or other threads, does.
	 */
	with__registry_remove_all();
	atomic_store(&with__exit_armed, false);
	with__near_let_nobody();
	with__registry_remove_rest();
}

/*
 * Two threads may both get here, and then the handler runs twice, which does
 * no harm. Neither returns before it is registered; nor does one wait for the
 * other, which may not exist in a forked child.
 */
int with__exit_register(void)
{
	with__report_init();
	if (atexit(at_exit) != 0 || at_quick_exit(at_exit) != 0) {
		errno = ENOMEM;
		return -1;
	}
	atomic_store(&with__exit_armed, true);
	return 0;
}
