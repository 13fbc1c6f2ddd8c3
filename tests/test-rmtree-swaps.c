/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-swaps.c - directories are exchanged between any two calls.
 *
 * For every system call of a removal, and every directory of the tree, an
 * attacker acts just before that call: puts a link to the canary in the
 * directory's place, moves it out beside the canary's files, or exchanges
 * the two and back again some calls later. Whatever becomes of the tree, the
 * canary must be the same to the last inode and mode. What is lost there stays
 * lost, so it is looked at once for each attack on each directory.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/identity.h"
#include "base/rmtree.h"
#include "base/syscalls.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static const char *const directories[] = {
	"root", "root/a", "root/a/b/c/d", "root/a/b/c/d/e/e",
};

enum { DIRECTORIES = sizeof(directories) / sizeof(*directories) };

enum { UNCHANGED = 07777 };

enum attack { LINK, MOVE, EXCHANGE };

struct swap {
	enum attack attack;
	const char *victim;
	unsigned long at;
	unsigned long back_after;	/* EXCHANGE only */
	bool lift_refused;
	bool acted;			/* the victim was in reach */
	int descriptors;		/* for the engine */
	bool is_deep;			/* too few for all levels */
	bool no_openat2;
	char target[64];		/* of a link in the victim's place */
	mode_t mode;			/* of the directories */
};

/* canary/a is what links lead to; its mode tells of a chmod(). */
static void make_canary(void)
{
	trees_chain("canary", "a", 1);
	trees_chain("canary/a/inner", "b", 1);
	trees_chain("canary/a/b", "c", 1);
	trees_chain("canary/a/c", "d", 1);
	trees_file("canary/a/keep");
	trees_file("canary/a/inner/keep");
	trees_file("canary/keep");
	trees_must(chmod("canary/a/inner", 0500));
	trees_must(chmod("canary/a", 0500));
}

static void make_link(struct swap *swap)
{
	size_t length = 0;

	for (const char *c = swap->victim; *c; c++)
		if (*c == '/')
			length += (size_t)sprintf(swap->target + length, "../");
	strcpy(swap->target + length, "canary/a");
	trees_clear("link");
	trees_must(symlink(swap->target, "link"));
}

/* false: the victim is not in reach, and nothing happens. */
static bool act(const struct swap *swap)
{
	char aside[64];

	switch (swap->attack) {
	case LINK:	/* nobody may not move mode 0000 elsewhere */
		snprintf(aside, sizeof(aside), "%s-aside", swap->victim);
		if (rename(swap->victim, aside) < 0)
			return false;
		trees_must(symlink(swap->target, swap->victim));
		return true;
	case MOVE:
		return rename(swap->victim, "canary/moved") == 0;
	case EXCHANGE:
		return syscall(SYS_renameat2, AT_FDCWD, swap->victim,
			       AT_FDCWD, "link", 2u /* RENAME_EXCHANGE */) == 0;
	}
	return false;
}

static int swap_here(const struct meddle_call *call, void *data)
{
	struct swap *swap = data;

	if (call->index == swap->at)
		swap->acted = act(swap);
	else if (swap->back_after &&
		 call->index == swap->at + swap->back_after)
		(void)act(swap);
	if (swap->lift_refused && strcmp(call->function, "renameat") == 0)
		return EXDEV;
	if (swap->no_openat2 && strcmp(call->function, "openat2") == 0)
		return ENOSYS;
	return 0;
}

static void make_tree(mode_t mode)
{
	trees_chain("root", "a", 1);
	trees_file("root/0");
	trees_chain("root/a/b", "c", 1);
	trees_file("root/a/1");
	trees_chain("root/a/b/c/d", "e", 2);
	trees_file("root/a/b/c/2");
	trees_file("root/a/b/c/d/keep");	/* a name of the canary's */
	trees_file("root/a/b/c/d/e/e/4");
	trees_chain("root/z", "inner", 1);
	trees_file("root/z/keep");
	for (unsigned i = 1; mode != UNCHANGED && i <= DIRECTORIES; i++)
		trees_must(chmod(directories[DIRECTORIES - i], mode));
}

