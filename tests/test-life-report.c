/* SPDX-License-Identifier: MIT */
/* test-life-report.c - who is told of what nobody sees, and who is not. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <with.h>

#include "base/syscalls.h"
#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

static char told[4096];

/* What a child writes to stderr. */
static char *stderr_of(void (*function)(void *data), void *data, int *ret_status)
{
	int ends[2];
	ssize_t got, all = 0;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		function(data);
		exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], told + all,
			   sizeof(told) - 1 - (size_t)all)) > 0)
		all += got;
	told[all] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, ret_status, 0), child);
	return told;
}

/* A directory whose removal fails with ESTALE at the end of its scope. */
static void fail_in_a_scope(void *unused)
{
	(void)unused;
	WITH_TEMPDIR (dir) {
		testing_expect(rmdir(dir->path) == 0);
		testing_expect(mkdir(dir->path, 0700) == 0);
	}
	/* A failed entry. */
	WITH_TEMPDIR (dir, .dir = "/none/at/all") {
		testing_expect(dir == NULL);
	}
}

static void remove_impostors(void)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -rf %s/*", testing_tmpdir());
	ck_assert_int_eq(system(command), 0);
}

static void is_silent(void (*function)(void *unused))
{
	int status;

	ck_assert_str_eq(stderr_of(function, NULL, &status), "");
	ck_assert(testing_exited(status, 0));
	remove_impostors();
}

START_TEST(silent_by_default)
{
	is_silent(fail_in_a_scope);
}
END_TEST

static void debug_fail_in_a_scope(void *unused)
{
	setenv("LIBWITH_DEBUG", "1", 1);
	fail_in_a_scope(unused);
}

START_TEST(debug_tells_path_error_and_source_line)
{
	char *line;
	int status;

	line = stderr_of(debug_fail_in_a_scope, NULL, &status);
	ck_assert(testing_exited(status, 0));
	ck_assert_msg(strstr(line, strerror(ESTALE)) &&
		      strstr(line, testing_tmpdir()) &&
		      strstr(line, "remove"), "%s", line);
	ck_assert_msg(strstr(line, strerror(ENOENT)) &&
		      strstr(line, "/none/at/all") && strstr(line, "open"),
		      "%s", line);
	ck_assert_msg(strstr(line, "test-life-report.c:"), "%s", line);
	remove_impostors();
}
END_TEST

static void leave_one_open(void *unused)
{
	struct tempfile_dir *dir;

	(void)unused;
	setenv("LIBWITH_DEBUG", "1", 1);
	dir = tempfile_dir_open();
	testing_expect(dir != NULL);
}

START_TEST(debug_lists_at_exit_what_was_not_closed)
{
	int status;
	char *line = stderr_of(leave_one_open, NULL, &status);

	ck_assert_msg(strstr(line, "not closed by its scope") &&
		      strstr(line, "test-life-report.c:"), "%s", line);
	ck_assert_ptr_null(strchr(strchr(line, '\n') + 1, '\n'));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void another_value(void *unused)
{
	setenv("LIBWITH_DEBUG", "0", 1);
	fail_in_a_scope(unused);
}

START_TEST(only_one_turns_it_on)
{
	is_silent(another_value);
}
END_TEST

static struct {
	int count;
	int errors[4];
	char operations[4][16];
	bool source[4];
} heard;

static void hear(const struct with_error *error, void *data)
{
	int i = heard.count++;

	testing_expect(data == &heard && i < 4);
	heard.errors[i] = error->error;
	strcpy(heard.operations[i], error->operation);
	heard.source[i] = error->source &&
			  strstr(error->source, "test-life-report.c:");
	errno = EDOM;
}

static void be_heard(void *unused)
{
	with_set_error_hook(hear, &heard);
	setenv("LIBWITH_DEBUG", "1", 1);
	errno = EXDEV;
	fail_in_a_scope(unused);
	testing_expect(heard.count == 2);
	testing_expect(heard.errors[0] == ESTALE && heard.source[0]);
	testing_expect(strcmp(heard.operations[0], "remove") == 0);
	testing_expect(heard.errors[1] == ENOENT && heard.source[1]);
	testing_expect(strcmp(heard.operations[1], "open") == 0);
}

START_TEST(the_hook_hears_it_instead_of_stderr)
{
	is_silent(be_heard);
}
END_TEST

/* As a logger does whose file cannot be opened. */
static void hear_and_fail(const struct with_error *error, void *data)
{
	int *count = data;

	testing_expect(strcmp(error->operation, "open") == 0);
	++*count;
	WITH_FILE (log, "/none/at/all", "a")
		_exit(1);
}

START_CHILD_TEST(what_the_hook_itself_fails_in_is_not_told_to_it)
{
	int count = 0;

	with_set_error_hook(hear_and_fail, &count);
	for (int i = 1; i <= 2; i++) {
		WITH_TEMPDIR (dir, .dir = "/none/at/all")
			_exit(1);
		testing_expect(count == i);
	}
}
END_CHILD_TEST

