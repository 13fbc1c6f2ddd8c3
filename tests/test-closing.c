/* SPDX-License-Identifier: MIT */
/* test-closing.c - clean-ups and creators see each other, barrier or none. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include <with.h>

#include "base/process.h"
#include "base/syscalls.h"
#include "life/closing.h"
#include "life/registry.h"
#include "life/slots.h"
#include "testing.h"
#include "trees.h"

/* ------------------------------------------------------------------------
 * The barrier
 */

static int fences, registrations;
static int refusal;		/* an errno */
static bool until_registered;

static int counted_membarrier(int command)
{
	if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED)
		fences++;
	else
		registrations++;
	if (refusal && until_registered &&
	    command == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
		refusal = 0;
	if (!refusal)
		return 0;
	errno = refusal;
	return -1;
}

static void count_fences(int error)
{
	fences = registrations = 0;
	refusal = error;
	until_registered = false;
	with__sys.membarrier = counted_membarrier;
}

/* Whatever the kernel has: creators are told that it has one, or none. */
static void begin_with(int error)
{
	count_fences(error);
	(void)with__process();
	if (error)
		with_cleanup_now();
	else
		with__closing_prepare();
	testing_expect(with__closing_undisturbed() == !error);
	count_fences(error);
}

static void make_and_clean(void)
{
	struct tempfile_named *named = tempfile_named_open();
	struct tempfile_dir *dir = tempfile_dir_open(.random_length = 3);

	testing_expect(named && dir);
	testing_expect(testing_entries(NULL) == 2);
	with_cleanup_now();
	testing_expect(testing_entries(NULL) == 0);
	testing_expect(tempfile_named_close(&named) == 0);
	testing_expect(tempfile_dir_close(&dir) == 0);
}

START_CHILD_TEST(nothing_stands_in_the_way_once_the_library_is_loaded)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) <= 0)
		return;
	testing_expect(with__closing_undisturbed());
	make_and_clean();
	testing_expect(with__closing_undisturbed());
}
END_CHILD_TEST

START_CHILD_TEST(each_clean_up_has_a_barrier_of_its_own)
{
	struct tempfile_dir *dir;

	begin_with(0);
	dir = tempfile_dir_open();
	testing_expect(fences == 0);
	with_cleanup_now();
	testing_expect(fences == 1 && registrations == 0);
	with_cleanup_now();
	testing_expect(fences == 2);
	testing_expect(tempfile_dir_close(&dir) == 0);
	testing_expect(fences == 2);
}
END_CHILD_TEST

START_CHILD_TEST(refused_at_the_beginning_locked_instructions_do)
{
	begin_with(EPERM);
	with__closing_prepare();
	testing_expect(registrations == 1 && fences == 0);
	testing_expect(!with__closing_undisturbed());
	make_and_clean();
	testing_expect(fences == 0);
	count_fences(0);
	with__closing_prepare();
	testing_expect(registrations == 1 && fences == 1);
	testing_expect(with__closing_undisturbed());
}
END_CHILD_TEST

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void refused_later(void *error)
{
	struct tempfile_named *named;
	double begin;

	begin_with(0);
	named = tempfile_named_open();
	testing_expect(named && testing_entries(NULL) == 1);
	count_fences(*(int *)error);
	begin = now_ms();
	errno = EDOM;
	with_cleanup_now();
	testing_expect(errno == EDOM);
	/* It has waited for the stores of others instead, and does so once. */
	testing_expect(now_ms() - begin >= 1);
	testing_expect(fences >= 1);
	testing_expect(testing_entries(NULL) == 0);
	testing_expect(!with__closing_undisturbed());
	testing_expect(tempfile_named_close(&named) == 0);
	count_fences(*(int *)error);
	make_and_clean();
	testing_expect(fences == 0 && registrations == 0);
}

START_TEST(refused_later_a_clean_up_waits_and_locked_instructions_do)
{
	int errors[] = { EPERM, ENOSYS, EINVAL };

	for (size_t i = 0; i < 3; i++)
		ck_assert(testing_exited(testing_in_child(refused_later,
							  &errors[i]), 0));
}
END_TEST

static void not_registered(void *unused)
{
	(void)unused;
	until_registered = true;
	refusal = EPERM;
	make_and_clean();
	testing_expect(registrations == 1 && fences == 2);
	testing_expect(with__closing_undisturbed());
	make_and_clean();
	testing_expect(registrations == 1 && fences == 3);
}