static unsigned long calls_of(const struct swap *swap)
{
	struct swap none = *swap;

	none.at = ~0ul;
	none.back_after = 0;
	make_tree(swap->mode);
	trees_descriptors(swap->descriptors);
	meddle_begin(swap_here, &none);
	testing_expect(with__rmtree("root", NULL) == 0);
	trees_descriptors(0);
	return meddle_end();
}

/* false: nothing happened. */
static bool swap_at(struct swap *swap, unsigned long at)
{
	swap->at = at;
	swap->acted = false;
	make_tree(swap->mode);
	make_link(swap);
	trees_descriptors(swap->descriptors);
	meddle_begin(swap_here, swap);
	(void)with__rmtree("root", NULL);
	meddle_end();
	trees_descriptors(0);
	if (swap->attack == MOVE)
		trees_clear("canary/moved");
	if (swap->attack == LINK)
		trees_clear("root-aside");
	trees_clear("root");
	return swap->acted;
}

/*
 * A victim below a directory of mode 0000 is out of reach at first; once it
 * has been in reach and no longer is, it is gone for all later calls.
 */
static void swap_at_each_call(struct swap *swap, unsigned long calls)
{
	unsigned long there = 0;

	for (unsigned long at = 0; at < calls; at++) {
		if (swap_at(swap, at))
			there++;
		else if (there > 0)
			break;
	}
	/* Lifted before its parents are mended, it is never in reach. */
	testing_expect(there > 0 || (swap->is_deep && swap->mode == 0));
}

static void swap_everywhere(struct swap *swap)
{
	unsigned long calls = calls_of(swap);
	char *canary = trees_picture("canary");
	char *before = testing_descriptors(), *after;

	for (unsigned i = 0; i < DIRECTORIES; i++) {
		swap->victim = directories[i];
		swap_at_each_call(swap, calls);
		after = trees_picture("canary");
		if (strcmp(canary, after) != 0)
			fprintf(stderr, "attack %d on %s, back after %lu\n",
				swap->attack, swap->victim, swap->back_after);
		testing_expect(strcmp(canary, after) == 0);
		free(after);
	}
	after = testing_descriptors();
	testing_expect(strcmp(before, after) == 0);
	free(after);
	free(before);
	free(canary);
}

static void all_attacks(struct swap *swap)
{
	trees_begin();
	make_canary();
	alarm(60);
	for (unsigned way = 0; way < 4; way++) {
		swap->no_openat2 = way & 1;
		swap->lift_refused = way & 2;
		if (swap->lift_refused && !swap->is_deep)
			continue;
		swap->attack = LINK;
		swap_everywhere(swap);
		if (swap->no_openat2)
			continue;
		swap->attack = MOVE;
		swap_everywhere(swap);
		/* One call, or two, find the link where a directory was. */
		swap->attack = EXCHANGE;
		swap->back_after = swap->lift_refused || swap->mode == 0 ? 1 : 2;
		swap_everywhere(swap);
		swap->back_after = 0;
	}
	trees_clear("canary");
	trees_clear("link");
}

static void as_ourselves(void *data)
{
	all_attacks(data);
}

/* Then modes have to be mended, and the canary's must not. */
static void as_nobody(void *data)
{
	testing_drop_privileges();
	all_attacks(data);
}

START_TEST(nothing_outside_is_lost_to_any_swap)
{
	struct swap swap = { .mode = UNCHANGED, .descriptors = 20 };
	int status = testing_in_child(as_ourselves, &swap);

	ck_assert(testing_exited(status, 0));
}
END_TEST

/* Then levels are lifted, or left and climbed back to. */
START_TEST(nothing_outside_is_lost_where_descriptors_are_few)
{
	struct swap swap = {
		.mode = UNCHANGED, .descriptors = 3, .is_deep = true,
	};
	int status = testing_in_child(as_ourselves, &swap);

	ck_assert(testing_exited(status, 0));
}
END_TEST

START_TEST(nothing_outside_is_lost_where_modes_are_mended)
{
	struct swap swap = { .mode = 0, .descriptors = 20 };
	int status = testing_in_child(as_nobody, &swap);

	ck_assert(testing_exited(status, 0));
}
END_TEST

START_TEST(nothing_outside_is_lost_where_both_is_needed)
{
	struct swap swap = { .mode = 0, .descriptors = 4, .is_deep = true };
	int status = testing_in_child(as_nobody, &swap);

	ck_assert(testing_exited(status, 0));
}
END_TEST

