/* SPDX-License-Identifier: MIT */
/* test-file.c - WITH_FILE */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <with/file.h>
#include <with/life.h>

#include "base/syscalls.h"
#include "hook.h"
#include "life/inherited.h"
#include "stream/file.h"
#include "testing.h"

static char path[4096];

static const char *in_tmpdir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", testing_tmpdir(), name);
	return path;
}

static long long size_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(name, &st), 0);
	return st.st_size;
}

START_TEST(block_writes_and_closes)
{
	char *before = testing_descriptors();
	const char *name = in_tmpdir("file");

	WITH_FILE (file, name, "w") {
		ck_assert_int_eq(fcntl(fileno(file), F_GETFD), FD_CLOEXEC);
		fputs("12345", file);
		ck_assert_int_eq(size_of(name), 0);
	} else {
		ck_abort_msg("%s: %s", name, strerror(errno));
	}
	ck_assert_int_eq(size_of(name), 5);
	{
		SCOPED_FILE(file, name, "a+");
		fputs("67", file);
		rewind(file);
		ck_assert_int_eq(getc(file), '1');
	}
	ck_assert_int_eq(size_of(name), 7);
	unlink(name);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(null_and_nonsense_fail_cleanly_with_einval)
{
	const char *const modes[] = { NULL, "", "q", "rr", "rx", "r,ccs=x" };
	const char *null = NULL;

	hook_listen();
	errno = 0;
	WITH_FILE (file, null, "r") {
		ck_abort_msg("there is %p", (void *)file);
	} else {
		ck_assert_ptr_null(file);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(hook_heard(), "open stream 22 at a line");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		errno = 0;
		ck_assert_ptr_null(with_file_open(in_tmpdir("new"), modes[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
	errno = 0;
	WITH_FILE (file, "/dev/null", null)
		ck_abort_msg("there is %p", (void *)file);
	else
		ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(missing_file_fails_with_enoent_and_its_path_is_told)
{
	hook_listen();
	WITH_FILE (file, "/nonexistent", "r")
		ck_abort_msg("there is %p", (void *)file);
	else
		ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(hook_heard(), "open /nonexistent 2 at a line");
}
END_TEST

START_TEST(modes_are_those_of_fopen)
{
	const char *name = in_tmpdir("file");

	WITH_FILE (file, name, "wx")
		fputs("123", file);
	WITH_FILE (file, name, "w+x")
		ck_abort_msg("there is %p", (void *)file);
	else
		ck_assert_int_eq(errno, EEXIST);
	WITH_FILE (file, name, "r+") {
		ck_assert_int_eq(getc(file), '1');
		rewind(file);
		ck_assert_int_eq(putc('9', file), '9');
	}
	WITH_FILE (file, name, "rbe") {
		ck_assert_int_eq(getc(file), '9');
		ck_assert_int_eq(putc('0', file), EOF);
	}
	ck_assert_int_eq(size_of(name), 3);
	WITH_FILE (file, name, "w")
		ck_assert_int_eq(getc(file), EOF);
	ck_assert_int_eq(size_of(name), 0);
	unlink(name);
	WITH_FILE (file, name, "wtx")
		ck_assert_int_eq(fputs("text", file) >= 0, 1);
	WITH_FILE (file, name, "wtx")
		ck_abort_msg("there is %p", (void *)file);
	else
		ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(size_of(name), 4);
	unlink(name);
}
END_TEST

static FILE *stolen(const char *name)
{
	WITH_FILE (file, name, "r")
		return with_steal(file);
	return NULL;
}

/* Text is read by position. */
START_TEST(a_fifo_is_no_text)
{
	char *before = testing_descriptors();
	char fifo[4096];
	int both;

	snprintf(fifo, sizeof(fifo), "%s/fifo", testing_tmpdir());
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	both = open(fifo, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(both, 0);
	for (int i = 0; i < 3; i++) {
		static const char *const modes[] = { "rt", "wt", "a+t" };

		errno = 0;
		ck_assert_ptr_null(with_file_open(fifo, modes[i]));
		ck_assert_int_eq(errno, ESPIPE);
	}
	WITH_FILE (file, fifo, "r+")
		ck_assert_int_ge(fputs("bytes\n", file), 0);
	else
		ck_abort_msg("%s", strerror(errno));
	close(both);
	ck_assert_int_eq(unlink(fifo), 0);
	testing_same_descriptors(before);
}
END_TEST

START_TEST(steal_hands_the_stream_out)
{
	FILE *file = stolen("/dev/null");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(getc(file), EOF);
	ck_assert_int_eq(fclose(file), 0);
	WITH_FILE (again, "/dev/null", "r") {
		file = with_file_steal(&again);
		ck_assert_ptr_null(again);
	}
	ck_assert_int_eq(fclose(file), 0);
}
END_TEST

/* A file system of one page, which cannot take what stdio holds. */
static void fill_a_tiny_file_system(void *data)
{
	static char buffer[65536];
	const char *name = data;

	testing_own_mounts();
	testing_expect(mount("none", testing_tmpdir(), "tmpfs", 0,
			     "size=4096") == 0);
	hook_listen();
	WITH_FILE (file, name, "w") {
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
		for (int i = 0; i < 8192; i++)
			testing_expect(putc('x', file) == 'x');
		testing_expect(with_file_close(&file) == -1);
		testing_expect(errno == ENOSPC);
		testing_expect(!file);
	}
	testing_expect(!*hook_heard());
	hook_listen();
	WITH_FILE (file, name, "w") {
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
		for (int i = 0; i < 8192; i++)
			putc('x', file);
		errno = EDOM;
	}
	testing_expect(errno == EDOM);
	testing_expect(strcmp(hook_heard(), "close stream 28") == 0);
}

START_TEST(full_disk_at_close_is_returned_or_told)
{
	static char name[4096];
	int status;

	strcpy(name, in_tmpdir("file"));
	status = testing_in_child(fill_a_tiny_file_system, name);
	ck_assert(testing_exited(status, 0));
}
END_TEST

START_TEST(what_a_flush_lost_is_reported_at_close)
{
	FILE *file = with_file_open("/dev/full", "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs("lost", file), 0);
	ck_assert_int_eq(fflush(file), EOF);
	ck_assert_int_eq(with_file_close(&file), -1);
	ck_assert_ptr_null(file);
	file = with_file_open("/dev/full", "w");
	ck_assert_int_ge(fputs("lost", file), 0);
	ck_assert_int_eq(fflush(file), EOF);
	__fpurge(file);
	ck_assert_int_eq(with_file_close(&file), -1);
	ck_assert_int_eq(errno, EIO);
}
END_TEST

static void leave_the_block_in_the_child(void *data)
{
	FILE **file = data;

	fputs("the child's", *file);
	testing_expect(with_file_close(file) == 0);
}

START_TEST(forked_child_does_not_write_what_its_parent_has_buffered)
{
	const char *name = in_tmpdir("file");

	WITH_FILE (file, name, "w") {
		int status;

		fputs("1234", file);
		/* testing_in_child() would flush it. */
		pid_t child = fork();

		if (child == 0) {
			leave_the_block_in_the_child(&file);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(testing_exited(status, 0));
		ck_assert_int_eq(size_of(name), 0);
	}
	ck_assert_int_eq(size_of(name), 4);
	unlink(name);
}
END_TEST

START_TEST(forked_child_writes_nothing_at_the_end_of_the_scope)
{
	const char *name = in_tmpdir("file");
	pid_t child = -1;
	int status;

	WITH_FILE (file, name, "a") {
		fputs("1234", file);
		child = fork();
	}
	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(testing_exited(status, 0));
	/* Appended once, in whatever order they came here. */
	ck_assert_int_eq(size_of(name), 4);
	unlink(name);
}
END_TEST

/* Without the handlers of fork(): as clone() makes it. */
static pid_t fork_unseen(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void open_and_close(const char *name)
{
	WITH_FILE (file, name, "r")
		(void)fgetc(file);
}

static void write_own(const char *name)
{
	open_and_close(name);
	WITH_FILE (own, name, "a")
		fputs("5", own);
}

/*
 * How much two processes write that both have a stream with four bytes, and
 * one or two of their own. The library notes the first, the others are in
 * place.
 */
static long long written_by_both(bool adopted, bool disowned)
{
	const char *name = in_tmpdir("file");
	long long size;
	pid_t child = -1;
	int status;

	close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	open_and_close(name);
	WITH_FILE (file, name, "a") {
		fputs("1234", file);
		child = fork_unseen();
		if (child == 0 && adopted)
			ck_assert_int_eq(with_adopt(), 0);
		if (child == 0)
			write_own(name);
		if (child != 0 && disowned)
			ck_assert_int_eq(with_disown(), 0);
	}
	write_own(name);
	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(testing_exited(status, 0));
	size = size_of(name);
	unlink(name);
	return size;
}

START_TEST(stream_is_flushed_by_those_who_own_it)
{
	ck_assert_int_eq(written_by_both(false, false), 4 + 3);
	ck_assert_int_eq(written_by_both(true, false), 8 + 3);
	ck_assert_int_eq(written_by_both(false, true), 0 + 3);
	ck_assert_int_eq(written_by_both(true, true), 4 + 3);
}
END_TEST

/*
 * In place, and not in the library's table: where a header can do that. Clang
 * does not see the mode unless it optimizes.
 */
static bool is_in_place(FILE *file)
{
	return with__near.streams[WITH__NEAR_HASH(file)] == file;
}

#if defined(WITH__THREAD_IS_NEAR) && \
	(!defined(__clang__) || defined(__OPTIMIZE__))
#define IS_NEAR true
#else
#define IS_NEAR false
#endif

/*
 * Threads of other tests, which have ended, still have places of their own; and
 * where malloc() does not give the last piece again, as with sanitizers, each
 * stream has another place.
 */
static void take_all_places(void)
{
	for (size_t i = 0; i < WITH__NEAR_STREAMS; i++)
		with__near.streams[i] = NULL;
	for (size_t i = 0; i < 8 * WITH__NEAR_STREAMS; i++)
		open_and_close("/dev/null");
}

/* Those that belong elsewhere stay open until there is one at this place. */
static void open_until_same_place(const FILE *other, const char *name, int depth)
{
	ck_assert_int_lt(depth, 1000);
	WITH_FILE (file, name, "r") {
		if (WITH__NEAR_HASH(file) != WITH__NEAR_HASH(other)) {
			open_until_same_place(other, name, depth + 1);
		} else {
			with_file_close(&file);
			/* The next is where the last was. */
			open_and_close(name);
		}
	}
}

START_TEST(disowned_stream_keeps_its_place)
{
	const char *name = in_tmpdir("file");

	close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	take_all_places();
	WITH_FILE (file, name, "a") {
		ck_assert(is_in_place(file) == IS_NEAR);
		fputs("1234", file);
		ck_assert_int_eq(with_disown(), 0);
		open_until_same_place(file, name, 0);
		ck_assert(with__inherited_is_foreign(file));
	}
	ck_assert_int_eq(size_of(name), 0);
	open_and_close(name);
	WITH_FILE (file, name, "a") {
		ck_assert(is_in_place(file) == IS_NEAR);
		fputs("5", file);
	}
	ck_assert_int_eq(size_of(name), 1);
	unlink(name);
}
END_TEST

static pthread_barrier_t together;

static void *write_beside_a_fork(void *in_place)
{
	take_all_places();
	WITH_FILE (file, path, "w") {
		*(bool *)in_place = is_in_place(file);
		fputs("1234", file);
		pthread_barrier_wait(&together);
		pthread_barrier_wait(&together);
	}
	return NULL;
}

START_TEST(child_flushes_nothing_of_a_thread_of_its_parents)
{
	const char *name = in_tmpdir("file");
	bool in_place = false;
	pthread_t thread;
	pid_t child;
	int status;

	ck_assert_int_eq(pthread_barrier_init(&together, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_beside_a_fork,
					&in_place), 0);
	pthread_barrier_wait(&together);
	child = fork();
	if (child == 0)
		exit(0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	pthread_barrier_wait(&together);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(in_place == IS_NEAR);
	ck_assert_int_eq(size_of(name), 4);
	pthread_barrier_destroy(&together);
	unlink(name);
}
END_TEST

static bool closes_are_watched;
static int closed, closed_with_bytes;

/* In the place of the C library's. */
int fclose(FILE *file)
{
	static int (*real)(FILE *file);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fclose");
	if (closes_are_watched) {
		closed++;
		closed_with_bytes += __fpending(file) > 0;
	}
	return real(file);
}

static void *wait_twice(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&together);
	pthread_barrier_wait(&together);
	return NULL;
}

static void write_to(FILE *file)
{
	fputs("1234", file);
	closes_are_watched = true;
}

/* Else a child that another thread makes just then would flush them. */
START_TEST(stream_is_written_before_it_is_given_up_where_there_are_threads)
{
	const char *name = in_tmpdir("file");
	pthread_t thread;

	ck_assert_int_eq(pthread_barrier_init(&together, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_twice, NULL), 0);
	pthread_barrier_wait(&together);
	open_and_close("/dev/null");
	closed = closed_with_bytes = 0;
	WITH_FILE (file, name, "a")
		write_to(file);
	WITH_FILE (file, name, "a") {
		write_to(file);
		ck_assert_int_eq(with_file_close(&file), 0);
	}
	WITH_FILE (file, name, "wt")
		write_to(file);
	WITH_FILE (file, "/dev/full", "w") {
		write_to(file);
		ck_assert_int_eq(with_file_close(&file), -1);
		ck_assert_int_eq(errno, ENOSPC);
	}
	closes_are_watched = false;
	ck_assert_int_eq(size_of(name), 4);
	ck_assert_int_eq(closed, 4);
	if (WITH__HAS_THREADS)
		ck_assert_int_eq(closed_with_bytes, 0);
	pthread_barrier_wait(&together);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&together);
	unlink(name);
}
END_TEST

static int companions_ended;

static int end_companion(struct with__companion *companion)
{
	(void)companion;
	companions_ended++;
	return 0;
}

START_TEST(stream_noted_in_place_takes_a_companion)
{
	struct with__companion companion = { end_companion };
	const char *name = in_tmpdir("file");

	companions_ended = 0;
	WITH_FILE (file, name, "w")
		ck_assert_ptr_null(with__inherited_companion(file));
	for (int times = 1; times <= 2; times++) {
		WITH_FILE (file, name, "a") {
			fputs("1", file);
			ck_assert(with__inherited_is_noted(file));
			ck_assert_ptr_null(with__inherited_companion(file));
			ck_assert_int_eq(with__inherited_accompany(file,
							&companion), 0);
			ck_assert_ptr_eq(with__inherited_companion(file),
					 &companion);
		}
		ck_assert_int_eq(companions_ended, times);
		ck_assert_int_eq(size_of(name), times);
	}
	unlink(name);
}
END_TEST

/* More than the places that streams note themselves in. */
static pid_t fork_below(int streams, const char *name)
{
	pid_t child = -1;

	if (streams == 0)
		return fork_unseen();
	WITH_FILE (file, name, "a") {
		fputs("1", file);
		child = fork_below(streams - 1, name);
	}
	return child;
}

START_TEST(child_flushes_none_of_many_streams)
{
	const char *name = in_tmpdir("file");

	for (int times = 1; times <= 2; times++) {
		pid_t child = fork_below(200, name);
		int status;

		if (child == 0)
			_exit(0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(testing_exited(status, 0));
		ck_assert_int_eq(size_of(name), times * 200);
	}
	unlink(name);
}
END_TEST

/* Where it runs in a process of its own: after the library's handler. */
static void write_and_fork(void)
{
	pid_t child = -1;

	WITH_FILE (file, path, "a") {
		fputs("1234", file);
		child = fork_unseen();
		if (child == 0)
			exit(0);
		waitpid(child, NULL, 0);
	}
}

START_TEST(child_that_exits_flushes_nothing_of_an_exit_handlers)
{
	const char *name = in_tmpdir("file");
	pid_t child = fork();
	int status;

	if (child == 0) {
		atexit(write_and_fork);
		open_and_close("/dev/null");
		exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(testing_exited(status, 0));
	ck_assert_int_eq(size_of(name), 4);
	unlink(name);
}
END_TEST

/* How far a thread came, that was cancelled before it began. */
static int progress;

static void *open_write_and_close(void *mode)
{
	const char *name = path;

	(void)mode;
	pthread_cancel(pthread_self());
	WITH_FILE (file, name, "w") {
		progress = 1;
		fputs("1234", file);
	}
	progress = 2;
	for (FILE *file = with_file_open(name, "a"); file;) {
		fputs("5678", file);
		(void)with_file_close(&file);
	}
	progress = 3;
	return NULL;
}

static void run_thread(void *(*start)(void *data))
{
	pthread_t thread;

	progress = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, start, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(guard_is_whole_in_a_cancelled_thread)
{
	in_tmpdir("file");
	run_thread(open_write_and_close);
	ck_assert_int_eq(progress, 3);
	ck_assert_int_eq(size_of(path), 8);
	unlink(path);
}
END_TEST

/* As in musl always; in glibc, since its mode has a "c". */
static void *read_guarded(void *unused)
{
	char byte;
	int before;

	(void)unused;
	WITH_FILE (file, path, "r") {
		progress = 1;
		setvbuf(file, NULL, _IONBF, 0);
		pthread_cancel(pthread_self());
		if (fread(&byte, 1, 1, file) == 1)
			progress = 2;
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	}
	return NULL;
}

START_TEST(reading_a_guarded_stream_is_not_cut_short)
{
	in_tmpdir("file");
	WITH_FILE (file, path, "w")
		fputs("1234", file);
	run_thread(read_guarded);
	ck_assert_int_eq(progress, 2);
	unlink(path);
}
END_TEST

/* Far more than there are places for at first. */
START_TEST(what_was_noted_is_found_in_a_crowd)
{
	static char things[300];

	ck_assert(!with__inherited_is_noted(&things[0]));
	for (size_t i = 0; i < sizeof(things); i++)
		ck_assert_int_eq(with__inherited_note(&things[i], NULL, false),
				 0);
	for (size_t i = 0; i < sizeof(things); i++)
		ck_assert(with__inherited_is_noted(&things[i]));
	for (size_t i = 0; i < sizeof(things); i++) {
		ck_assert(with__inherited_strike(&things[i]));
		ck_assert(!with__inherited_is_noted(&things[i]));
	}
}
END_TEST

TESTING_MAIN("file",
	forked_child_writes_nothing_at_the_end_of_the_scope,
	stream_is_flushed_by_those_who_own_it,
	disowned_stream_keeps_its_place,
	child_flushes_nothing_of_a_thread_of_its_parents,
	stream_is_written_before_it_is_given_up_where_there_are_threads,
	stream_noted_in_place_takes_a_companion,
	child_flushes_none_of_many_streams,
	child_that_exits_flushes_nothing_of_an_exit_handlers,
	guard_is_whole_in_a_cancelled_thread,
	reading_a_guarded_stream_is_not_cut_short,
	block_writes_and_closes,
	null_and_nonsense_fail_cleanly_with_einval,
	missing_file_fails_with_enoent_and_its_path_is_told,
	modes_are_those_of_fopen,
	a_fifo_is_no_text,
	steal_hands_the_stream_out,
	full_disk_at_close_is_returned_or_told,
	what_a_flush_lost_is_reported_at_close,
	forked_child_does_not_write_what_its_parent_has_buffered,
	what_was_noted_is_found_in_a_crowd)
