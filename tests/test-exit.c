/* SPDX-License-Identifier: MIT */
/*
 * test-exit.c - what is still alive when the process ends in good order
 *
 * The program starts itself again with an argument where a real return from
 * main() is wanted. The order of removals is noted in memory that the
 * children share.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <with.h>

#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

/*
 * Handles are alive on purpose here when a process ends, and nothing points
 * to them any more: that is no leak of the library's.
 */
TESTING_LEAVES_THINGS_ALIVE

static struct note {
	size_t count;
	char names[64][64];
} *note;

static int noting_unlinkat(int dirfd, const char *name, int flags)
{
	int result = unlinkat(dirfd, name, flags);
	const char *last = strrchr(name, '/');

	if (result == 0 && note->count < 64)
		snprintf(note->names[note->count++], 64, "%s",
			 last ? last + 1 : name);
	return result;
}

static void begin(void)
{
	if (!note)
		note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	testing_expect(note != MAP_FAILED);
	memset(note, 0, sizeof(*note));
}

#define EXACT .random_length = TEMPFILE_EXACT_NAME

/* Oldest to newest; d has something in it. */
static void make_things(void)
{
	struct tempfile_named *named;
	struct tempfile_dir *dir;
	FILE *file;

	with__sys.unlinkat = noting_unlinkat;
	named = tempfile_named_open(.prefix = "a", EXACT);
	testing_expect(named && fputs("not flushed", named->file) >= 0);
	testing_expect(tempfile_dir_open(.prefix = "b", EXACT) != NULL);
	testing_expect(tempfile_named_open(.prefix = "c", EXACT) != NULL);
	dir = tempfile_dir_open(.prefix = "d", EXACT);
	testing_expect(dir != NULL);
	testing_expect(mkdir(tempfile_dir_join(dir, "sub"), 0) == 0);
	testing_expect(tempfile_named_open(.inside = dir, .prefix = "e",
					   EXACT) != NULL);
	file = tempfile_open();
	testing_expect(file && fputs("not flushed", file) >= 0);
}

