/* SPDX-License-Identifier: MIT */
/* testing.c - the runner and the helpers of all test programs. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/syscalls.h"
#include "testing.h"

/*
 * Weak, since a program that is linked to the shared library only, as a
 * user's is, has no such symbol.
 */
#pragma weak with__sys

/* What a test may change and the next one must not see. */
static struct {
	struct with__syscalls sys;
	struct rlimit nofile;
	mode_t mask;
	int directory;
} saved;

static struct with__syscalls *table_of_calls(void)
{
	/* Through a pointer: a compiler may take an object's address to be
	 * non-null, weak or not. */
	struct with__syscalls *volatile table = &with__sys;

	return table;
}

static void save_state(void)
{
	if (table_of_calls())
		saved.sys = *table_of_calls();
	saved.mask = umask(0);
	umask(saved.mask);
	getrlimit(RLIMIT_NOFILE, &saved.nofile);
	saved.directory = open(".", O_PATH | O_CLOEXEC);
}

static void restore_state(void)
{
	if (table_of_calls())
		*table_of_calls() = saved.sys;
	umask(saved.mask);
	setrlimit(RLIMIT_NOFILE, &saved.nofile);
	if (saved.directory >= 0) {
		if (fchdir(saved.directory) < 0)
			perror("testing: back to the build directory");
		close(saved.directory);
	}
}

int testing_run(const char *name, const TTest *const *tests, size_t count,
		void (*fill)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	/* What is inherited would count against the limits of tests. */
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	tcase_add_checked_fixture(tcase, save_state, restore_state);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	if (fill)
		fill(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *testing_tmpdir(void)
{
	const char *path = getenv("TMPDIR");

	if (!path || !*path) {
		fputs("TMPDIR is not set: use tests/run-in-sandbox\n", stderr);
		_exit(99);
	}
	return path;
}

size_t testing_entries(const char *path)
{
	DIR *directory = opendir(path ? path : testing_tmpdir());
	size_t count = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory)); )
		count += strcmp(entry->d_name, ".") &&
			 strcmp(entry->d_name, "..");
	closedir(directory);
	return count;
}

char *testing_descriptors(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	DIR *directory = opendir("/proc/self/fd");
	char target[4096];

	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory)); ) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name,
					    target, sizeof(target));

		/* Not ".", "..", nor the descriptor that lists them. */
		if (length >= 0 && atoi(entry->d_name) != dirfd(directory))
			fprintf(out, "%s %.*s\n", entry->d_name, (int)length,
				target);
	}
	closedir(directory);
	fclose(out);
	return text;
}

pid_t testing_begin_child(void (*function)(void *data), void *data)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		function(data);
		_exit(0);
	}
	return child;
}

int testing_end_child(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

int testing_in_child(void (*function)(void *data), void *data)
{
	return testing_end_child(testing_begin_child(function, data));
}

void testing_expected(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: in the child, does not hold: %s\n", file, line,
		condition);
	_exit(1);
}

void testing_default_signals(void)
{
	for (int number = 1; number < SIGRTMIN; number++)
		(void)signal(number, SIG_DFL);
}

unsigned testing_draw(unsigned below)
{
	static unsigned long long state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

int testing_storm(int few, int many)
{
	const char *factor = getenv("TESTING_STORM");

	return factor ? (int)(many * atof(factor)) : few;
}

bool testing_is_wrapped(void)
{
	return getenv("TESTING_WRAPPER") != NULL;
}

void testing_drop_privileges(void)
{
	if (geteuid() != 0)
		return;
	testing_expect(chown(testing_tmpdir(), TESTING_NOBODY,
			     TESTING_NOBODY) == 0);
	testing_expect(setgroups(0, NULL) == 0);
	testing_expect(setresgid(TESTING_NOBODY, TESTING_NOBODY,
				 TESTING_NOBODY) == 0);
	testing_expect(setresuid(TESTING_NOBODY, TESTING_NOBODY,
				 TESTING_NOBODY) == 0);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 &&
		       write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

static bool has_own_mounts(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char users[64], groups[64];

	if (uid != 0 || unshare(CLONE_NEWNS) < 0) {
		snprintf(users, sizeof(users), "0 %u 1", uid);
		snprintf(groups, sizeof(groups), "0 %u 1", gid);
		/* Without both maps nothing can be created: no such owner. */
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		    !write_text("/proc/self/setgroups", "deny") ||
		    !write_text("/proc/self/uid_map", users) ||
		    !write_text("/proc/self/gid_map", groups))
			return false;
	}
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0;
}

void testing_own_mounts(void)
{
	if (has_own_mounts())
		return;
	testing_expect(!getenv("CI"));
	fprintf(stderr, "not tested here: this user may not mount\n");
	_exit(0);
}
