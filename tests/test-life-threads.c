/* SPDX-License-Identifier: MIT */
/*
 * test-life-threads.c - threads that end in the middle of a scope, and
 * functions that are called with a cancellation pending
 *
 * It is built twice, without and with -fexceptions. Only with it, and only
 * with glibc, does the end of a thread give its guards back; otherwise names
 * stay until exit.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <with.h>
#include <with/descriptor.h>

#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

#if defined(__EXCEPTIONS) && defined(__GLIBC__)
#define LEFT_UNTIL_EXIT 0u
#else
#define LEFT_UNTIL_EXIT 1u
#endif

static void *exit_in_a_scope(void *unused)
{
	WITH_TEMPDIR (dir) {
		SCOPED_NAMED_TMP(file, .inside = dir);
		pthread_exit(unused);
	}
	return unused;
}

static void *sleep_in_a_scope(void *unused)
{
	WITH_TEMPDIR (dir) {
		SCOPED_NAMED_TMP(file, .inside = dir);
		for (;;)
			pause();
	}
	return unused;
}

static void end_threads(void *unused)
{
	pthread_t thread;

	(void)unused;
	testing_expect(!pthread_create(&thread, NULL, exit_in_a_scope, NULL));
	testing_expect(pthread_join(thread, NULL) == 0);
	testing_expect(testing_entries(NULL) == LEFT_UNTIL_EXIT);
	testing_expect(!pthread_create(&thread, NULL, sleep_in_a_scope, NULL));
	testing_expect(pthread_cancel(thread) == 0);
	testing_expect(pthread_join(thread, NULL) == 0);
	/* It may have been cancelled before it made anything. */
	testing_expect(testing_entries(NULL) <= 2 * LEFT_UNTIL_EXIT);
	exit(0);
}

