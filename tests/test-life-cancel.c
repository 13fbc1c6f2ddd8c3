/* SPDX-License-Identifier: MIT */
/*
 * test-life-cancel.c - no function of the library is cut short
 *
 * Every function that lib/libwith.map exports is called in a thread with a
 * cancellation pending; check-life.sh holds that none is missing. Between the
 * calls it is put off: what the test itself does is full of points where it
 * would be acted on. Input and output that wait are not the library's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <with.h>
#include <with/capture.h>
#include <with/descriptor.h>
#include <with/exit_stack.h>
#include <with/lock.h>
#include <with/memory.h>
#include <with/process.h>

#include "base/process.h"
#include "life/closing.h"
#include "testing.h"

static const char *volatile calling;
static volatile bool came_back;

static void let_cancel(bool on)
{
	int before;

	pthread_setcancelstate(on ? PTHREAD_CANCEL_ENABLE :
				    PTHREAD_CANCEL_DISABLE, &before);
}

/* What happens to the result is seen by the calls that follow. */
#define CALL(call)							\
	do {								\
		calling = #call;					\
		let_cancel(true);					\
		(void)(call);						\
		let_cancel(false);					\
	} while (0)

static char target[4200];

static int make_file(const char *name, void *unused)
{
	int fd, result;

	(void)unused;
	let_cancel(false);
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	result = close(fd);
	let_cancel(true);
	return result;
}

static void anonymous(void)
{
	FILE *file = NULL;

	CALL(file = tempfile_open(.encoding = "UTF-16"));
	fputs("pending", file);
	CALL(with_file_close(&file));
	CALL(file = tempfile_open(.persistable = true));
	fputs("pending", file);
	CALL(tempfile_persist(file, target, TEMPFILE_SYNC));
	CALL(tempfile_persist(file, target, TEMPFILE_EXCHANGE));
	CALL(with__file_end(file));
	file = tempfile_open(.persistable = true);
	CALL(tempfile_persist(file, target, TEMPFILE_UMASK_MODE));
	testing_expect(fclose(file) == 0 && unlink(target) == 0);
}

static void named(void)
{
	struct tempfile_named *file = NULL;
	FILE *again = NULL;

	CALL(file = tempfile_named_open());
	fputs("pending", file->file);
	CALL(again = tempfile_named_reopen(file, "r"));
	CALL(with_file_close(&again));
	CALL(tempfile_named_close_file(file));
	CALL(tempfile_named_persist(file, target, TEMPFILE_SYNC));
	CALL(tempfile_named_close(&file));
	testing_expect(unlink(target) == 0);
	file = tempfile_named_open(.random_length = 3);
	fputs("pending", file->file);
	CALL(tempfile__named_end(file));
	file = tempfile_named_open();
	CALL(tempfile_named_keep(file));
	testing_expect(unlink(file->path) == 0);
	CALL(tempfile_named_close(&file));
}

static void fill(struct tempfile_dir *dir)
{
	testing_expect(mkdir(tempfile_dir_join(dir, "d"), 0) == 0);
}

/* Enough for helpers to be begun, and waited for. */
static void fill_for_threads(struct tempfile_dir *dir)
{
	for (int i = 0; i < 100; i++) {
		testing_expect(!mkdir(tempfile_dir_join(dir, "%d", i), 0700));
		testing_expect(!symlink("x", tempfile_dir_join(dir, "%d/x",
							       i)));
	}
}

static void directory(void)
{
	struct tempfile_dir *dir = NULL;

	CALL(dir = tempfile_dir_open());
	CALL(tempfile_dir_fd(dir));
	CALL(tempfile_dir_join(dir, "%d", 1));
	fill(dir);
	CALL(tempfile_dir_close(&dir));
	dir = tempfile_dir_open(.permissions = 0777, .random_length = 3,
				.threads = 2);
	fill_for_threads(dir);
	CALL(tempfile__dir_end(dir));
	dir = tempfile_dir_open();
	CALL(tempfile_dir_keep(dir));
	CALL(tempfile_rmtree(dir->path));
	CALL(tempfile_dir_close(&dir));
}

