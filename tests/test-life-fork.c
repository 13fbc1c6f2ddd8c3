/* SPDX-License-Identifier: MIT */
/*
 * test-life-fork.c - what belongs to the parent stays, whatever a child does
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <with.h>

#include "stream/stream.h"
#include "testing.h"

TESTING_LEAVES_THINGS_ALIVE

extern char **environ;

static void wait_for(pid_t child)
{
	int status;

	ck_assert_int_ge(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
}

/* The ways a child leaves a scope in which it was forked. */
enum way { FALLS_OUT, RETURNS, EXITS, LEAVES_AT_ONCE, IS_KILLED, EXECS, WAYS };

static void end_child(enum way way)
{
	if (way == EXITS)
		exit(0);
	if (way == LEAVES_AT_ONCE)
		_exit(0);
	if (way == IS_KILLED)
		raise(SIGTERM);
	if (way == EXECS) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
}

static pid_t child_of;		/* 0 in the child, after a fork in a scope */

/* Forks. True in a child that has not ended, and is to leave the scope. */
static bool is_child(enum way way)
{
	child_of = fork();
	if (child_of == 0)
		end_child(way);
	else
		wait_for(child_of);
	return child_of == 0;
}

/* Returns from the middle of the block, or falls out of it. */
static int use_named(enum way way)
{
	WITH_NAMED_TMP (file) {
		fputs("parent's", file->file);
		fflush(NULL);
		if (is_child(way)) {
			if (way == RETURNS)
				return 1;
			break;
		}
		ck_assert_int_eq(access(file->path, F_OK), 0);
		ck_assert_int_eq(ftell(file->file), 8);
	}
	return 0;
}

static int use_directory(enum way way)
{
	WITH_TEMPDIR (dir) {
		ck_assert_int_eq(mkdir(tempfile_dir_join(dir, "in"), 0700), 0);
		fflush(NULL);
		if (is_child(way)) {
			if (way == RETURNS)
				return 1;
			break;
		}
		ck_assert_int_eq(access(tempfile_dir_join(dir, "in"), F_OK), 0);
	}
	return 0;
}

static int use_everything(enum way way)
{
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file, .inside = dir) {
			WITH_TMP (anonymous) {
				fputs("12345", anonymous);
				fflush(NULL);
				if (is_child(way)) {
					if (way == RETURNS)
						return 1;
					break;
				}
				ck_assert_int_eq(ftell(anonymous), 5);
				rewind(anonymous);
				ck_assert_int_eq(getc(anonymous), '1');
				ck_assert_int_eq(access(file->path, F_OK), 0);
			}
		}
	}
	return 0;
}

static int use_spooled(enum way way)
{
	WITH_SPOOLED_TMP (spooled, .max_size = 4) {
		fputs("parent's", spooled->file);
		ck_assert_int_eq(tempfile_spooled_rolled(spooled), 1);
		fputs(" bytes", spooled->file);
		if (is_child(way)) {
			if (way == RETURNS)
				return 1;
			break;
		}
		ck_assert_int_eq(ftell(spooled->file), 14);
		rewind(spooled->file);
		ck_assert_int_eq(getc(spooled->file), 'p');
	}
	return 0;
}

static int (*const uses[])(enum way way) = {
	use_named, use_directory, use_everything, use_spooled,
};

static void use_with_signals(void *data)
{
	int which = *(int *)data;

	testing_default_signals();
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	(void)uses[which / WAYS]((enum way)(which % WAYS));
	if (child_of == 0)
		_exit(0);	/* the child, past its scope */
}

START_TEST(a_child_that_ends_in_a_scope_leaves_it_to_the_parent)
{
	int which = _i;
	int status = testing_in_child(use_with_signals, &which);

	ck_assert(testing_exited(status, 0));
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void make_in_child(void *path)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	struct tempfile_named *file = tempfile_named_open();

	testing_expect(dir && file);
	testing_expect(strcmp(dir->path, path) != 0);
	testing_expect(access(dir->path, F_OK) == 0);
	exit(0);
}

START_TEST(what_a_child_makes_goes_with_the_child)
{
	struct tempfile_dir *dir = tempfile_dir_open();
	char path[4096];
	int status;

	ck_assert_ptr_nonnull(dir);
	strcpy(path, dir->path);
	status = testing_in_child(make_in_child, path);
	ck_assert(testing_exited(status, 0));
	ck_assert_uint_eq(testing_entries(NULL), 1);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
}
END_TEST

