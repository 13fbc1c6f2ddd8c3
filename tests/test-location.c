/* SPDX-License-Identifier: MIT */
/* test-location.c - gettempdir(), gettempprefix() and set_tempdir(). */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <with/location.h>
#include <with/raw.h>

#include "testing.h"
#include "trees.h"

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

START_TEST(prefixes_are_tmp)
{
	ck_assert_str_eq(tempfile_gettempprefix(), "tmp");
	ck_assert_str_eq(tempfile_gettempprefixb(), "tmp");
}
END_TEST

START_CHILD_TEST(both_forms_are_the_same_lasting_path)
{
	const char *path = tempfile_gettempdir();

	testing_expect(same(path, testing_tmpdir()));
	testing_expect(tempfile_gettempdirb() == path);
	testing_expect(tempfile_set_tempdir("/") == 0);
	testing_expect(same(path, testing_tmpdir()));
}
END_CHILD_TEST

START_CHILD_TEST(gettempdir_keeps_errno)
{
	errno = EDOM;
	testing_expect(tempfile_gettempdir() != NULL);
	testing_expect(errno == EDOM);
	testing_expect(tempfile_set_tempdir("/nowhere") == 0);
	errno = EDOM;
	testing_expect(same(tempfile_gettempdir(), "/nowhere"));
	testing_expect(errno == EDOM);
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_is_where_things_are_made)
{
	char expected[PATH_MAX];
	char *path;

	trees_begin();
	trees_directory("mine");
	snprintf(expected, sizeof(expected), "%s/mine", testing_tmpdir());
	testing_expect(tempfile_set_tempdir("mine///") == 0);
	testing_expect(chdir("/") == 0);
	testing_expect(same(tempfile_gettempdir(), expected));
	path = tempfile_mkdtemp();
	testing_expect(path && strncmp(path, expected, strlen(expected)) == 0 &&
		       path[strlen(expected)] == '/');
	testing_expect(rmdir(path) == 0);
	free(path);
	testing_expect(tempfile_set_tempdir(NULL) == 0);
	testing_expect(same(tempfile_gettempdir(), testing_tmpdir()));
	testing_expect(rmdir(expected) == 0);
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_is_used_as_it_is_without_a_look)
{
	testing_expect(tempfile_set_tempdir("/nowhere/at/all") == 0);
	testing_expect(same(tempfile_gettempdir(), "/nowhere/at/all"));
	errno = 0;
	testing_expect(!tempfile_mkdtemp() && errno == ENOENT);
	/* No way out to another directory. */
	testing_expect(same(tempfile_gettempdir(), "/nowhere/at/all"));
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_again_frees_nothing_that_was_handed_out)
{
	const char *paths[100];
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/place/%d", i % 50);
		testing_expect(tempfile_set_tempdir(name) == 0);
		paths[i] = tempfile_gettempdir();
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/place/%d", i % 50);
		testing_expect(same(paths[i], name));
	}
	/* The same path is kept once. */
	testing_expect(paths[0] == paths[50]);
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_refuses_what_is_no_path)
{
	char *path = malloc(PATH_MAX + 1);

	errno = 0;
	testing_expect(tempfile_set_tempdir("") == -1 && errno == ENOENT);
	memset(path, 'x', PATH_MAX);
	path[0] = '/';
	path[PATH_MAX] = '\0';
	errno = 0;
	testing_expect(tempfile_set_tempdir(path) == -1 &&
		       errno == ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	testing_expect(tempfile_set_tempdir(path) == 0);
	testing_expect(tempfile_set_tempdir(NULL) == 0);
	/* Relative, and too long only with the directory in front. */
	errno = 0;
	testing_expect(tempfile_set_tempdir(path + 1) == -1 &&
		       errno == ENAMETOOLONG);
	/* None of these changed anything. */
	testing_expect(same(tempfile_gettempdir(), testing_tmpdir()));
	free(path);
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_below_a_vanished_directory_is_enoent)
{
	trees_begin();
	trees_directory("gone");
	testing_expect(chdir("gone") == 0 && rmdir("../gone") == 0);
	errno = 0;
	testing_expect(tempfile_set_tempdir("sub") == -1 && errno == ENOENT);
	testing_expect(tempfile_set_tempdir("/") == 0);
}
END_CHILD_TEST

START_CHILD_TEST(set_tempdir_below_an_endless_directory_is_enametoolong)
{
	char name[201];

	memset(name, 'd', 200);
	name[200] = '\0';
	trees_begin();
	for (int i = 0; i < PATH_MAX / 200 + 2; i++)
		testing_expect(mkdir(name, 0700) == 0 && chdir(name) == 0);
	errno = 0;
	testing_expect(tempfile_set_tempdir("sub") == -1 &&
		       errno == ENAMETOOLONG);
	for (int i = 0; i < PATH_MAX / 200 + 2; i++)
		testing_expect(chdir("..") == 0 && rmdir(name) == 0);
}
END_CHILD_TEST

TESTING_MAIN("location",
	prefixes_are_tmp,
	both_forms_are_the_same_lasting_path,
	gettempdir_keeps_errno,
	set_tempdir_is_where_things_are_made,
	set_tempdir_is_used_as_it_is_without_a_look,
	set_tempdir_again_frees_nothing_that_was_handed_out,
	set_tempdir_refuses_what_is_no_path,
	set_tempdir_below_a_vanished_directory_is_enoent,
	set_tempdir_below_an_endless_directory_is_enametoolong)