static void spooled(void)
{
	struct tempfile_spooled *file = NULL;

	CALL(file = tempfile_spooled_open(.max_size = 4));
	fputs("pending", file->file);
	CALL(tempfile_spooled_rolled(file));
	CALL(tempfile_spooled_truncate(file, 2));
	CALL(tempfile_spooled_close(&file));
	file = tempfile_spooled_open();
	fputs("pending", file->file);
	CALL(tempfile_spooled_rollover(file));
	CALL(tempfile_spooled_fileno(file));
	CALL(tempfile__spooled_end(file));
}

static void paths(void)
{
	struct tempfile_path *path = NULL;

	CALL(path = tempfile_path_make(make_file, NULL, .permissions = 0640));
	CALL(tempfile_path_close(&path));
	make_file(target, NULL);
	let_cancel(false);
	CALL(path = tempfile_path_adopt(target));
	CALL(tempfile_path_keep(path));
	CALL(tempfile_path_close(&path));
	CALL(path = tempfile__path_enter(target, "here:1"));
	CALL(tempfile__path_end(path));
	CALL(path = tempfile__path_enter(target, "here:1"));
	testing_expect(path == NULL);
}

static void raw(void)
{
	char *name = NULL;
	int fd = -1, result = -1;

	CALL(fd = tempfile_mkstemp(&name));
	testing_expect(close(fd) == 0 && unlink(name) == 0);
	free(name);
	CALL(name = tempfile_mkdtemp());
	CALL(tempfile_rmtree(name));
	free(name);
	CALL(result = tempfile_make(&name, make_file, NULL));
	testing_expect(result == 0 && unlink(name) == 0);
	free(name);
}

static void location(void)
{
	CALL(tempfile_set_tempdir(NULL));
	CALL(tempfile_gettempdir());
	CALL(tempfile_set_tempdir(NULL));
	CALL(tempfile_gettempdirb());
	CALL(tempfile_gettempprefix());
	CALL(tempfile_gettempprefixb());
	CALL(tempfile_set_tempdir(getenv("TMPDIR")));
	CALL(tempfile_set_tempdir(NULL));
	CALL(with_version());
}

static void life(void)
{
	struct tempfile_named *file = tempfile_named_open();
	int usr2 = SIGUSR2;

	CALL(with_cleanup_on_signals(&usr2, 1));
	CALL(with_leave_signals());
	CALL(with_cleanup_now());
	CALL(with_unwind(with_mark()));
	CALL(with_adopt());
	CALL(with_disown());
	CALL(with_set_error_hook(NULL, NULL));
	errno = EIO;
	/* A write() to stderr. */
	CALL(with__report("open", "nothing", "here:1"));
	CALL(tempfile_named_close(&file));
}

static void *clean_up_slowly(void *unused)
{
	uint64_t owner = with__process();

	(void)unused;
	with__closing_raise(owner, WITH__PASSING);
	with__closing_sleep(50);
	with__closing_lower(owner);
	return NULL;
}

/* Makers wait while another thread cleans up. */
static void waiting(void)
{
	struct tempfile_named *file = NULL;
	pthread_t thread;

	testing_expect(!pthread_create(&thread, NULL, clean_up_slowly, NULL));
	while (with__closing_undisturbed())
		with__closing_sleep(1);
	CALL(file = tempfile_named_open());
	testing_expect(with__closing_undisturbed());
	CALL(tempfile_named_close(&file));
	testing_expect(!pthread_join(thread, NULL));
}

static void unwind_nothing(void *value)
{
	(void)value;
}