static void expect_all_gone_newest_first(int status, int code)
{
	static const char *const order[] = { "e", "sub", "d", "c", "b", "a" };

	ck_assert(testing_exited(status, code));
	ck_assert_uint_eq(testing_entries(NULL), 0);
	ck_assert_uint_eq(note->count, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_str_eq(note->names[i], order[i]);
}

static void make_and_exit(void *data)
{
	(void)data;
	make_things();
	exit(3);
}

static void make_and_quick_exit(void *data)
{
	(void)data;
	make_things();
	quick_exit(4);
}

static void *exit_in_thread(void *unused)
{
	(void)unused;
	exit(5);
}

static void make_and_exit_in_thread(void *data)
{
	pthread_t thread;

	(void)data;
	make_things();
	pthread_create(&thread, NULL, exit_in_thread, NULL);
	pthread_join(thread, NULL);
}

START_TEST(exit_removes_newest_first)
{
	begin();
	expect_all_gone_newest_first(testing_in_child(make_and_exit, NULL), 3);
}
END_TEST

START_TEST(quick_exit_removes_newest_first)
{
	begin();
	expect_all_gone_newest_first(
		testing_in_child(make_and_quick_exit, NULL), 4);
}
END_TEST

START_TEST(exit_in_another_thread_removes_newest_first)
{
	begin();
	expect_all_gone_newest_first(
		testing_in_child(make_and_exit_in_thread, NULL), 5);
}
END_TEST

static void start_again(void *data)
{
	char *const arguments[] = { (char *)"test-exit", data, NULL };

	execv("/proc/self/exe", arguments);
}

START_TEST(return_from_main_removes)
{
	char word[] = "return";

	ck_assert(testing_exited(testing_in_child(start_again, word), 6));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void make_then_leave_hard(void *data)
{
	(void)data;
	make_things();
	_exit(7);
}

/* Not a promise, but what shows that the others are not empty. */
START_TEST(what_ends_without_exit_leaves_the_names)
{
	begin();
	ck_assert(testing_exited(
		testing_in_child(make_then_leave_hard, NULL), 7));
	ck_assert_uint_eq(testing_entries(NULL), 4);
	trees_begin();
	trees_must(unlink("a"));
	trees_must(rmdir("b"));
	trees_must(unlink("c"));
	ck_assert_int_eq(tempfile_rmtree("d"), 0);
}
END_TEST

static void just_exit(void *data)
{
	(void)data;
	exit(0);
}

START_TEST(a_childs_exit_leaves_the_parents_things)
{
	struct tempfile_named *named = tempfile_named_open();
	struct tempfile_dir *dir = tempfile_dir_open();

	ck_assert(named && dir);
	ck_assert(testing_exited(testing_in_child(just_exit, NULL), 0));
	ck_assert(trees_exists(named->path));
	ck_assert(trees_exists(dir->path));
	ck_assert_int_eq(tempfile_named_close(&named), 0);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

START_TEST(a_childs_exit_removes_its_own_things_only)
{
	struct tempfile_named *named = tempfile_named_open();
	static const char *const order[] = { "e", "sub", "d", "c", "b", "a" };

	begin();
	ck_assert_ptr_nonnull(named);
	ck_assert(testing_exited(testing_in_child(make_and_exit, NULL), 3));
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert(trees_exists(named->path));
	ck_assert_uint_eq(note->count, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_str_eq(note->names[i], order[i]);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
}
END_TEST

/* ------------------------------------------------------------------------
 * Handlers older than ours
 */

static struct tempfile_named *used_late;

static void use_late(void)
{
	struct stat st;

	/* The name is gone; stream and handle are there. */
	testing_expect(stat(used_late->path, &st) < 0 && errno == ENOENT);
	testing_expect(fputs("late", used_late->file) >= 0);
	testing_expect(fflush(used_late->file) == 0);
	testing_expect(fstat(fileno(used_late->file), &st) == 0 &&
		       st.st_size == 4 && st.st_nlink == 0);
	_exit(8);
}

static void exit_with_older_handler(void *data)
{
	(void)data;
	testing_expect(atexit(use_late) == 0);
	used_late = tempfile_named_open();
	testing_expect(used_late != NULL);
	exit(0);
}

START_TEST(older_handlers_find_streams_and_handles_alive)
{
	/* In a process that has registered nothing yet. */
	char word[] = "older";

	ck_assert(testing_exited(testing_in_child(start_again, word), 8));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void create_late(void)
{
	testing_expect(tempfile_dir_open(.suffix = ".late") != NULL);
}

static void exit_creating(void *data)
{
	(void)data;
	testing_expect(atexit(create_late) == 0);
	testing_expect(tempfile_dir_open() != NULL);
	exit(9);
}

START_TEST(what_an_older_handler_makes_is_removed_too)
{
	char word[] = "creating";

	ck_assert(testing_exited(testing_in_child(start_again, word), 9));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static int refusing_unlinkat(int dirfd, const char *name, int flags)
{
	(void)dirfd, (void)name, (void)flags;
	errno = EPERM;
	return -1;
}

static void hook(const struct with_error *error, void *data)
{
	const char *path = data;

	if (strcmp(error->operation, "remove") == 0 && error->error == EPERM &&
	    strcmp(error->path, path) == 0)
		_exit(10);
}

static void exit_with_failing_removal(void *data)
{
	static char path[PATH_MAX];
	struct tempfile_named *named = tempfile_named_open(.prefix = "left",
							   EXACT);

	(void)data;
	testing_expect(named != NULL);
	snprintf(path, sizeof(path), "%s", named->path);
	with_set_error_hook(hook, path);
	with__sys.unlinkat = refusing_unlinkat;
	exit(0);
}

START_TEST(a_removal_that_fails_at_exit_is_told_to_the_hook)
{
	ck_assert(testing_exited(
		testing_in_child(exit_with_failing_removal, NULL), 10));
	trees_begin();
	trees_must(unlink("left"));
}
END_TEST

static void keep_and_exit(void *data)
{
	struct tempfile_named *named = tempfile_named_open(.prefix = "kept",
							   EXACT);

	(void)data;
	testing_expect(named && tempfile_named_keep(named) == 0);
	testing_expect(tempfile_dir_open(.prefix = "keptd", .keep = true,
					 EXACT) != NULL);
	named = tempfile_named_open();
	testing_expect(tempfile_named_close(&named) == 0);
	exit(0);
}

START_TEST(kept_things_stay)
{
	ck_assert(testing_exited(testing_in_child(keep_and_exit, NULL), 0));
	trees_begin();
	ck_assert_uint_eq(testing_entries(NULL), 2);
	trees_must(unlink("kept"));
	trees_must(rmdir("keptd"));
}
END_TEST

static int fork_and_exit(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		exit(0);
	waitpid(child, &status, 0);
	return status;
}

START_TEST(a_childs_exit_does_not_write_the_parents_bytes)
{
	struct tempfile_named *named = tempfile_named_open();
	struct stat st;

	ck_assert_ptr_nonnull(named);
	fflush(NULL);
	fputs("once", named->file);
	ck_assert(testing_exited(fork_and_exit(), 0));
	fflush(named->file);
	ck_assert_int_eq(stat(named->path, &st), 0);
	ck_assert_int_eq(st.st_size, 4);
	ck_assert_int_eq(tempfile_named_close(&named), 0);
}
END_TEST

static int run_again(const char *word)
{
	begin();
	if (strcmp(word, "older") == 0)
		exit_with_older_handler(NULL);
	if (strcmp(word, "creating") == 0)
		exit_creating(NULL);
	make_things();
	return 6;
}

int main(int argc, char **argv)
{
	const TTest *const tests[] = {
		exit_removes_newest_first,
		quick_exit_removes_newest_first,
		exit_in_another_thread_removes_newest_first,
		return_from_main_removes,
		what_ends_without_exit_leaves_the_names,
		a_childs_exit_leaves_the_parents_things,
		a_childs_exit_removes_its_own_things_only,
		older_handlers_find_streams_and_handles_alive,
		what_an_older_handler_makes_is_removed_too,
		a_removal_that_fails_at_exit_is_told_to_the_hook,
		kept_things_stay,
		a_childs_exit_does_not_write_the_parents_bytes,
	};

	if (argc > 1)
		return run_again(argv[1]);
	return testing_run("exit", tests, sizeof(tests) / sizeof(*tests), NULL);
}