/* The root is moved away, and a stranger's directory has its name. */
static int replace_root(const struct meddle_call *call, void *data)
{
	if (call->index == *(unsigned long *)data &&
	    rename("root", "aside") == 0)
		trees_must(rename("stranger", "root"));
	return 0;
}

static bool root_replaced_at(unsigned long at)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct with__status status;
	unsigned long calls;
	int result, error;

	trees_bush("root", 2, 2, 1);
	trees_bush("stranger", 2, 2, 1);
	trees_must(with__status_at(AT_FDCWD, "root", &status));
	options.expected = &status.identity;
	meddle_begin(replace_root, &at);
	result = with__rmtree("root", &options);
	error = errno;
	calls = meddle_end();
	if (trees_exists("aside")) {
		ck_assert(trees_exists("root/d1/1"));
		ck_assert(trees_exists("root/d0/0"));
		ck_assert(trees_exists("root/0"));
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(error, ESTALE);
	}
	trees_clear("stranger");
	trees_clear("aside");
	trees_clear("root");
	return at < calls;
}

START_TEST(stranger_in_the_place_of_an_expected_root_is_estale)
{
	trees_begin();
	for (unsigned long at = 0; root_replaced_at(at); at++)
		;
}
END_TEST

/* The same in two steps, and the stranger's is empty. */
struct absence {
	unsigned long from, to;
	unsigned long calls;
	bool is_checked;
	bool is_over;
};

/* The second on a disk, for the generation. */
static bool is_status(const char *function)
{
	return strcmp(function, "statx") == 0 ||
	       strcmp(function, "name_to_handle_at") == 0;
}

/* Between a check and the rmdir() behind it nobody can tell. */
static int leave_absent(const struct meddle_call *call, void *data)
{
	struct absence *absence = data;
	bool was_checked = absence->is_checked;

	absence->calls = call->index + 1;
	absence->is_checked = is_status(call->function);
	if (call->index == absence->from)
		(void)rename("root", "aside");
	if (call->index == absence->to && trees_exists("aside") &&
	    !(was_checked && strcmp(call->function, "unlinkat") == 0)) {
		trees_must(rename("stranger", "root"));
		absence->is_over = true;
	}
	return 0;
}

static void be_absent(struct absence *absence)
{
	struct with__rmtree options = WITH__RMTREE_INIT;
	struct with__status status;

	trees_bush("root", 1, 1, 1);
	trees_directory("stranger");
	trees_must(with__status_at(AT_FDCWD, "root", &status));
	options.expected = &status.identity;
	options.missing_ok = true;
	meddle_begin(leave_absent, absence);
	(void)with__rmtree("root", &options);
	meddle_end();
	ck_assert_msg(!absence->is_over || trees_exists("root"),
		      "gone at call %lu, there again at call %lu",
		      absence->from, absence->to);
	trees_clear("stranger");
	trees_clear("aside");
	trees_clear("root");
}

START_TEST(empty_stranger_in_the_place_of_a_vanished_root_stays)
{
	struct absence absence = { .from = ULONG_MAX, .to = ULONG_MAX };
	unsigned long count = 0;
	unsigned long calls;

	trees_begin();
	be_absent(&absence);
	calls = absence.calls;
	for (absence.from = 0; absence.from < calls; absence.from++)
		for (absence.to = absence.from; absence.to < calls;
		     absence.to++) {
			absence.is_over = false;
			be_absent(&absence);
			count += absence.is_over;
		}
	ck_assert_uint_gt(count, 20);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests,
		stranger_in_the_place_of_an_expected_root_is_estale);
	tcase_add_test(tests,
		empty_stranger_in_the_place_of_a_vanished_root_stays);
	tcase_add_test(tests, nothing_outside_is_lost_to_any_swap);
	tcase_add_test(tests, nothing_outside_is_lost_where_descriptors_are_few);
	tcase_add_test(tests, nothing_outside_is_lost_where_modes_are_mended);
	tcase_add_test(tests, nothing_outside_is_lost_where_both_is_needed);
}

TESTING_MAIN_CASE("rmtree-swaps", fill)