static void stack(void)
{
	static int thing;
	void *held = &thing, *was = NULL;

	CALL(with__enter(&held, &held, sizeof(held), unwind_nothing));
	CALL(with__update(&held, &held, sizeof(held)));
	CALL(with__leave(&held));
	CALL(was = with__steal(&held));
	testing_expect(was == &thing && !held);
	CALL(was = with__errno_find());
	testing_expect(was == &errno);
}

static int close_slowly(void *unused)
{
	(void)unused;
	pthread_testcancel();
	return 0;
}

/* Nothing is pending, but closing it is the user's function. */
static void foreign_stream(void)
{
	FILE *file = fopencookie(NULL, "w", (cookie_io_functions_t) {
		.close = close_slowly,
	});

	CALL(with_file_close(&file));
}

static void streams(void)
{
	FILE *file = NULL, *opened;

	CALL(file = with_file_open(target, "w"));
	fputs("pending", file);
	CALL(with_file_close(&file));
	CALL(file = with__file_begin(target, "w", "here:1"));
	fputs("pending", file);
	CALL(with__file_end(file));
	/* As the header opens it. */
	opened = fopen(target, "wec");
	CALL(file = with__file_began(opened, target, "here:2"));
	fputs("pending", file);
	CALL(with__file_end(file));
	errno = EIO;
	CALL(with__file_lost(0));
	testing_expect(unlink(target) == 0);
}

/* The guard as such, parts of which the compiler puts in place. */
static void stream_guard(void)
{
	calling = "WITH_FILE";
	let_cancel(true);
	WITH_FILE (file, target, "w") {
		fputs_unlocked("pending", file);
	}
	let_cancel(false);
	testing_expect(unlink(target) == 0);
}

static void descriptors(void)
{
	DIR *stream = NULL;
	int fd = -1;

	CALL(fd = with_fd_open("/dev/null", O_RDONLY));
	CALL(with_fd_close(&fd));
	CALL(fd = with_fd_open("/dev/null", O_RDONLY));
	CALL(with__fd_end(fd));
	CALL(stream = with_dirstream_open("/"));
	CALL(with_dirstream_close(&stream));
	CALL(stream = with_dirstream_open("/"));
	CALL(with__dirstream_end(stream));
	errno = EIO;
	CALL(with__dirstream_lost(0));
	CALL(fd = with_flock_open(target, .create = true));
	CALL(with_flock_close(&fd));
	CALL(fd = with_flock_open(target));
	CALL(with__flock_end(fd));
	testing_expect(unlink(target) == 0);
}

static void memory(void)
{
	struct with_mmap map = { .data = NULL };
	char *text = NULL;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CALL(map = with_mmap_open(fd));
	CALL(with_mmap_close(&map));
	CALL(map = with_mmap_open(fd));
	CALL(with__mmap_end(map));
	CALL(map = with__mmap_begin(fd, 0, 0, 0));
	CALL(with__mmap_end(map));
	CALL(text = with_string_open("%d", 1));
	free(text);
	close(fd);
}

static void process(void)
{
	struct with_sigmask signals = { .held = 0 };
	struct with_rlimit limit = { .held = 0 };
	struct with_locale locale = { .entered_ = NULL };
	struct with_env *variable = NULL;
	int back = -1, root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CALL(back = with_chdir_open("/"));
	CALL(with_chdir_close(&back));
	CALL(back = with_fchdir_open(root));
	CALL(with__chdir_end(back));
	CALL(variable = with_env_open("X", "1"));
	CALL(with_env_close(&variable));
	CALL(variable = with_env_open("X", "1"));
	CALL(with__env_end(variable));
	CALL(variable = with__env_begin("TEST", "value", 1));
	CALL(with__env_end(variable));
	CALL(back = with_umask_open(022));
	CALL(with_umask_close(&back));
	CALL(back = with_umask_open(022));
	CALL(with__umask_end(back));
	CALL(limit = with_rlimit_open(RLIMIT_CORE, 0));
	CALL(with_rlimit_close(&limit));
	CALL(limit = with_rlimit_open(RLIMIT_CORE, 0));
	CALL(with__rlimit_end(limit));
	CALL(signals = with_sigmask_open(SIG_BLOCK, (int[]) { SIGHUP, 0 }));
	CALL(with_sigmask_close(&signals));
	CALL(signals = with_sigmask_open(SIG_BLOCK, (int[]) { SIGHUP, 0 }));
	CALL(with__sigmask_end(signals));
	CALL(locale = with_locale_open(LC_ALL, "C"));
	CALL(with_locale_close(&locale));
	CALL(locale = with_locale_open(LC_NUMERIC, "C"));
	CALL(with__locale_end(locale));
	close(root);
}

