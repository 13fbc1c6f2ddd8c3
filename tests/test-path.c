/* SPDX-License-Identifier: MIT */
/* test-path.c - existing paths under a guard, and things made by a callback. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <with.h>

#include "hook.h"
#include "persisting.h"
#include "testing.h"
#include "trees.h"

static char file[4096];

static void setup(void)
{
	snprintf(file, sizeof(file), "%s/file", testing_tmpdir());
}

START_TEST(an_adopted_file_goes_with_its_scope)
{
	ck_assert(persisting_write(file, "x"));
	WITH_PATH (path, file) {
		ck_assert_str_eq(path->path, file);
		ck_assert_uint_eq(testing_entries(NULL), 1);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(an_adopted_directory_goes_with_all_that_is_in_it)
{
	char inner[4200];

	ck_assert_int_eq(mkdir(file, 0700), 0);
	snprintf(inner, sizeof(inner), "%s/inner", file);
	ck_assert_int_eq(mkdir(inner, 0), 0);
	{
		SCOPED_PATH(path, file);
		ck_assert_ptr_nonnull(path);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(an_adopted_link_goes_itself)
{
	char target[4200];

	snprintf(target, sizeof(target), "%s/target", testing_tmpdir());
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, file), 0);
	{
		SCOPED_PATH(path, file);
		ck_assert_ptr_nonnull(path);
	}
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert_int_eq(rmdir(target), 0);
}
END_TEST

START_TEST(a_relative_path_is_made_absolute_at_once)
{
	struct tempfile_path *path;

	ck_assert_int_eq(chdir(testing_tmpdir()), 0);
	ck_assert(persisting_write("file", "x"));
	path = tempfile_path_adopt("file");
	ck_assert_ptr_nonnull(path);
	ck_assert_str_eq(path->path, file);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(tempfile_path_close(&path), 0);
	ck_assert_ptr_null(path);
	ck_assert_int_eq(tempfile_path_close(&path), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(what_took_the_place_of_an_adopted_file_is_left_alone)
{
	char other[4200];
	struct tempfile_path *path;

	snprintf(other, sizeof(other), "%s/other", testing_tmpdir());
	ck_assert(persisting_write(file, "x"));
	ck_assert(persisting_write(other, "another's"));
	path = tempfile_path_adopt(file);
	ck_assert_int_eq(rename(other, file), 0);
	ck_assert_int_eq(tempfile_path_close(&path), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert(persisting_has(file, "another's"));
	ck_assert_int_eq(unlink(file), 0);
}
END_TEST

START_TEST(a_kept_path_stays)
{
	ck_assert(persisting_write(file, "x"));
	WITH_PATH (path, file) {
		ck_assert_int_eq(tempfile_path_keep(path), 0);
	}
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(tempfile_path_keep(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(what_cannot_be_adopted_says_why)
{
	static const struct { const char *path; int error; } bad[] = {
		{ NULL, EINVAL }, { "", EINVAL }, { "/", EINVAL }, { "//", EINVAL },
		{ ".", EINVAL }, { "..", EINVAL }, { "./", EINVAL },
		{ "/tmp/..", EINVAL }, { "/tmp/.//", EINVAL }, { "/none/at/all", ENOENT },
		{ "/dev/null/x", ENOTDIR }, { "file/", ENOTDIR },
		{ "link/", ENOTDIR },
	};
	size_t i;

	/* What it costs if "." is adopted after all. */
	ck_assert_int_eq(chdir(testing_tmpdir()), 0);
	ck_assert_int_eq(mkdir("deep", 0700) | mkdir("deep/deeper", 0700), 0);
	ck_assert_int_eq(chdir("deep/deeper"), 0);
	trees_file("file");
	ck_assert_int_eq(symlink("..", "link"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		ck_assert_ptr_null(tempfile_path_adopt(bad[i].path));
		ck_assert_int_eq(errno, bad[i].error);
		WITH_PATH (path, bad[i].path) {
			ck_abort_msg("%s was adopted", path->path);
		} else {
			ck_assert_int_eq(errno, bad[i].error);
		}
	}
	ck_assert_int_eq(unlink("file") | unlink("link"), 0);
	ck_assert_int_eq(chdir("../.."), 0);
	ck_assert_int_eq(rmdir("deep/deeper") | rmdir("deep"), 0);
}
END_TEST

static int make_fifo(const char *path, void *data)
{
	(void)data;
	return mkfifo(path, 0644);
}

static int make_socket(const char *path, void *data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int *fd = data;

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	return bind(*fd, (const struct sockaddr *)&address, sizeof(address));
}

static int make_descriptor(const char *path, void *data)
{
	(void)data;
	return open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
}

/* The names that are taken; then one that is free. */
static int make_late(const char *path, void *data)
{
	int *left = data;

	if ((*left)-- > 0) {
		errno = *left % 2 ? EEXIST : EADDRINUSE;
		return -1;
	}
	return symlink("nowhere", path);
}

