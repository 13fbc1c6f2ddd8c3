/* SPDX-License-Identifier: MIT */
/* test-process-state.c - the guards of with/process.h */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with/process.h>

#include "base/syscalls.h"
#include "hook.h"
#include "testing.h"

static char path[4096];
static char other[4096];
static const char *null;

static ino_t here(void)
{
	struct stat st;

	ck_assert_int_eq(stat(".", &st), 0);
	return st.st_ino;
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(name, &st), 0);
	return st.st_ino;
}

START_TEST(chdir_is_for_the_block_and_comes_back)
{
	char *before = testing_descriptors();
	ino_t home = here();
	ino_t there = inode_of(testing_tmpdir());

	WITH_CHDIR (back, testing_tmpdir()) {
		ck_assert_int_eq(fcntl(back, F_GETFD), FD_CLOEXEC);
		ck_assert(here() == there);
		errno = EDOM;
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert(here() == home);
	{
		SCOPED_CHDIR(back, testing_tmpdir());
		ck_assert(here() == there);
		ck_assert_int_eq(with_chdir_close(&back), 0);
		ck_assert_int_eq(back, -1);
		ck_assert(here() == home);
		ck_assert_int_eq(with_chdir_close(&back), 0);
	}
	WITH_CHDIR (back, testing_tmpdir()) {
		int kept = with_chdir_steal(&back);

		ck_assert_int_eq(back, -1);
		ck_assert(here() == there);
		back = kept;
	}
	ck_assert(here() == home);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(chdir_comes_back_though_the_old_path_moved)
{
	ino_t old;

	snprintf(path, sizeof(path), "%s/old", testing_tmpdir());
	snprintf(other, sizeof(other), "%s/moved", testing_tmpdir());
	ck_assert_int_eq(mkdir(path, 0700), 0);
	WITH_CHDIR (home, path) {
		old = here();
		WITH_CHDIR (back, "/") {
			ck_assert_int_eq(rename(path, other), 0);
			/* Somebody else takes the path. */
			ck_assert_int_eq(mkdir(path, 0700), 0);
		}
		ck_assert(here() == old);
		ck_assert_int_eq(rmdir(other), 0);
	}
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(fchdir_enters_a_descriptor)
{
	int fd = open(testing_tmpdir(), O_RDONLY | O_CLOEXEC);
	ino_t home = here();

	WITH_FCHDIR (back, fd)
		ck_assert(here() == inode_of(testing_tmpdir()));
	else
		ck_abort_msg("%s", strerror(errno));
	ck_assert(here() == home);
	{
		SCOPED_FCHDIR(back, fd);
		ck_assert_int_ge(back, 0);
		ck_assert(here() != home);
	}
	ck_assert(here() == home);
	close(fd);
}
END_TEST

START_TEST(chdir_to_nowhere_runs_the_else_arm)
{
	char *before = testing_descriptors();
	ino_t home = here();

	hook_listen();
	errno = 0;
	WITH_CHDIR (back, "/nonexistent") {
		ck_abort_msg("there is %d", back);
	} else {
		ck_assert_int_eq(back, -1);
		ck_assert_int_eq(errno, ENOENT);
	}
	ck_assert_str_eq(hook_heard(), "open with_chdir 2 at a line");
	WITH_CHDIR (back, null)
		ck_abort_msg("there is %d", back);
	else
		ck_assert_int_eq(errno, EINVAL);
	WITH_FCHDIR (back, -1)
		ck_abort_msg("there is %d", back);
	else
		ck_assert_int_eq(errno, EBADF);
	ck_assert(here() == home);
	testing_same_descriptors(before);
}
END_TEST

static void shut_the_way_back(void *data)
{
	(void)data;
	testing_drop_privileges();
	testing_expect(chdir(path) == 0);
	hook_listen();
	WITH_CHDIR (back, "/") {
		testing_expect(chmod(path, 0) == 0);
		testing_expect(with_chdir_close(&back) == -1);
		testing_expect(errno == EACCES);
		testing_expect(chmod(path, 0700) == 0);
		testing_expect(chdir(path) == 0);
	}
	testing_expect(!*hook_heard());
	hook_listen();
	WITH_CHDIR (back, "/") {
		testing_expect(chmod(path, 0) == 0);
		errno = EDOM;
	}
	testing_expect(errno == EDOM);
	testing_expect(strcmp(hook_heard(), "close current directory 13") == 0);
}

START_TEST(way_back_that_is_shut_is_returned_or_told)
{
	int status;

	snprintf(path, sizeof(path), "%s/shut", testing_tmpdir());
	ck_assert_int_eq(mkdir(path, 0700), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(path, TESTING_NOBODY, TESTING_NOBODY), 0);
	status = testing_in_child(shut_the_way_back, NULL);
	ck_assert(testing_exited(status, 0));
	rmdir(path);
}
END_TEST

START_TEST(env_is_set_or_unset_for_the_block)
{
	unsetenv("WITH_TEST");
	WITH_ENV (env, "WITH_TEST", "one") {
		ck_assert_str_eq(getenv("WITH_TEST"), "one");
		ck_assert_str_eq(env->name, "WITH_TEST");
		ck_assert_ptr_null(env->before);
		WITH_ENV (inner, "WITH_TEST", null) {
			ck_assert_ptr_null(getenv("WITH_TEST"));
			ck_assert_str_eq(inner->before, "one");
			setenv("WITH_TEST", "changed meanwhile", 1);
			errno = EDOM;
		}
		ck_assert_int_eq(errno, EDOM);
		ck_assert_str_eq(getenv("WITH_TEST"), "one");
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_ptr_null(getenv("WITH_TEST"));
}
END_TEST

START_TEST(env_that_is_empty_is_not_env_that_is_unset)
{
	setenv("WITH_TEST", "", 1);
	{
		SCOPED_ENV(env, "WITH_TEST", null);
		ck_assert_str_eq(env->before, "");
		ck_assert_ptr_null(getenv("WITH_TEST"));
	}
	ck_assert_ptr_nonnull(getenv("WITH_TEST"));
	ck_assert_str_eq(getenv("WITH_TEST"), "");
	unsetenv("WITH_TEST");
	{
		SCOPED_ENV(env, "WITH_TEST", "");
		ck_assert_ptr_null(env->before);
		ck_assert_str_eq(getenv("WITH_TEST"), "");
		ck_assert_int_eq(with_env_close(&env), 0);
		ck_assert_ptr_null(env);
		ck_assert_ptr_null(getenv("WITH_TEST"));
		ck_assert_int_eq(with_env_close(&env), 0);
	}
}
END_TEST

START_TEST(env_is_stolen_and_put_back_later)
{
	struct with_env *kept = NULL;

	setenv("WITH_TEST", "old", 1);
	WITH_ENV (env, "WITH_TEST", "new")
		kept = with_env_steal(&env);
	ck_assert_str_eq(getenv("WITH_TEST"), "new");
	ck_assert_int_eq(with_env_close(&kept), 0);
	ck_assert_str_eq(getenv("WITH_TEST"), "old");
	unsetenv("WITH_TEST");
}
END_TEST

/* The first of all stands elsewhere than the others, and so do long ones. */
START_TEST(many_envs_are_put_back_in_any_order)
{
	static const char *const names[] = { "WITH_A", "WITH_B", "WITH_C" };
	struct with_env *envs[3];
	char lengthy[300];

	memset(lengthy, 'x', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	for (unsigned turn = 0; turn < 18; turn++) {
		const char *old = turn < 9 ? "old" : lengthy;

		for (unsigned i = 0; i < 3; i++) {
			setenv(names[i], old, 1);
			envs[i] = with_env_open(names[i], names[i]);
			ck_assert_ptr_nonnull(envs[i]);
		}
		for (unsigned i = 0; i < 3; i++) {
			unsigned next = (turn + i * (1 + turn / 3 % 2)) % 3;

			ck_assert_str_eq(envs[next]->before, old);
			ck_assert_str_eq(envs[next]->name, names[next]);
			ck_assert_str_eq(getenv(names[next]), names[next]);
			ck_assert_int_eq(with_env_close(&envs[next]), 0);
			ck_assert_str_eq(getenv(names[next]), old);
		}
	}
	for (unsigned i = 0; i < 3; i++)
		unsetenv(names[i]);
}
END_TEST

START_TEST(env_of_no_name_runs_the_else_arm)
{
	hook_listen();
	errno = 0;
	WITH_ENV (env, null, "x") {
		ck_abort_msg("there is %p", (void *)env);
	} else {
		ck_assert_ptr_null(env);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(hook_heard(), "open with_env 22 at a line");
	errno = 0;
	ck_assert_ptr_null(with_env_open("", "x"));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(with_env_open("A=B", "x"));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static unsigned present_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

START_TEST(umask_is_for_the_block)
{
	umask(022);
	WITH_UMASK (before, 077u) {
		ck_assert_int_eq(before, 022);
		ck_assert_uint_eq(present_umask(), 077);
		umask(011);
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_uint_eq(present_umask(), 022);
	{
		SCOPED_UMASK(before, 0u);
		ck_assert_uint_eq(present_umask(), 0);
		ck_assert_int_eq(with_umask_close(&before), 0);
		ck_assert_int_eq(before, -1);
		ck_assert_uint_eq(present_umask(), 022);
		umask(007);
		ck_assert_int_eq(with_umask_close(&before), 0);
	}
	ck_assert_uint_eq(present_umask(), 007);
	WITH_UMASK (before, 027u)
		ck_assert_int_eq(with_umask_steal(&before), 007);
	ck_assert_uint_eq(present_umask(), 027);
	errno = 0;
	WITH_UMASK (before, 01000u)
		ck_abort_msg("there is %d", before);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(present_umask(), 027);
}
END_TEST

static struct rlimit files(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit;
}

START_TEST(soft_limit_is_for_the_block_and_the_hard_one_stays)
{
	struct rlimit before = files();
	struct with_rlimit kept = { .held = 0 };

	WITH_RLIMIT (limit, RLIMIT_NOFILE, 50) {
		ck_assert_uint_eq(limit.before, before.rlim_cur);
		ck_assert_uint_eq(files().rlim_cur, 50);
		ck_assert_uint_eq(files().rlim_max, before.rlim_max);
		errno = EDOM;
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_uint_eq(files().rlim_cur, before.rlim_cur);
	{
		SCOPED_RLIMIT(limit, RLIMIT_NOFILE, 50);
		ck_assert_int_eq(with_rlimit_close(&limit), 0);
		ck_assert_int_eq(limit.held, 0);
		ck_assert_uint_eq(files().rlim_cur, before.rlim_cur);
		ck_assert_int_eq(with_rlimit_close(&limit), 0);
	}
	WITH_RLIMIT (limit, RLIMIT_NOFILE, 50)
		kept = with_rlimit_steal(&limit);
	ck_assert_uint_eq(files().rlim_cur, 50);
	ck_assert_int_eq(with_rlimit_close(&kept), 0);
	ck_assert_uint_eq(files().rlim_cur, before.rlim_cur);
}
END_TEST

START_TEST(limit_that_cannot_be_runs_the_else_arm)
{
	struct rlimit before = files();

	hook_listen();
	errno = 0;
	WITH_RLIMIT (limit, RLIMIT_NOFILE, before.rlim_max + 1)
		ck_abort_msg("there is %d", limit.held);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_str_eq(hook_heard(), "open with_rlimit 22 at a line");
	errno = 0;
	WITH_RLIMIT (limit, 12345, 1)
		ck_abort_msg("there is %d", limit.held);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(files().rlim_cur, before.rlim_cur);
}
END_TEST

START_CHILD_TEST(hard_limit_lowered_meanwhile_bounds_the_soft_one)
{
	if (testing_is_wrapped())
		return;
	testing_drop_privileges();
	WITH_RLIMIT (limit, RLIMIT_NOFILE, 50) {
		struct rlimit lower = { .rlim_cur = 50, .rlim_max = 60 };

		testing_expect(setrlimit(RLIMIT_NOFILE, &lower) == 0);
		testing_expect(with_rlimit_close(&limit) == 0);
	}
	testing_expect(files().rlim_cur == 60);
	testing_expect(files().rlim_max == 60);
}
END_CHILD_TEST

static int is_blocked(int signal)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal);
}

static volatile sig_atomic_t rung;

static void ring(int signal)
{
	(void)signal;
	rung = 1;
}

START_TEST(signals_are_blocked_for_the_block)
{
	struct sigaction action = { .sa_handler = ring }, old;

	sigaction(SIGUSR1, &action, &old);
	rung = 0;
	WITH_SIGMASK (mask, SIG_BLOCK, SIGUSR1, SIGRTMAX) {
		ck_assert(mask.held);
		ck_assert(is_blocked(SIGUSR1) && is_blocked(SIGRTMAX));
		ck_assert(!is_blocked(SIGUSR2));
		raise(SIGUSR1);
		ck_assert_int_eq(rung, 0);
		WITH_SIGMASK (inner, SIG_UNBLOCK, SIGRTMAX) {
			ck_assert(!is_blocked(SIGRTMAX));
			ck_assert(is_blocked(SIGUSR1));
		}
		ck_assert(is_blocked(SIGRTMAX));
		errno = EDOM;
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_eq(rung, 1);
	ck_assert(!is_blocked(SIGUSR1) && !is_blocked(SIGRTMAX));
	sigaction(SIGUSR1, &old, NULL);
}
END_TEST

START_TEST(all_signals_or_none_are_blocked)
{
	struct with_sigmask kept = { .held = 0 };

	{
		SCOPED_SIGMASK(all, SIG_BLOCK, WITH_ALL_SIGNALS);
		ck_assert(is_blocked(SIGUSR1) && is_blocked(SIGRTMAX));
		WITH_SIGMASK (none, SIG_SETMASK)
			ck_assert(!is_blocked(SIGUSR1) && !is_blocked(SIGRTMAX));
		ck_assert(is_blocked(SIGTERM));
		ck_assert_int_eq(with_sigmask_close(&all), 0);
		ck_assert(!is_blocked(SIGTERM) && !all.held);
		ck_assert_int_eq(with_sigmask_close(&all), 0);
	}
	WITH_SIGMASK (mask, SIG_BLOCK, SIGUSR1)
		kept = with_sigmask_steal(&mask);
	ck_assert(is_blocked(SIGUSR1));
	ck_assert_int_eq(with_sigmask_close(&kept), 0);
	ck_assert(!is_blocked(SIGUSR1));
}
END_TEST

START_TEST(signals_that_are_none_run_the_else_arm)
{
	errno = 0;
	WITH_SIGMASK (mask, SIG_BLOCK, SIGUSR1, 12345)
		ck_abort_msg("there is %ld", mask.held);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert(!is_blocked(SIGUSR1));
	errno = 0;
	WITH_SIGMASK (mask, 12345, SIGUSR1)
		ck_abort_msg("there is %ld", mask.held);
	else
		ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert(!with_sigmask_open(SIG_BLOCK, NULL).held);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void *other_thread_sees(void *ret)
{
	*(locale_t *)ret = uselocale((locale_t)0);
	return NULL;
}

START_TEST(locale_is_of_the_block_and_of_the_thread)
{
	locale_t before = uselocale((locale_t)0), seen = before;
	struct with_locale kept = { .entered_ = NULL };
	pthread_t thread;

	WITH_LOCALE (locale, LC_CTYPE, "C.UTF-8") {
		ck_assert(uselocale((locale_t)0) != before);
		ck_assert_uint_eq(MB_CUR_MAX > 1, 1);
		pthread_create(&thread, NULL, other_thread_sees, &seen);
		pthread_join(thread, NULL);
		ck_assert(seen == LC_GLOBAL_LOCALE);
		WITH_LOCALE (inner, LC_NUMERIC, "C")
			ck_assert_uint_eq(MB_CUR_MAX > 1, 1);
		WITH_LOCALE (inner, LC_ALL, "C")
			ck_assert_uint_eq(MB_CUR_MAX, 1);
		errno = EDOM;
	} else {
		ck_abort_msg("%s", strerror(errno));
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert(uselocale((locale_t)0) == before);
	{
		SCOPED_LOCALE(locale, LC_ALL, "C");
		ck_assert_int_eq(with_locale_close(&locale), 0);
		ck_assert_ptr_null(locale.entered_);
		ck_assert(uselocale((locale_t)0) == before);
		ck_assert_int_eq(with_locale_close(&locale), 0);
	}
	WITH_LOCALE (locale, LC_ALL, "C")
		kept = with_locale_steal(&locale);
	ck_assert(uselocale((locale_t)0) != before);
	ck_assert_int_eq(with_locale_close(&kept), 0);
	ck_assert(uselocale((locale_t)0) == before);
}
END_TEST

START_TEST(locale_that_is_none_runs_the_else_arm)
{
	locale_t before = uselocale((locale_t)0);

	errno = 0;
	WITH_LOCALE (locale, LC_ALL, null)
		ck_abort_msg("there is %p", locale.entered_);
	else
		ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	WITH_LOCALE (locale, 12345, "C")
		ck_abort_msg("there is %p", locale.entered_);
	else
		ck_assert_int_eq(errno, EINVAL);
#ifdef __GLIBC__	/* musl takes any name for C.UTF-8 */
	hook_listen();
	WITH_LOCALE (locale, LC_ALL, "xx_NOWHERE")
		ck_abort_msg("there is %p", locale.entered_);
	else
		ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(hook_heard(), "open with_locale 2 at a line");
#endif
	ck_assert(uselocale((locale_t)0) == before);
}
END_TEST

TESTING_MAIN("process-state",
	chdir_is_for_the_block_and_comes_back,
	chdir_comes_back_though_the_old_path_moved,
	fchdir_enters_a_descriptor,
	chdir_to_nowhere_runs_the_else_arm,
	way_back_that_is_shut_is_returned_or_told,
	env_is_set_or_unset_for_the_block,
	env_that_is_empty_is_not_env_that_is_unset,
	env_is_stolen_and_put_back_later,
	many_envs_are_put_back_in_any_order,
	env_of_no_name_runs_the_else_arm,
	umask_is_for_the_block,
	soft_limit_is_for_the_block_and_the_hard_one_stays,
	limit_that_cannot_be_runs_the_else_arm,
	hard_limit_lowered_meanwhile_bounds_the_soft_one,
	signals_are_blocked_for_the_block,
	all_signals_or_none_are_blocked,
	signals_that_are_none_run_the_else_arm,
	locale_is_of_the_block_and_of_the_thread,
	locale_that_is_none_runs_the_else_arm)
