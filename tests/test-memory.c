/* SPDX-License-Identifier: MIT */
/*
 * test-memory.c - each allocation of every creator and verb fails in turn
 *
 * The program is linked with --wrap for what gives memory, the library's own
 * calls included (tests/local.mk). Each attempt is a process of its own, in
 * which nothing is allocated yet.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include <with.h>

#include "testing.h"
#include "trees.h"

static unsigned long allocations;
static unsigned long failing;		/* the number of that to fail; 0: none */

static int fails_now(void)
{
	if (!failing || ++allocations != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

/* The linker's names for ours, and for what they replace. */
#define WRAPPED(type, function, parameters, arguments, none)		\
	type __real_##function parameters;				\
	type __wrap_##function parameters;				\
	type __wrap_##function parameters				\
	{								\
		return fails_now() ? none : __real_##function arguments;\
	}

WRAPPED(void *, malloc, (size_t size), (size), NULL)
WRAPPED(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAPPED(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAPPED(char *, strdup, (const char *text), (text), NULL)
WRAPPED(FILE *, fdopen, (int fd, const char *mode), (fd, mode), NULL)
WRAPPED(int, atexit, (void (*function)(void)), (function), -1)
WRAPPED(int, at_quick_exit, (void (*function)(void)), (function), -1)

static int live_gettempdir(void)
{
	return tempfile_gettempdir() ? 0 : -1;
}

static int live_set_tempdir(void)
{
	if (tempfile_set_tempdir("relative") < 0)
		return -1;
	return tempfile_set_tempdir(NULL);
}

static int live_anonymous(void)
{
	FILE *file = tempfile_open(.buffering = 100);

	return file ? with_file_close(&file) : -1;
}

static int live_anonymous_block(void)
{
	WITH_TMP (file) {
		return fputs("x", file) < 0 ? -1 : 0;
	}
	return -1;
}

static int live_persistable(void)
{
	FILE *file = tempfile_open(.persistable = true);

	return file ? with_file_close(&file) : -1;
}

static int live_named(void)
{
	struct tempfile_named *named = tempfile_named_open(.buffering = 10);

	return named ? tempfile_named_close(&named) : -1;
}

static int live_short(void)
{
	struct tempfile_named *named =
		tempfile_named_open(.dir = ".", .random_length = 3);

	if (!named || tempfile_named_close_file(named) < 0)
		return -1;
	return tempfile_named_close(&named);
}

/* Beyond what a slot has room for by itself. */
static int live_long(void)
{
	char name[201];
	struct tempfile_dir *dir;

	memset(name, 'n', 200);
	name[200] = '\0';
	dir = tempfile_dir_open(.suffix = name);
	return dir ? tempfile_dir_close(&dir) : -1;
}

static int live_directory(void)
{
	int here = trees_must(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct tempfile_dir *dir = tempfile_dir_open(.at = &here);
	int error;

	if (!dir) {
		error = errno;
		close(here);
		errno = error;
		return -1;
	}
	error = tempfile_dir_join(dir, "%s", "x") ? 0 : errno;
	if (tempfile_dir_fd(dir) < 0 || tempfile_dir_close(&dir) < 0)
		return -1;
	close(here);
	errno = error;
	return error ? -1 : 0;
}

static int live_mkstemp(void)
{
	char *path = NULL;
	int fd = tempfile_mkstemp(&path);

	if (fd < 0)
		return path ? 0 : -1;
	close(fd);
	trees_must(unlink(path));
	free(path);
	return 0;
}

static int live_mkdtemp(void)
{
	char *path = tempfile_mkdtemp();

	if (!path)
		return -1;
	trees_must(rmdir(path));
	free(path);
	return 0;
}

/* Two states, and characters of both, in UTF-8 and in the file. */
static const char text[] = "a\xe3\x81\x82\xe6\xbc\xa2" "b\n";
static const char jis[] = "a\x1b$B$\"4A\x1b(Bb\n";

/* Another text is worse than an error. */
static int reads(FILE *file, const char *expected)
{
	char back[64];
	size_t size;

	rewind(file);
	errno = 0;
	size = fread(back, 1, sizeof(back), file);
	if (ferror(file))
		return -1;
	if (size == strlen(expected) && memcmp(back, expected, size) == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}

static int live_decoding(void)
{
	struct tempfile_spooled *spool = tempfile_spooled_open(
		.encoding = "iso-2022-jp", .errors = "replace");
	int result = -1;
	int fd, error;

	if (!spool)
		return -1;
	fd = tempfile_spooled_fileno(spool);
	if (fd >= 0 && write(fd, jis, strlen(jis)) == (ssize_t)strlen(jis))
		result = reads(spool->file, text);
	error = errno;
	testing_expect(tempfile_spooled_close(&spool) == 0 || result < 0);
	errno = error;
	return result;
}

static int live_encoding(void)
{
	struct tempfile_named *named = tempfile_named_open(
		.encoding = "iso-2022-jp", .errors = "replace");
	int result = -1;
	FILE *again;
	int error;

	if (!named)
		return -1;
	if (fputs(text, named->file) >= 0 && fflush(named->file) == 0) {
		again = tempfile_named_reopen(named, "r");
		if (again) {
			result = reads(again, jis);
			fclose(again);
		}
	}
	error = errno;
	testing_expect(tempfile_named_close(&named) == 0 || result < 0);
	errno = error;
	return result;
}

static const struct life {
	const char *name;
	int (*live)(void);
	unsigned long least;	/* so many allocations it has */
} lives[] = {
	{ "gettempdir", live_gettempdir, 2 },
	{ "set_tempdir", live_set_tempdir, 2 },
	{ "anonymous", live_anonymous, 4 },
	{ "anonymous block", live_anonymous_block, 4 },
	{ "persistable", live_persistable, 3 },
	{ "named", live_named, 7 },
	{ "short name", live_short, 6 },
	{ "long path", live_long, 5 },
	{ "directory", live_directory, 5 },
	{ "mkstemp", live_mkstemp, 3 },
	{ "mkdtemp", live_mkdtemp, 3 },
	{ "decoding", live_decoding, 8 },
	{ "encoding", live_encoding, 8 },
};
#define LIVES ((int)(sizeof(lives) / sizeof(*lives)))

struct attempt {
	const struct life *life;
	unsigned long number;
};

/* Exits with 2 when there are no so many allocations. */
static void attempt(void *data)
{
	const struct attempt *attempt = data;
	char *before = testing_descriptors();
	char *after;
	int result, error;

	trees_begin();
	allocations = 0;
	failing = attempt->number;
	errno = 0;
	result = attempt->life->live();
	error = errno;
	failing = 0;
	testing_expect(testing_entries(NULL) == 0);
	after = testing_descriptors();
	testing_expect(strcmp(before, after) == 0);
	free(before);
	free(after);
	testing_expect(result == 0 || error == ENOMEM);
	if (allocations < attempt->number) {
		testing_expect(result == 0);
		_exit(2);
	}
	/* Whatever happened, the next one works. */
	testing_expect(attempt->life->live() == 0);
	testing_expect(testing_entries(NULL) == 0);
	with_cleanup_now();
}

START_TEST(whatever_allocation_fails_it_is_enomem_and_nothing_is_left)
{
	struct attempt what = { .life = &lives[_i], .number = 1 };
	int status;

	for (;;) {
		status = testing_in_child(attempt, &what);
		if (testing_exited(status, 2))
			break;
		ck_assert_msg(testing_exited(status, 0), "%s, allocation %lu",
			      what.life->name, what.number);
		what.number++;
	}
	ck_assert_msg(what.number > what.life->least,
		      "%s: only %lu allocations seen", what.life->name,
		      what.number - 1);
}
END_TEST

static void fill(TCase *tcase)
{
	tcase_add_loop_test(tcase,
		whatever_allocation_fails_it_is_enomem_and_nothing_is_left,
		0, LIVES);
}

TESTING_MAIN_CASE("memory", fill)