START_CHILD_TEST(a_child_that_is_not_registered_registers)
{
	struct tempfile_dir *dir;
	int status;

	begin_with(0);
	dir = tempfile_dir_open();
	with_cleanup_now();
	count_fences(0);
	status = testing_in_child(not_registered, NULL);
	testing_expect(testing_exited(status, 0));
	testing_expect(tempfile_dir_close(&dir) == 0);
}
END_CHILD_TEST

/* A filter of the real kernel's, put on after the library was loaded. */
static void refuse_in_the_kernel(unsigned error)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(*program),
		.filter = program,
	};

	trees_must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	trees_must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static void *create_for_ever(void *unused)
{
	for (;;)
		WITH_NAMED_TMP (named) {
			putc('x', named->file);
		}
	return unused;
}

static void filtered(void *ending)
{
	pthread_t thread;

	testing_default_signals();
	refuse_in_the_kernel(EPERM);
	testing_expect(with_cleanup_on_signals(NULL, 0) == 0);
	for (int i = 0; i < 2; i++)
		testing_expect(!pthread_create(&thread, NULL, create_for_ever,
					       NULL));
	usleep(2000);
	if (*(int *)ending)
		raise(SIGTERM);
	with_cleanup_now();
	exit(0);
}

START_TEST(under_a_filter_nothing_is_left)
{
	int dies = 1, exits = 0;

	for (int i = 0; i < testing_storm(10, 500); i++) {
		ck_assert(testing_killed(testing_in_child(filtered, &dies),
					 SIGTERM));
		ck_assert_uint_eq(testing_entries(NULL), 0);
		ck_assert(testing_exited(testing_in_child(filtered, &exits),
					 0));
		ck_assert_uint_eq(testing_entries(NULL), 0);
	}
}
END_TEST

/* ------------------------------------------------------------------------
 * The level
 */

static void *must_wait(void *ret)
{
	*(bool *)ret = with__closing_must_wait(true);
	return NULL;
}

static bool others_must_wait(void)
{
	pthread_t thread;
	bool result = false;

	testing_expect(!pthread_create(&thread, NULL, must_wait, &result));
	testing_expect(!pthread_join(thread, NULL));
	return result;
}

START_CHILD_TEST(the_last_of_several_clean_ups_lets_creators_go_on)
{
	uint64_t owner;

	begin_with(0);
	owner = with__process_in_handler();
	testing_expect(owner && !others_must_wait());
	with__closing_raise(owner, WITH__PASSING);
	with__closing_raise(owner, WITH__PASSING);
	testing_expect(others_must_wait() && !with__closing_must_wait(true));
	with__closing_lower(owner);
	testing_expect(others_must_wait());
	testing_expect(!with__closing_undisturbed());
	with__closing_lower(owner);
	testing_expect(!others_must_wait());
	testing_expect(with__closing_undisturbed());
}
END_CHILD_TEST

START_CHILD_TEST(a_passing_clean_up_does_not_end_a_lasting_one)
{
	uint64_t owner;

	begin_with(0);
	owner = with__process_in_handler();
	with__closing_raise(owner, WITH__PASSING);
	with__closing_raise(owner, WITH__EXITING);
	with__closing_lower(owner);
	with__closing_raise(owner, WITH__PASSING);
	with__closing_lower(owner);
	with__closing_lower(owner);
	testing_expect(others_must_wait() && with__closing_for_good());
	testing_expect(!with__closing_undisturbed());
}
END_CHILD_TEST

static void be_undisturbed(void *parent)
{
	struct tempfile_dir *dir = tempfile_dir_open();

	testing_expect(dir != NULL);
	testing_expect(with__closing_undisturbed());
	/* What goes on in the child of what the parent began. */
	with__closing_lower(*(uint64_t *)parent);
	testing_expect(with__closing_undisturbed());
	testing_expect(tempfile_dir_close(&dir) == 0);
}

START_CHILD_TEST(what_goes_on_in_the_parent_does_not_disturb_a_child)
{
	uint64_t owner;
	int status;

	begin_with(0);
	owner = with__process_in_handler();
	with__closing_raise(owner, WITH__PASSING);
	status = testing_in_child(be_undisturbed, &owner);
	testing_expect(testing_exited(status, 0));
	testing_expect(others_must_wait());
}
END_CHILD_TEST

/* ------------------------------------------------------------------------
 * The slots
 */

static struct with__entry publish(const char *path)
{
	const struct with__record record = {
		.path = path,
		.path_size = strlen(path) + 1,
		.place = AT_FDCWD,
		.kind = WITH__FILE,
	};
	struct with__entry entry;

	testing_expect(with__registry_publish(&entry, &record) == 0);
	return entry;
}

static struct with__entry stranding;
static char stranded[4096];