static int refuse_stuck(int dirfd, const char *name, int flags)
{
	if (!strstr(name, "stuck"))
		return unlinkat(dirfd, name, flags);
	errno = EIO;
	return -1;
}

/* As a logger may that writes to a temporary file. */
static void hear_and_make(const struct with_error *error, void *data)
{
	int *count = data;

	testing_expect(strcmp(error->operation, "remove") == 0);
	testing_expect(tempfile_named_open(.prefix = "hook") != NULL);
	++*count;
}

static void exit_with_a_busy_hook(void *unused)
{
	static int count;

	(void)unused;
	alarm(20);
	with_set_error_hook(hear_and_make, &count);
	with__sys.unlinkat = refuse_stuck;
	testing_expect(tempfile_named_open(.prefix = "stuck") != NULL);
	exit(0);
}

START_TEST(a_hook_that_makes_something_at_exit_does_not_go_on_for_ever)
{
	int status = testing_in_child(exit_with_a_busy_hook, NULL);

	ck_assert_msg(testing_exited(status, 0), "%#x", status);
	ck_assert_uint_eq(testing_entries(NULL), 1);
	remove_impostors();
}
END_TEST

static void ignore_failures(void *unused)
{
	(void)unused;
	setenv("LIBWITH_DEBUG", "1", 1);
	WITH_TEMPDIR (dir, .ignore_cleanup_errors = true) {
		testing_expect(rmdir(dir->path) == 0);
		testing_expect(mkdir(dir->path, 0700) == 0);
	}
}

START_TEST(ignored_failures_are_told_to_nobody)
{
	is_silent(ignore_failures);
}
END_TEST

static void fail_in_a_handler(void *unused)
{
	struct tempfile_dir *dir;

	(void)unused;
	setenv("LIBWITH_DEBUG", "1", 1);
	testing_default_signals();
	dir = tempfile_dir_open();
	testing_expect(dir != NULL && rmdir(dir->path) == 0);
	testing_expect(mkdir(dir->path, 0700) == 0);
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	raise(SIGTERM);
}

START_TEST(debug_tells_from_a_handler_by_number)
{
	int status;
	char *line = stderr_of(fail_in_a_handler, NULL, &status);
	char number[32];

	snprintf(number, sizeof(number), "errno %d", ESTALE);
	ck_assert(testing_killed(status, SIGTERM));
	ck_assert_msg(strstr(line, number) &&
		      strstr(line, "test-life-report.c:"), "%s", line);
	remove_impostors();
}
END_TEST

/* Set-uid: a copy of this program, owned by nobody, run by root. */
static char copy[4096];

static void run_set_uid(void *unused)
{
	(void)unused;
	setenv("LIBWITH_DEBUG", "1", 1);
	setenv("TESTING_AS_USER", "1", 1);
	execl(copy, copy, (char *)NULL);
	_exit(127);
}

static void copy_this_program(mode_t mode)
{
	char command[9000];

	/* Here, since no program may run from many a tmpfs. */
	snprintf(copy, sizeof(copy), "./set-uid-%d", (int)getpid());
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int)getpid(),
		 copy);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(chown(copy, TESTING_NOBODY, TESTING_NOBODY), 0);
	ck_assert_int_eq(chmod(copy, mode), 0);
}

START_TEST(set_uid_programs_ignore_the_environment)
{
	struct statvfs here;
	int status;

	/* Only root can make one for another user, and not everywhere. */
	if (testing_is_wrapped() || geteuid() != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) ||
	    statvfs(".", &here) < 0 || (here.f_flag & ST_NOSUID))
		return;
	copy_this_program(0755);
	ck_assert_str_ne(stderr_of(run_set_uid, NULL, &status), "");
	ck_assert(testing_exited(status, 0));
	copy_this_program(04755);
	ck_assert_str_eq(stderr_of(run_set_uid, NULL, &status), "");
	ck_assert(testing_exited(status, 0));
	ck_assert_int_eq(unlink(copy), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		silent_by_default,
		debug_tells_path_error_and_source_line,
		debug_lists_at_exit_what_was_not_closed,
		only_one_turns_it_on,
		the_hook_hears_it_instead_of_stderr,
		what_the_hook_itself_fails_in_is_not_told_to_it,
		a_hook_that_makes_something_at_exit_does_not_go_on_for_ever,
		ignored_failures_are_told_to_nobody,
		debug_tells_from_a_handler_by_number,
		set_uid_programs_ignore_the_environment,
	};

	if (getenv("TESTING_AS_USER")) {
		with__report("open", "something", NULL);
		return 0;
	}
	return testing_run("life-report", tests, 10, NULL);
}