static void tell_name(char *ret_path)
{
	struct tempfile_named *file = tempfile_named_open();

	testing_expect(file != NULL);
	strcpy(ret_path, file->path);
	testing_expect(tempfile_named_close(&file) == 0);
}

START_TEST(names_made_after_a_fork_differ_in_parent_and_child)
{
	struct tempfile_named *file;
	int ends[2];
	char child[4096] = "", mine[4096] = "";
	pid_t pid;

	/* Fill the pool of random bytes first. */
	tell_name(mine);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		tell_name(mine);
		testing_expect(write(ends[1], mine, sizeof(mine)) > 0);
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_gt(read(ends[0], child, sizeof(child)), 0);
	close(ends[0]);
	wait_for(pid);
	file = tempfile_named_open();
	ck_assert_ptr_nonnull(file);
	ck_assert_str_ne(file->path, child);
	ck_assert_int_eq(tempfile_named_close(&file), 0);
}
END_TEST

/* ------------------------------------------------------------------------
 * Contents: what is not written yet at the fork is written once, and what was
 * read ahead is not lost; for every noun with a stream, as bytes and as text
 */

enum noun { ANONYMOUS, NAMED, IN_MEMORY, ROLLED, NOUNS };
enum { KINDS = (int)WAYS * (int)NOUNS, CONTENTS = KINDS * 2 };

struct subject {
	enum way way;
	enum noun noun;
	struct tempfile_named *named;
	struct tempfile_spooled *spooled;
	FILE *file;
};

static void open_subject(struct subject *ret, int which)
{
	const char *encoding = which / KINDS ? "UTF-16LE" : NULL;

	*ret = (struct subject) {
		.way = (enum way)(which % WAYS),
		.noun = (enum noun)(which / WAYS % NOUNS),
	};
	if (ret->noun == NAMED)
		ret->named = tempfile_named_open(.encoding = encoding);
	else if (ret->noun != ANONYMOUS)
		ret->spooled = tempfile_spooled_open(
			.max_size = ret->noun == ROLLED, .encoding = encoding);
	else
		ret->file = tempfile_open(.encoding = encoding, .scoped_ = 1);
	if (!ret->file)
		ret->file = ret->named ? ret->named->file : ret->spooled->file;
}

static int close_subject(struct subject *subject)
{
	if (subject->named)
		return tempfile_named_close(&subject->named);
	if (subject->spooled)
		return tempfile_spooled_close(&subject->spooled);
	return with_file_close(&subject->file);
}

/* Where the descriptor stands, which parent and child share; -1: nowhere. */
static off_t shared_offset(const struct subject *subject)
{
	int fd = subject->noun == IN_MEMORY ? -1 :
		 with__stream_descriptor(subject->file);

	return fd < 0 ? -1 : lseek(fd, 0, SEEK_CUR);
}

static void fork_a_child(struct subject *subject)
{
	off_t before = shared_offset(subject);
	pid_t child = fork();

	if (child == 0) {
		if (subject->way == FALLS_OUT)
			(void)close_subject(subject);
		end_child(subject->way == RETURNS ? EXITS : subject->way);
		_exit(0);
	}
	testing_expect(waitpid(child, NULL, 0) == child);
	testing_expect(shared_offset(subject) == before);
	testing_expect(subject->noun == IN_MEMORY || before >= 0);
}

static void leave_unwritten(void *which)
{
	struct subject subject;
	char all[64] = "";

	open_subject(&subject, *(int *)which);
	testing_expect(fputs("written.", subject.file) >= 0 &&
		       fflush(subject.file) == 0);
	testing_expect(fputs("once.", subject.file) >= 0);
	fork_a_child(&subject);
	testing_expect(fputs("twice.", subject.file) >= 0 &&
		       fflush(subject.file) == 0);
	rewind(subject.file);
	testing_expect(fread(all, 1, sizeof(all), subject.file) == 19);
	testing_expect(strcmp(all, "written.once.twice.") == 0);
	testing_expect(close_subject(&subject) == 0);
}

static void ends_well(void (*function)(void *which), int which)
{
	int status;

	testing_default_signals();
	status = testing_in_child(function, &which);
	ck_assert_msg(testing_exited(status, 0), "noun %d, way %d: %#x",
		      which / WAYS, which % WAYS, status);
}

START_TEST(every_byte_is_written_once_however_the_child_ends)
{
	ends_well(leave_unwritten, _i);
}
END_TEST

