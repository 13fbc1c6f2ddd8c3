/* SPDX-License-Identifier: MIT */
/*
 * test-life-plugin.c - a plugin used the shared library and is unloaded
 *
 * The library's handlers must outlive the dlclose(): it is linked to stay.
 */
#include "config.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>

#include <with/directory.h>
#include <with/life.h>

#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

static char library[4096];

/* Does what a plugin does, without linking to the library. */
static void use_and_unload(bool signals)
{
	struct tempfile_dir *
	(*make)(const struct tempfile_dir_open_options *options);
	int (*clean)(const int *numbers, size_t count);
	void *plugin = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	testing_expect(plugin != NULL);
	*(void **)&make = dlsym(plugin, "tempfile_dir_open_opt");
	*(void **)&clean = dlsym(plugin, "with_cleanup_on_signals");
	testing_expect(make && clean && make(NULL));
	if (signals)
		testing_expect(clean(NULL, 0) == 0);
	testing_expect(dlclose(plugin) == 0);
	testing_expect(testing_entries(NULL) == 1);
}

static void unload_and_exit(void *unused)
{
	(void)unused;
	use_and_unload(false);
	exit(0);
}

static void unload_and_die(void *unused)
{
	(void)unused;
	testing_default_signals();
	use_and_unload(true);
	raise(SIGTERM);
}

static void find_library(void)
{
	const char *top = getenv("top_builddir");

	snprintf(library, sizeof(library), "%s/lib/.libs/libwith.so",
		 top ? top : ".");
}

/* With --disable-shared there is no such library, and no such danger. */
START_TEST(after_dlclose_exit_still_removes)
{
	find_library();
	if (access(library, F_OK) < 0)
		return;
	ck_assert(testing_exited(testing_in_child(unload_and_exit, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(after_dlclose_a_signal_still_cleans_and_kills)
{
	find_library();
	if (access(library, F_OK) < 0)
		return;
	ck_assert(testing_killed(testing_in_child(unload_and_die, NULL),
				 SIGTERM));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

TESTING_MAIN("life-plugin",
	after_dlclose_exit_still_removes,
	after_dlclose_a_signal_still_cleans_and_kills)