static int make_nothing(const char *path, void *data)
{
	(void)path, (void)data;
	errno = EPROTO;
	return -1;
}

START_TEST(make_makes_any_kind_of_thing_and_returns_what_its_maker_did)
{
	struct stat st;
	char *path = NULL;
	int fd;

	ck_assert_int_eq(tempfile_make(&path, make_fifo, NULL,
				       .prefix = "pipe_", .suffix = ".fifo"), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_ptr_nonnull(strstr(path, "/pipe_"));
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	fd = tempfile_make(&path, make_descriptor, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
}
END_TEST

START_TEST(make_tries_again_when_the_name_is_taken)
{
	int left = 5;
	char *path;

	ck_assert_int_eq(tempfile_make(&path, make_late, &left), 0);
	ck_assert_int_eq(left, -1);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	left = 100000;
	ck_assert_int_eq(tempfile_make(&path, make_late, &left), -1);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(make_fails_as_its_maker_does)
{
	char *path = file;

	ck_assert_int_eq(tempfile_make(&path, make_nothing, NULL), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_ptr_eq(path, file);
	ck_assert_int_eq(tempfile_make(&path, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(tempfile_make(NULL, make_fifo, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	WITH_MADE (fifo, make_nothing, NULL) {
		ck_abort_msg("%s was made", fifo->path);
	} else {
		ck_assert_int_eq(errno, EPROTO);
	}
	hook_listen();
	WITH_MADE (fifo, NULL, NULL)
		ck_abort_msg("%s was made", fifo->path);
	ck_assert_str_eq(hook_heard(), "open made path 22 at a line");
}
END_TEST

START_TEST(made_permissions_are_exact_where_they_are_given)
{
	mode_t before = umask(0777);
	struct stat st;

	WITH_MADE (fifo, make_fifo, NULL, .permissions = 0666) {
		ck_assert_int_eq(lstat(fifo->path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0666);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	umask(before);
}
END_TEST

START_TEST(a_made_socket_fits_and_goes_with_its_scope)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	WITH_MADE (path, make_socket, &fd, .socket_path = true) {
		ck_assert_uint_eq(testing_entries(NULL), 1);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
	close(fd);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_fails_before_anything_is_made)
{
	char deep[160], prefix[120];
	char *path;
	int fd = -1;

	memset(prefix, 'p', sizeof(prefix));
	prefix[sizeof(prefix) - 1] = '\0';
	ck_assert_int_eq(tempfile_make(&path, make_socket, &fd,
				       .prefix = prefix, .socket_path = true),
			 -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	/* "/tmp", "/", the name, '\0': 108 bytes are enough, 109 are not. */
	memset(deep, 'n', sizeof(deep));
	deep[108 - 5 - 16 - 1] = '\0';
	path = NULL;
	ck_assert_int_eq(tempfile_make(&path, make_fifo, NULL, .dir = "/tmp",
				       .prefix = deep, .socket_path = true), 0);
	ck_assert_uint_eq(strlen(path), 107);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	strcat(deep, "n");
	ck_assert_int_eq(tempfile_make(&path, make_fifo, NULL, .dir = "/tmp",
				       .prefix = deep, .socket_path = true), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

static void leave_alive(void *data)
{
	struct tempfile_path *adopted = tempfile_path_adopt(data);
	struct tempfile_path *made = tempfile_path_make(make_fifo, NULL);

	testing_expect(adopted && made);
	exit(0);
}

START_TEST(adopted_and_made_things_go_at_exit)
{
	int status;

	ck_assert(persisting_write(file, "x"));
	status = testing_in_child(leave_alive, file);
	ck_assert(testing_exited(status, 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, an_adopted_file_goes_with_its_scope);
	tcase_add_test(tests, an_adopted_directory_goes_with_all_that_is_in_it);
	tcase_add_test(tests, an_adopted_link_goes_itself);
	tcase_add_test(tests, a_relative_path_is_made_absolute_at_once);
	tcase_add_test(tests,
		what_took_the_place_of_an_adopted_file_is_left_alone);
	tcase_add_test(tests, a_kept_path_stays);
	tcase_add_test(tests, what_cannot_be_adopted_says_why);
	tcase_add_test(tests,
		make_makes_any_kind_of_thing_and_returns_what_its_maker_did);
	tcase_add_test(tests, make_tries_again_when_the_name_is_taken);
	tcase_add_test(tests, make_fails_as_its_maker_does);
	tcase_add_test(tests, made_permissions_are_exact_where_they_are_given);
	tcase_add_test(tests, a_made_socket_fits_and_goes_with_its_scope);
	tcase_add_test(tests,
		a_path_too_long_for_a_socket_fails_before_anything_is_made);
	tcase_add_test(tests, adopted_and_made_things_go_at_exit);
}

TESTING_MAIN_CASE("path", fill)