START_TEST(the_end_of_a_thread_ends_its_scopes_or_exit_does)
{
	ck_assert(testing_exited(testing_in_child(end_threads, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

/* Each is called in a thread of its own that has been cancelled already. */
static struct tempfile_named *named;
static struct tempfile_dir *dir;
static struct tempfile_path *path;
static FILE *file;
static char target[4096];

static int make_file(const char *name, void *unused)
{
	(void)unused;
	return close(open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
}

static void call_open(void)
{
	file = tempfile_open();
	named = tempfile_named_open();
	dir = tempfile_dir_open();
	path = tempfile_path_make(make_file, NULL);
}

static void call_use(void)
{
	FILE *again = tempfile_named_reopen(named, "r");

	(void)tempfile_dir_fd(dir);
	(void)tempfile_dir_join(dir, "%d", 1);
	(void)with_file_close(&again);
	(void)tempfile_named_close_file(named);
	(void)tempfile_named_persist(named, target, TEMPFILE_SYNC);
	(void)tempfile_persist(file, target, TEMPFILE_SYNC);
}

static void call_close(void)
{
	(void)with_file_close(&file);
	(void)tempfile_named_close(&named);
	(void)tempfile_dir_close(&dir);
	(void)tempfile_path_close(&path);
}

static void call_scopes(void)
{
	WITH_TEMPDIR (inner) {
		WITH_NAMED_TMP (other, .inside = inner) {
		}
		WITH_TMP (other) {
		}
	}
}

static void call_raw(void)
{
	char *name = NULL;
	int fd = tempfile_mkstemp(&name);

	if (fd >= 0)
		close(fd);
	if (name)
		unlink(name);
	free(name);
	name = tempfile_mkdtemp();
	if (name)
		(void)tempfile_rmtree(name);
	free(name);
	if (tempfile_make(&name, make_file, NULL) == 0) {
		unlink(name);
		free(name);
	}
}

static void call_location(void)
{
	char *here = getenv("TMPDIR");

	(void)tempfile_set_tempdir(NULL);
	(void)tempfile_gettempdir();
	(void)tempfile_gettempdirb();
	(void)tempfile_set_tempdir(here);
	(void)tempfile_set_tempdir(NULL);
}

static void call_adopt(void)
{
	(void)make_file(target, NULL);
	path = tempfile_path_adopt(target);
	(void)tempfile_path_close(&path);
}

static void call_life(void)
{
	int usr2 = SIGUSR2;

	named = tempfile_named_open();
	(void)with_cleanup_on_signals(&usr2, 1);
	(void)with_leave_signals();
	with_cleanup_now();
	with_unwind(with_mark());
	(void)with_adopt();
	(void)with_disown();
	(void)tempfile_named_close(&named);
}

static void call_opening(void)
{
	int fd = with_fd_open("/dev/null", O_RDONLY);
	DIR *stream = with_dirstream_open("/");
	FILE *null = with_file_open("/dev/null", "r");

	(void)with_fd_close(&fd);
	(void)with_dirstream_close(&stream);
	(void)with_file_close(&null);
}

static int open_nothing(int fd)
{
	errno = EIO;
	return fd;
}

WITH_DEFINE(nothing, int, open_nothing, close)

/* A report is a write(), which is a cancellation point. */
static void call_report(void)
{
	WITH (nothing, fd, -1) {
	}
}

static void (*const calls[])(void) = {
	call_location, call_open, call_use, call_close, call_scopes, call_raw,
	call_adopt, call_life, call_opening, call_report,
};

static volatile bool came_back;

static void *call_cancelled(void *which)
{
	void (*const *call)(void) = which;
	int state;

	/* close() and unlink() of the test's own are points, too. */
	if (*call != call_raw && *call != call_adopt && *call != call_open)
		pthread_cancel(pthread_self());
	(*call)();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	came_back = true;
	pthread_setcancelstate(state, &state);
	pthread_testcancel();
	return NULL;
}

/* Those whose helpers are points themselves: the library's call alone. */
static void *call_creators_cancelled(void *unused)
{
	char *name = NULL;
	int state, fd;

	pthread_cancel(pthread_self());
	file = tempfile_open();
	named = tempfile_named_open();
	dir = tempfile_dir_open();
	fd = tempfile_mkstemp(&name);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	testing_expect(file && named && dir && fd >= 0 && name);
	close(fd);
	unlink(name);
	pthread_setcancelstate(state, &state);
	free(name);
	name = tempfile_mkdtemp();
	testing_expect(name && tempfile_rmtree(name) == 0);
	free(name);
	call_close();
	came_back = true;
	pthread_testcancel();
	return unused;
}

static void run_cancelled(void *(*start)(void *data), void *data)
{
	pthread_t thread;
	void *result;

	came_back = false;
	testing_expect(pthread_create(&thread, NULL, start, data) == 0);
	testing_expect(pthread_join(thread, &result) == 0);
	testing_expect(came_back);
}

static void call_everything(void *unused)
{
	(void)unused;
	snprintf(target, sizeof(target), "%s/target", testing_tmpdir());
	testing_expect(freopen("/dev/null", "w", stderr) != NULL);
	/* Looked up once, so it must stand there from the beginning. */
	setenv("LIBWITH_DEBUG", "1", 1);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		run_cancelled(call_cancelled, (void *)(uintptr_t)&calls[i]);
	run_cancelled(call_creators_cancelled, NULL);
	unlink(target);
	exit(0);
}

START_TEST(no_public_function_is_cut_short_by_a_pending_cancellation)
{
	char *before = testing_descriptors();
	int status = testing_in_child(call_everything, NULL);

	ck_assert_msg(testing_exited(status, 0), "%#x", status);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

static void *create_and_close(void *unused)
{
	for (int i = 0; i < testing_storm(200, 20000); i++) {
		WITH_TEMPDIR (inner) {
			WITH_NAMED_TMP (other, .inside = inner) {
				putc('x', other->file);
			}
		}
	}
	return unused;
}

/* exit() does not wait for threads, and they do not outrun it. */
static void exit_while_others_create(void *unused)
{
	pthread_t thread;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		testing_expect(!pthread_create(&thread, NULL, create_and_close,
					       NULL));
		/* TSan takes it for lost otherwise. */
		testing_expect(pthread_detach(thread) == 0);
	}
	usleep((unsigned)getpid() * 7919u % 3000);
	exit(0);
}

START_TEST(exit_while_other_threads_create_leaves_nothing)
{
	for (int i = 0; i < testing_storm(20, 1000); i++) {
		int status = testing_in_child(exit_while_others_create, NULL);

		ck_assert(testing_exited(status, 0));
		ck_assert_uint_eq(testing_entries(NULL), 0);
	}
}
END_TEST

static pthread_t waited_for;

static void join_it(void)
{
	pthread_join(waited_for, NULL);
}

static void *create_late(void *unused)
{
	usleep(10000);
	WITH_TEMPDIR (inner) {
		testing_expect(access(inner->path, F_OK) == 0);
	} else {
		testing_expect(0);
	}
	return unused;
}

/* An older handler waits for a thread that creates while exit() is going on. */
static void exit_and_wait(void *unused)
{
	struct tempfile_named *kept_open;

	(void)unused;
	testing_expect(atexit(join_it) == 0);
	kept_open = tempfile_named_open();
	testing_expect(kept_open != NULL);
	testing_expect(!pthread_create(&waited_for, NULL, create_late, NULL));
	exit(0);
}

START_TEST(a_thread_that_an_exit_handler_waits_for_is_not_held_for_ever)
{
	ck_assert(testing_exited(testing_in_child(exit_and_wait, NULL), 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void *clean_up_often(void *unused)
{
	for (int i = 0; i < testing_storm(50, 2000); i++)
		with_cleanup_now();
	return unused;
}

/* Several clean-ups, creators and closers at once: nobody takes another's. */
START_TEST(clean_ups_beside_creators_and_closers_lose_nothing)
{
	char *before = testing_descriptors();
	pthread_t threads[6];

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, i % 2 ?
						create_and_close :
						clean_up_often, NULL), 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

TESTING_MAIN("life-threads",
	the_end_of_a_thread_ends_its_scopes_or_exit_does,
	no_public_function_is_cut_short_by_a_pending_cancellation,
	exit_while_other_threads_create_leaves_nothing,
	a_thread_that_an_exit_handler_waits_for_is_not_held_for_ever,
	clean_ups_beside_creators_and_closers_lose_nothing)