/* What was read ahead: a child's end must not move the shared offset. */
static void read_half(void *which)
{
	struct subject subject;
	char line[64] = "";

	open_subject(&subject, *(int *)which);
	fputs("line 1\nline 2\n", subject.file);
	rewind(subject.file);
	testing_expect(fgets(line, sizeof(line), subject.file) != NULL);
	fork_a_child(&subject);
	testing_expect(fgets(line, sizeof(line), subject.file) != NULL);
	testing_expect(strcmp(line, "line 2\n") == 0);
	testing_expect(getc(subject.file) == EOF);
	testing_expect(close_subject(&subject) == 0);
}

START_TEST(the_shared_offset_is_where_the_parent_left_it)
{
	ends_well(read_half, _i);
}
END_TEST

START_TEST(vfork_and_exec_and_spawn_leave_everything)
{
	char *arguments[] = { "true", NULL };
	pid_t child;

	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file, .inside = dir) {
			fputs("once", file->file);
			child = vfork();
			if (child == 0) {
				execv("/bin/true", arguments);
				_exit(127);
			}
			wait_for(child);
			ck_assert_int_eq(posix_spawn(&child, "/bin/true", NULL,
						     NULL, arguments, environ),
					 0);
			wait_for(child);
			ck_assert_int_eq(access(file->path, F_OK), 0);
			ck_assert_int_eq(fflush(file->file), 0);
			ck_assert_int_eq(lseek(fileno(file->file), 0, SEEK_CUR),
					 4);
		}
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

START_TEST(a_child_of_raw_clone_removes_nothing)
{
	WITH_NAMED_TMP (file) {
		long child = syscall(SYS_clone, (long)SIGCHLD, 0, 0, 0, 0);

		if (child == 0) {
			struct tempfile_named *copy = file;

			with_cleanup_now();
			(void)tempfile_named_close(&copy);
			_exit(0);
		}
		wait_for((pid_t)child);
		ck_assert_int_eq(access(file->path, F_OK), 0);
	}
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static char clone_stack[256 * 1024];

static int clean_up_in_borrowed_memory(void *unused)
{
	(void)unused;
	with_cleanup_now();
	return 0;
}

START_TEST(a_child_that_shares_the_memory_removes_nothing)
{
	WITH_NAMED_TMP (file) {
		int child = clone(clean_up_in_borrowed_memory,
				  clone_stack + sizeof(clone_stack),
				  CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

		wait_for(child);
		ck_assert_int_eq(access(file->path, F_OK), 0);
	}
}
END_TEST

/* A daemon: the child adopts, the parent disowns and ends. */
static void become_a_daemon(void *data)
{
	struct tempfile_named *file = tempfile_named_open();
	struct tempfile_dir *dir = tempfile_dir_open();
	int *ends = data;
	char byte;
	pid_t child;

	testing_expect(file && dir);
	fputs("by the child", file->file);
	child = fork();
	if (child == 0) {
		testing_expect(with_adopt() == 0);
		testing_expect(write(ends[1], "a", 1) == 1);
		/* The parent has ended. */
		testing_expect(read(ends[2], &byte, 1) == 1);
		testing_expect(access(file->path, F_OK) == 0);
		testing_expect(access(dir->path, F_OK) == 0);
		testing_expect(fflush(file->file) == 0);
		testing_expect(lseek(fileno(file->file), 0, SEEK_CUR) == 12);
		testing_expect(write(ends[1], "b", 1) == 1);
		exit(0);
	}
	testing_expect(read(ends[0], &byte, 1) == 1 && byte == 'a');
	testing_expect(with_disown() == 0);
	exit(0);
}

START_TEST(a_daemon_adopts_and_its_parent_disowns)
{
	int ends[4];
	char byte = 0;

	ck_assert_int_eq(pipe(ends) | pipe(ends + 2), 0);
	ck_assert(testing_exited(testing_in_child(become_a_daemon, ends), 0));
	ck_assert_uint_eq(testing_entries(NULL), 2);
	close(ends[1]);
	ck_assert_int_eq(write(ends[3], "c", 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'b');
	/* The daemon's end of the pipe closes after its exit handlers. */
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
	close(ends[0]);
	close(ends[2]);
	close(ends[3]);
}
END_TEST

static void adopt_in_grandchild(void *unused)
{
	(void)unused;
	testing_expect(with_adopt() == 0);
	exit(0);
}

static void make_one_and_fork(void *unused)
{
	struct tempfile_named *own = tempfile_named_open();
	int status;

	(void)unused;
	testing_expect(own != NULL);
	status = testing_in_child(adopt_in_grandchild, NULL);
	testing_expect(testing_exited(status, 0));
	/* The child adopted what was ours, and has ended. */
	testing_expect(access(own->path, F_OK) < 0);
	exit(0);
}

START_TEST(a_grandparents_things_are_not_adopted)
{
	WITH_NAMED_TMP (file) {
		int status = testing_in_child(make_one_and_fork, NULL);

		ck_assert(testing_exited(status, 0));
		ck_assert_int_eq(access(file->path, F_OK), 0);
	}
}
END_TEST

START_TEST(after_two_forks_in_a_row_the_grandchild_adopts)
{
	struct tempfile_named *file = tempfile_named_open();
	pid_t child;

	ck_assert_ptr_nonnull(file);
	child = fork();
	if (child == 0) {
		child = fork();
		if (child == 0)
			adopt_in_grandchild(NULL);
		waitpid(child, NULL, 0);
		_exit(0);
	}
	wait_for(child);
	ck_assert_int_lt(access(file->path, F_OK), 0);
	ck_assert_int_eq(tempfile_named_close(&file), 0);
}
END_TEST

static volatile bool enough;

static void *create_all_the_time(void *unused)
{
	while (!enough) {
		WITH_TEMPDIR (dir) {
			WITH_NAMED_TMP (file, .inside = dir) {
				putc('x', file->file);
			}
		}
	}
	return unused;
}

static void use_in_child(void *unused)
{
	(void)unused;
	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (file) {
			testing_expect(access(file->path, F_OK) == 0);
		} else {
			testing_expect(0);
		}
	} else {
		testing_expect(0);
	}
	exit(0);
}

START_TEST(a_fork_while_other_threads_create_harms_neither)
{
	pthread_t threads[2];

	enough = false;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						create_all_the_time, NULL), 0);
	for (int i = 0; i < testing_storm(50, 2000); i++)
		ck_assert(testing_exited(
			testing_in_child(use_in_child, NULL), 0));
	enough = true;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(testing_entries(NULL), 0);
}
END_TEST