/* Not there yet when the clean-up looks; made, and stranded, right after. */
static int unlinkat_before_the_making(int dirfd, const char *name, int flags)
{
	int result = unlinkat(dirfd, name, flags);
	int error = errno;

	with__sys.unlinkat = unlinkat;
	testing_expect(result < 0 && error == ENOENT);
	trees_file(stranded);
	testing_expect(with__registry_confirm(&stranding, NULL) < 0);
	testing_expect(errno == ECANCELED);
	with__registry_strand(&stranding);
	errno = error;
	return result;
}

static void strand_it(int error)
{
	begin_with(error);
	snprintf(stranded, sizeof(stranded), "%s/file", testing_tmpdir());
	stranding = publish(stranded);
	with__sys.unlinkat = unlinkat_before_the_making;
	with_cleanup_now();
	testing_expect(trees_exists(stranded));
	with_cleanup_now();
	testing_expect(!trees_exists(stranded));
}

START_CHILD_TEST(what_is_stranded_behind_a_clean_up_the_next_one_removes)
{
	strand_it(0);
	strand_it(EPERM);
}
END_CHILD_TEST

enum { LENGTH = 90 };
static _Atomic bool enough;
static _Atomic unsigned long torn, seen;

/* A name is of one letter; nothing is there. */
static int look_at_name(int dirfd, const char *name, int flags)
{
	const char *last = strrchr(name, '/') + 1;

	(void)dirfd;
	(void)flags;
	seen++;
	for (int i = 0; i < LENGTH; i++)
		if (last[i] != *last)
			torn++;
	errno = ENOENT;
	return -1;
}

static void name_of(char *path, unsigned turn)
{
	path[0] = '/';
	memset(path + 1, 'a' + (int)(turn % 26), LENGTH);
	path[LENGTH + 1] = '\0';
}

static void *publish_often(void *unused)
{
	char path[LENGTH + 2];

	for (unsigned turn = 0; !enough; turn++) {
		struct with__entry entry;

		name_of(path, turn);
		entry = publish(path);
		if (with__registry_confirm(&entry, NULL) < 0 || turn % 2)
			with__registry_withdraw(&entry);
		else
			with__registry_release(&entry);
	}
	return unused;
}

static void *clean_up_often(void *unused)
{
	int count = testing_storm(2000, 200000);

	/* On a busy machine creators may hardly run. */
	for (int i = 0; i < count || !seen; i++) {
		with_cleanup_now();
		if (i % 16 == 0)
			usleep(100);
	}
	return unused;
}

static void meet(int error)
{
	enum { CREATORS = 2, CLEANERS = 2 };
	pthread_t threads[CREATORS + CLEANERS];
	int (*real)(int) = with__sys.membarrier;

	begin_with(error);
	with__sys.membarrier = real;
	enough = false;
	torn = seen = 0;
	with__sys.unlinkat = look_at_name;
	for (int i = 0; i < CREATORS + CLEANERS; i++)
		testing_expect(!pthread_create(&threads[i], NULL, i < CREATORS ?
					       publish_often : clean_up_often,
					       NULL));
	for (int i = CREATORS + CLEANERS; i-- > 0; ) {
		if (i == CREATORS - 1)
			enough = true;
		testing_expect(!pthread_join(threads[i], NULL));
	}
	testing_expect(seen > 0);
	testing_expect(torn == 0);
	for (uint32_t i = 0; i < with__slot_count(); i++)
		testing_expect(with__slot_state(with__slot_view(
				with__slot_at(i)).word) == WITH__SLOT_FREE);
}

static void meet_in_both_ways(void *unused)
{
	(void)unused;
	if (with__closing_undisturbed())
		meet(0);
	meet(EPERM);
}

START_TEST(creators_and_clean_ups_that_meet_tear_and_lose_nothing)
{
	ck_assert(testing_exited(testing_in_child(meet_in_both_ways, NULL), 0));
}
END_TEST

TESTING_MAIN("closing",
	nothing_stands_in_the_way_once_the_library_is_loaded,
	each_clean_up_has_a_barrier_of_its_own,
	refused_at_the_beginning_locked_instructions_do,
	refused_later_a_clean_up_waits_and_locked_instructions_do,
	a_child_that_is_not_registered_registers,
	under_a_filter_nothing_is_left,
	the_last_of_several_clean_ups_lets_creators_go_on,
	a_passing_clean_up_does_not_end_a_lasting_one,
	what_goes_on_in_the_parent_does_not_disturb_a_child,
	what_is_stranded_behind_a_clean_up_the_next_one_removes,
	creators_and_clean_ups_that_meet_tear_and_lose_nothing)