static void captures(void)
{
	struct with_capture *capture = NULL;

	CALL(capture = with_capture_open(stdout));
	puts("caught");
	CALL(with_capture_text(capture));
	CALL(with_capture_stop(capture));
	CALL(with_capture_close(&capture));
	CALL(capture = with_capture_fd_open(STDOUT_FILENO));
	CALL(with__capture_end(capture));
}

static int finish_nothing(void *value)
{
	(void)value;
	return 0;
}

static void exit_stack(void)
{
	struct with_exit_stack things = with_exit_stack_open();
	struct with__exit_things *made = NULL;
	struct with__exit_call call = { .fn.without_result = unwind_nothing };
	int value = 1;

	CALL(with__exit_call_void(&call));
	call.fn.with_result = finish_nothing;
	CALL(with__exit_call_int(&call));
	CALL(with_exit_stack_push_void(&things, unwind_nothing, NULL));
	CALL(with_exit_stack_push_int(&things, finish_nothing, NULL));
	CALL(with__exit_stack_reserve(&things, sizeof(int), sizeof(int)));
	CALL(with__exit_stack_put(&things, finish_nothing, &value,
				  sizeof(int), sizeof(int)));
	CALL(with_exit_stack_close(&things));
	things = with_exit_stack_open();
	CALL(with_exit_stack_push_void(&things, unwind_nothing, NULL));
	CALL(with__exit_stack_end(&things));
	CALL(made = with__exit_things_new());
	CALL(with__exit_things_end(made));
}

static void (*const groups[])(void) = {
	location, anonymous, named, directory, spooled, paths, raw, life,
	waiting, stack, streams, foreign_stream, stream_guard, descriptors,
	memory, process, captures, exit_stack,
};
#define GROUPS ((int)(sizeof(groups) / sizeof(*groups)))

static void *call_cancelled(void *which)
{
	let_cancel(false);
	pthread_cancel(pthread_self());
	groups[*(int *)which]();
	came_back = true;
	let_cancel(true);
	pthread_testcancel();
	return NULL;
}

static void run_cancelled(void *which)
{
	pthread_t thread;
	void *result;

	snprintf(target, sizeof(target), "%s/target", testing_tmpdir());
	testing_expect(freopen("/dev/null", "w", stderr) != NULL);
	/* Looked up once, so it must stand there from the beginning. */
	setenv("LIBWITH_DEBUG", "1", 1);
	came_back = false;
	testing_expect(pthread_create(&thread, NULL, call_cancelled, which) ==
		       0);
	testing_expect(pthread_join(thread, &result) == 0);
	if (!came_back)
		printf("cut short: %s\n", calling);
	fflush(stdout);
	testing_expect(came_back && result == PTHREAD_CANCELED);
	exit(0);
}

START_TEST(no_public_function_is_cut_short_by_a_pending_cancellation)
{
	int which = _i;
	char *before = testing_descriptors();
	int status = testing_in_child(run_cancelled, &which);

	ck_assert_msg(testing_exited(status, 0), "group %d: %#x", _i, status);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	testing_same_descriptors(before);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests,
		no_public_function_is_cut_short_by_a_pending_cancellation, 0,
		GROUPS);
}

TESTING_MAIN_CASE("life-cancel", add_tests)