static void exec_a_look(void *unused)
{
	struct tempfile_named *file = tempfile_named_open(.prefix = "left");
	char command[9000];

	(void)unused;
	testing_expect(file != NULL);
	snprintf(command, sizeof(command),
		 "test -e %s && ! test -e /proc/$$/fd/%d", file->path,
		 fileno(file->file));
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

START_TEST(exec_leaves_names_and_closes_descriptors)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(tempfile_set_tempdir(dir->path), 0);
	ck_assert(testing_exited(testing_in_child(exec_a_look, NULL), 0));
	ck_assert_uint_eq(testing_entries(dir->path), 1);
	ck_assert_int_eq(tempfile_dir_close(&dir), 0);
	ck_assert_int_eq(tempfile_set_tempdir(NULL), 0);
}
END_TEST

static void fill(TCase *tests)
{
	int matrix = WAYS * (int)(sizeof(uses) / sizeof(*uses));

	tcase_add_loop_test(tests,
		a_child_that_ends_in_a_scope_leaves_it_to_the_parent, 0, matrix);
	tcase_add_test(tests, what_a_child_makes_goes_with_the_child);
	tcase_add_test(tests,
		       names_made_after_a_fork_differ_in_parent_and_child);
	tcase_add_loop_test(tests,
		every_byte_is_written_once_however_the_child_ends, 0, CONTENTS);
	tcase_add_loop_test(tests,
		the_shared_offset_is_where_the_parent_left_it, 0, CONTENTS);
	tcase_add_test(tests, vfork_and_exec_and_spawn_leave_everything);
	tcase_add_test(tests, exec_leaves_names_and_closes_descriptors);
	tcase_add_test(tests, a_child_of_raw_clone_removes_nothing);
	tcase_add_test(tests, a_child_that_shares_the_memory_removes_nothing);
	tcase_add_test(tests, a_daemon_adopts_and_its_parent_disowns);
	tcase_add_test(tests, a_grandparents_things_are_not_adopted);
	tcase_add_test(tests, after_two_forks_in_a_row_the_grandchild_adopts);
	tcase_add_test(tests, a_fork_while_other_threads_create_harms_neither);
}

TESTING_MAIN_CASE("life-fork", fill)
