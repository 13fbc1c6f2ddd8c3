/* SPDX-License-Identifier: MIT */
/* test-exit_stack.c - WITH_EXIT_STACK */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <with/descriptor.h>
#include <with/exit_stack.h>
#include <with/file.h>

#include "hook.h"
#include "testing.h"

static char order[200];

static void note(void *text)
{
	strcat(order, text);
	errno = EBADMSG;
}

static int refuse(void *error)
{
	strcat(order, "!");
	errno = *(int *)error;
	return -1;
}

static int succeed(void *text)
{
	strcat(order, text);
	errno = EBADMSG;
	return 0;
}

static char a[] = "a", b[] = "b", c[] = "c";

START_TEST(things_are_closed_newest_first_and_errno_is_kept)
{
	order[0] = '\0';
	WITH_EXIT_STACK (stack) {
		ck_assert_int_eq(with_exit_stack_push(&stack, note, a), 0);
		ck_assert_int_eq(with_exit_stack_push(&stack, succeed, b), 0);
		if (order[0] == '\0')
			with_exit_stack_push(&stack, note, c);
		ck_assert_str_eq(order, "");
		errno = EDOM;
	} else {
		ck_abort_msg("no stack");
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(order, "cba");
	order[0] = '\0';
	{
		SCOPED_EXIT_STACK(stack);
		with_exit_stack_push(&stack, note, a);
		with_exit_stack_push(&stack, note, b);
	}
	ck_assert_str_eq(order, "ba");
}
END_TEST

START_TEST(close_ends_early_with_the_first_error)
{
	int first = ENOSPC, second = EIO;

	order[0] = '\0';
	WITH_EXIT_STACK (stack) {
		with_exit_stack_push(&stack, note, a);
		with_exit_stack_push(&stack, refuse, &second);
		with_exit_stack_push(&stack, refuse, &first);
		with_exit_stack_push(&stack, note, b);
		hook_listen();
		ck_assert_int_eq(with_exit_stack_close(&stack), -1);
		ck_assert_int_eq(errno, ENOSPC);
		ck_assert_str_eq(hook_heard(), "");
		ck_assert_str_eq(order, "b!!a");
		ck_assert_int_eq(with_exit_stack_close(&stack), 0);
		errno = 0;
		ck_assert_int_eq(with_exit_stack_push(&stack, note, a), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(order, "b!!a");
	WITH_EXIT_STACK (stack) {
		with_exit_stack_push(&stack, note, a);
		errno = EDOM;
		ck_assert_int_eq(with_exit_stack_close(&stack), 0);
		ck_assert_int_eq(errno, EDOM);
	}
}
END_TEST

START_TEST(failures_at_the_end_of_the_scope_are_told)
{
	int error = ENOSPC;

	hook_listen();
	WITH_EXIT_STACK (stack) {
		with_exit_stack_push(&stack, refuse, &error);
		with_exit_stack_push(&stack, refuse, &error);
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert_str_eq(hook_heard(), "close exit stack 28");
	ck_assert_int_eq(hook_count, 2);
}
END_TEST

START_TEST(nonsense_is_not_pushed)
{
	void (*null)(void *) = NULL;

	WITH_EXIT_STACK (stack) {
		errno = 0;
		ck_assert_int_eq(with_exit_stack_push(&stack, null, a), -1);
		ck_assert_int_eq(errno, EINVAL);
		errno = 0;
		ck_assert_int_eq(with_exit_stack_push(NULL, note, a), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

static int ran[1000], ran_count;

static void run(void *number)
{
	ran[ran_count++] = *(int *)number;
}

START_TEST(a_thousand_things_are_closed_in_order)
{
	static int numbers[1000];

	for (int i = 0; i < 1000; i++)
		numbers[i] = i;
	for (int count = 15; count <= 1000; count += count < 18 ? 1 : 491) {
		ran_count = 0;
		WITH_EXIT_STACK (stack) {
			for (int i = 0; i < count; i++)
				ck_assert_int_eq(with_exit_stack_push(
					&stack, run, &numbers[i]), 0);
		}
		ck_assert_int_eq(ran_count, count);
		for (int i = 0; i < count; i++)
			ck_assert_int_eq(ran[i], count - 1 - i);
	}
}
END_TEST

static struct with_exit_stack *closing;

static void push_more(void *argument)
{
	strcat(order, "m");
	if (strlen(order) < 40)
		ck_assert_int_eq(with_exit_stack_push(closing, push_more,
						      argument), 0);
}

START_TEST(what_is_pushed_while_it_closes_is_closed_too)
{
	order[0] = '\0';
	WITH_EXIT_STACK (stack) {
		closing = &stack;
		with_exit_stack_push(&stack, note, a);
		with_exit_stack_push(&stack, push_more, NULL);
	}
	ck_assert_uint_eq(strlen(order), 41);
	ck_assert_int_eq(order[40], 'a');
}
END_TEST

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void close_stack(void *stack)
{
	ck_assert_int_eq(with_exit_stack_close(stack), 0);
}

/* Near, and far: what is done is not done a second time. */
START_TEST(a_stack_that_is_closed_while_it_closes_runs_each_once)
{
	static int numbers[] = { 0, 1, 2, 3 };

	for (int count = 1; count <= 3 * WITH_EXIT_STACK_FIRST; count++) {
		ran_count = 0;
		WITH_EXIT_STACK (stack) {
			for (int i = 0; i < count; i++)
				with_exit_stack_push(&stack, run,
						     &numbers[i % 4]);
			with_exit_stack_push(&stack, close_stack, &stack);
			with_exit_stack_push(&stack, run, &numbers[0]);
		}
		ck_assert_int_eq(ran_count, count + 1);
		ran_count = 0;
		{
			struct with_exit_stack stack = with_exit_stack_open();

			for (int i = 0; i < count; i++)
				with_exit_stack_push(&stack, run,
						     &numbers[i % 4]);
			with_exit_stack_push(&stack, close_stack, &stack);
			ck_assert_int_eq(with_exit_stack_close(&stack), 0);
		}
		ck_assert_int_eq(ran_count, count);
	}
}
END_TEST

START_TEST(resources_of_guards_are_taken_and_closed)
{
	int numbers[20];

	WITH_EXIT_STACK (stack) {
		for (int i = 0; i < 20; i++) {
			SCOPED_FD(fd, "/dev/null", O_RDONLY);
			numbers[i] = fd;
			ck_assert_int_eq(with_exit_stack_take(
				&stack, with_fd, fd), 0);
			ck_assert_int_eq(fd, -1);
		}
		for (int i = 0; i < 20; i++)
			ck_assert(is_open(numbers[i]));
	}
	for (int i = 0; i < 20; i++)
		ck_assert(!is_open(numbers[i]));
}
END_TEST

START_TEST(nothing_is_not_taken)
{
	WITH_EXIT_STACK (stack) {
		SCOPED_FD_FROM(fd, dup(-1));
		errno = 0;
		ck_assert_int_eq(with_exit_stack_take(&stack, with_fd, fd), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(with_exit_stack_close(&stack), 0);
		SCOPED_FD(held, "/dev/null", O_RDONLY);
		errno = 0;
		ck_assert_int_eq(with_exit_stack_take(&stack, with_fd, held),
				 -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert(is_open(held));
	}
}
END_TEST

START_TEST(full_disk_at_the_close_of_a_taken_file_is_the_first_error)
{
	WITH_EXIT_STACK (stack) {
		SCOPED_FILE(file, "/dev/full", "w");
		fputs("text", file);
		ck_assert_int_eq(with_exit_stack_take(&stack, with_file, file),
				 0);
		ck_assert_ptr_null(file);
		ck_assert_int_eq(with_exit_stack_close(&stack), -1);
		ck_assert_int_eq(errno, ENOSPC);
	}
}
END_TEST

/* A type of one's own, larger than an entry, and with an alignment. */
struct box {
	_Alignas(64) int contents;
	int filled;
};

static int emptied;

static struct box fill_box(int contents)
{
	return (struct box) { .contents = contents, .filled = 1 };
}

static int empty_box(struct box box)
{
	emptied = box.contents;
	errno = EXDEV;
	return box.contents == 13;
}

WITH_DEFINE(box, struct box, fill_box, empty_box, (struct box){ 0 }, self.filled)

/* Only larger. */
struct wide {
	char text[100];
};

static struct wide fill_wide(const char *text)
{
	struct wide wide = { "" };

	strcpy(wide.text, text);
	return wide;
}

static void note_wide(struct wide wide)
{
	strcpy(order, wide.text);
}

WITH_DEFINE(wide, struct wide, fill_wide, note_wide, (struct wide){ "" },
	    self.text[0])

START_TEST(large_values_are_taken)
{
	const char *text = "a text that is longer than an entry has room for";

	WITH_EXIT_STACK (stack) {
		SCOPED(wide, mine, text);
		ck_assert_int_eq(with_exit_stack_take(&stack, wide, mine), 0);
		with_exit_stack_push(&stack, note, a);
		order[0] = '\0';
	}
	ck_assert_str_eq(order, text);
	WITH_EXIT_STACK (stack) {
		SCOPED(box, mine, 7);
		ck_assert_int_eq(with_exit_stack_take(&stack, box, mine), 0);
		ck_assert_int_eq(mine.filled, 0);
		ck_assert_int_eq(emptied, 0);
	}
	ck_assert_int_eq(emptied, 7);
	WITH_EXIT_STACK (stack) {
		SCOPED(box, mine, 13);
		ck_assert_int_eq(with_exit_stack_take(&stack, box, mine), 0);
		ck_assert_int_eq(with_exit_stack_close(&stack), -1);
		ck_assert_int_eq(errno, EXDEV);
	}
	emptied = 0;
}
END_TEST

static struct with_exit_stack open_all(int count)
{
	SCOPED_EXIT_STACK(stack);

	for (int i = 0; i < count; i++)
		ck_assert_int_eq(with_exit_stack_push(&stack, note, a), 0);
	return with_exit_stack_pop_all(&stack);
}

START_TEST(all_is_popped_and_handed_out)
{
	for (int count = 3; count < 60; count += 30) {
		struct with_exit_stack kept;

		order[0] = '\0';
		kept = open_all(count);
		ck_assert_str_eq(order, "");
		ck_assert_int_eq(with_exit_stack_push(&kept, note, b), 0);
		ck_assert_int_eq(with_exit_stack_close(&kept), 0);
		ck_assert_uint_eq(strlen(order), (size_t)count + 1);
		ck_assert_int_eq(order[0], 'b');
	}
	WITH_EXIT_STACK (stack) {
		struct with_exit_stack kept = with_exit_stack_steal(&stack);

		ck_assert_int_eq(with_exit_stack_push(&stack, note, a), -1);
		ck_assert_int_eq(with_exit_stack_close(&kept), 0);
	}
}
END_TEST

/*
 * What the library asks memory of. The linker's names for ours, and for what
 * they replace (tests/local.mk); an assertion may ask as well.
 */
static int allocations;
static int no_memory;

static int allows(void)
{
	allocations++;
	if (no_memory)
		errno = ENOMEM;
	return !no_memory;
}

#define WRAPPED(function, parameters, arguments) \
	void *__real_##function parameters; \
	void *__wrap_##function parameters; \
	void *__wrap_##function parameters \
	{ \
		return allows() ? __real_##function arguments : NULL; \
	}

WRAPPED(malloc, (size_t size), (size))
WRAPPED(aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAPPED(reallocarray, (void *old, size_t count, size_t size),
	(old, count, size))

START_TEST(the_first_sixteen_need_no_allocation)
{
	int before = allocations, first, all, taken;

	order[0] = '\0';
	WITH_EXIT_STACK (stack) {
		for (int i = 0; i < 16; i++)
			with_exit_stack_push(&stack, note, a);
		first = allocations - before;
		with_exit_stack_push(&stack, note, b);
		all = allocations - before;
	}
	ck_assert_str_eq(order, "baaaaaaaaaaaaaaaa");
	ck_assert_int_eq(first, 0);
	ck_assert_int_eq(all, 1);
	before = allocations;
	WITH_EXIT_STACK (stack) {
		for (int i = 0; i < 16; i++) {
			SCOPED_FD(fd, "/dev/null", O_RDONLY);
			with_exit_stack_take(&stack, with_fd, fd);
		}
		struct with_exit_stack kept = with_exit_stack_pop_all(&stack);
		with_exit_stack_close(&kept);
	}
	taken = allocations - before;
	ck_assert_int_eq(taken, 0);
}
END_TEST

/* 16: it moves out of the variable; 32: what it moved to grows. */
static void push_beyond(int full)
{
	order[0] = '\0';
	WITH_EXIT_STACK (stack) {
		SCOPED_FD(fd, "/dev/null", O_RDONLY);
		int pushed, error, taken;

		for (int i = 0; i < full; i++)
			ck_assert_int_eq(with_exit_stack_push(&stack, note, a),
					 0);
		no_memory = 1;
		errno = 0;
		pushed = with_exit_stack_push(&stack, note, b);
		error = errno;
		taken = with_exit_stack_take(&stack, with_fd, fd);
		no_memory = 0;
		ck_assert_int_eq(pushed, -1);
		ck_assert_int_eq(error, ENOMEM);
		ck_assert_int_eq(taken, -1);
		ck_assert(is_open(fd));
		ck_assert_int_eq(with_exit_stack_push(&stack, note, c), 0);
	}
	ck_assert_uint_eq(strlen(order), (size_t)full + 1);
	ck_assert_int_eq(order[0], 'c');
	ck_assert_int_eq(order[full], 'a');
}

START_TEST(without_memory_nothing_is_pushed_and_nothing_lost)
{
	push_beyond(16);
	push_beyond(32);
	emptied = 0;
	WITH_EXIT_STACK (stack) {
		SCOPED(box, mine, 7);
		int taken, error;

		no_memory = 1;
		errno = 0;
		taken = with_exit_stack_take(&stack, box, mine);
		error = errno;
		no_memory = 0;
		ck_assert_int_eq(taken, -1);
		ck_assert_int_eq(error, ENOMEM);
		ck_assert_int_eq(mine.filled, 1);
		ck_assert_int_eq(with_exit_stack_close(&stack), 0);
		ck_assert_int_eq(emptied, 0);
	}
	ck_assert_int_eq(emptied, 7);
	emptied = 0;
}
END_TEST

TESTING_MAIN("exit_stack",
	things_are_closed_newest_first_and_errno_is_kept,
	close_ends_early_with_the_first_error,
	failures_at_the_end_of_the_scope_are_told,
	nonsense_is_not_pushed,
	a_thousand_things_are_closed_in_order,
	what_is_pushed_while_it_closes_is_closed_too,
	a_stack_that_is_closed_while_it_closes_runs_each_once,
	resources_of_guards_are_taken_and_closed,
	nothing_is_not_taken,
	full_disk_at_the_close_of_a_taken_file_is_the_first_error,
	large_values_are_taken,
	all_is_popped_and_handed_out,
	the_first_sixteen_need_no_allocation,
	without_memory_nothing_is_pushed_and_nothing_lost)
