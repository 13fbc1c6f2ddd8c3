/* SPDX-License-Identifier: MIT */
/*
 * test-persist-faults.c - persist with every system call failing, and with a
 * kill before every system call.
 *
 * What must hold in each case: the target is the old or the new content,
 * whole; a call that failed before the renaming left the temporary owned; and
 * a kill leaves at most one other name.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "meddle.h"
#include "persisting.h"
#include "testing.h"

#define OLD "old content\n"
#define NEW "new content\n"
#define LONGEST 200		/* calls of one persist, at most */

static const unsigned ways[] = {
	0, TEMPFILE_NOREPLACE, TEMPFILE_EXCHANGE, TEMPFILE_SYNC,
	TEMPFILE_SYNC | TEMPFILE_EXCHANGE | TEMPFILE_UMASK_MODE,
	TEMPFILE_SYNC | TEMPFILE_TARGET_MODE,
};
enum { WAYS = sizeof(ways) / sizeof(*ways) };

static char target[4096];

static void setup(void)
{
	snprintf(target, sizeof(target), "%s/target", testing_tmpdir());
}

/* An old target, but where the flags want none. */
static void prepare(unsigned flags)
{
	unlink(target);
	if (!(flags & TEMPFILE_NOREPLACE))
		ck_assert(persisting_write(target, OLD));
}

static bool is_whole(unsigned flags)
{
	if (persisting_has(target, NEW))
		return true;
	if (flags & TEMPFILE_NOREPLACE)
		return access(target, F_OK) < 0;
	return persisting_has(target, OLD);
}

struct fault {
	unsigned long at;
	int error;		/* 0: kill */
};

static int inject(const struct meddle_call *call, void *data)
{
	const struct fault *fault = data;

	if (call->index != fault->at)
		return 0;
	if (!fault->error)
		raise(SIGKILL);
	return fault->error;
}

/* false: there are no more calls. */
static bool one_fault(enum persisting_kind kind, unsigned flags,
		      struct fault *fault)
{
	struct persisting subject;
	char *before = testing_descriptors();
	unsigned long calls;
	int result;

	prepare(flags);
	ck_assert(persisting_open(&subject, kind, NEW));
	meddle_begin(inject, fault);
	errno = 0;
	result = persisting_persist(&subject, target, flags);
	calls = meddle_end();
	ck_assert(result == 0 || errno == fault->error || errno == ESTALE ||
		  errno == EEXIST || errno == EINVAL);
	ck_assert_msg(is_whole(flags), "call %lu, flags %#x", fault->at, flags);
	ck_assert(result < 0 || persisting_has(target, NEW));
	/* Again, where it is still ours: it was usable. */
	if (result < 0 && !persisting_has(target, NEW))
		ck_assert_msg(persisting_persist(&subject, target, flags) == 0,
			      "again after %s at call %lu, kind %d, flags %#x: %s",
			      strerror(fault->error), fault->at, kind, flags,
			      strerror(errno));
	ck_assert_int_eq(persisting_close(&subject), 0);
	ck_assert(persisting_has(target, NEW));
	ck_assert_uint_eq(testing_entries(NULL), 1);
	testing_same_descriptors(before);
	return fault->at < calls;
}

START_TEST(every_call_may_fail)
{
	static const int errors[] = { EIO, ENOSYS, EACCES };
	struct fault fault;
	size_t i, way;

	for (enum persisting_kind kind = 0; kind < PERSISTING_KINDS; kind++)
		for (way = 0; way < WAYS; way++)
			for (i = 0; i < 3; i++) {
				fault = (struct fault) { 0, errors[i] };
				while (one_fault(kind, ways[way], &fault))
					fault.at++;
				ck_assert_uint_lt(fault.at, LONGEST);
				ck_assert_uint_gt(fault.at, 2);
			}
	unlink(target);
}
END_TEST

struct killing {
	enum persisting_kind kind;
	unsigned flags;
	struct fault fault;
};

static void persist_and_die(void *data)
{
	struct killing *killing = data;
	struct persisting subject;

	testing_expect(persisting_open(&subject, killing->kind, NEW));
	meddle_begin(inject, &killing->fault);
	testing_expect(persisting_persist(&subject, target,
					  killing->flags) == 0);
	meddle_end();
	testing_expect(persisting_close(&subject) == 0);
}

static void remove_leftover(void)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -f %s/tmp*", testing_tmpdir());
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_kill_at_every_call_leaves_old_or_new_and_one_name_at_most)
{
	struct killing killing;
	size_t way;
	int status;

	for (enum persisting_kind kind = 0; kind < PERSISTING_KINDS; kind++)
		for (way = 0; way < WAYS; way++) {
			killing = (struct killing) {
				.kind = kind, .flags = ways[way],
			};
			do {
				prepare(ways[way]);
				status = testing_in_child(persist_and_die,
							  &killing);
				ck_assert(is_whole(ways[way]));
				ck_assert_uint_le(testing_entries(NULL), 2);
				remove_leftover();
				killing.fault.at++;
			} while (testing_killed(status, SIGKILL));
			ck_assert(testing_exited(status, 0));
			ck_assert_uint_gt(killing.fault.at, 3);
		}
	unlink(target);
}
END_TEST

/* The directory's sync is the second one of the call. */
static int fail_second_sync(const struct meddle_call *call, void *data)
{
	int *syncs = data;

	return strcmp(call->function, "fsync") == 0 && ++*syncs == 2 ? EIO : 0;
}

START_TEST(a_failed_sync_of_the_directory_is_reported_and_the_file_the_users)
{
	struct persisting subject;

	for (enum persisting_kind kind = 0; kind < PERSISTING_KINDS; kind++) {
		int syncs = 0;

		prepare(0);
		ck_assert(persisting_open(&subject, kind, NEW));
		meddle_begin(fail_second_sync, &syncs);
		ck_assert_int_eq(persisting_persist(&subject, target,
						    TEMPFILE_SYNC), -1);
		meddle_end();
		ck_assert_int_eq(errno, EIO);
		ck_assert_int_eq(syncs, 2);
		ck_assert_int_eq(persisting_close(&subject), 0);
		ck_assert(persisting_has(target, NEW));
		ck_assert_uint_eq(testing_entries(NULL), 1);
	}
	unlink(target);
}
END_TEST

static int fail_rename(const struct meddle_call *call, void *data)
{
	(void)data;
	return strncmp(call->function, "rename", 6) == 0 ||
	       strcmp(call->function, "linkat") == 0 ? EXDEV : 0;
}

START_TEST(across_file_systems_is_exdev_and_no_copy)
{
	struct persisting subject;

	for (enum persisting_kind kind = 0; kind < PERSISTING_KINDS; kind++) {
		prepare(0);
		ck_assert(persisting_open(&subject, kind, NEW));
		meddle_begin(fail_rename, NULL);
		ck_assert_int_eq(persisting_persist(&subject, target, 0), -1);
		meddle_end();
		ck_assert_int_eq(errno, EXDEV);
		ck_assert(persisting_has(target, OLD));
		ck_assert_int_eq(persisting_close(&subject), 0);
		ck_assert_uint_eq(testing_entries(NULL), 1);
	}
	unlink(target);
}
END_TEST

static void fill(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, every_call_may_fail);
	tcase_add_test(tests,
		a_kill_at_every_call_leaves_old_or_new_and_one_name_at_most);
	tcase_add_test(tests,
		a_failed_sync_of_the_directory_is_reported_and_the_file_the_users);
	tcase_add_test(tests, across_file_systems_is_exdev_and_no_copy);
}

TESTING_MAIN_CASE("persist-faults", fill)
