/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-handler.c - removal inside a signal handler, on little stack.
 *
 * The alternate stack is MINSIGSTKSZ + 64 KiB with a page below that faults.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/rmtree.h"
#include "base/rmtree-tree.h"
#include "base/syscalls.h"
#include "testing.h"
#include "trees.h"

enum { PAGE = 65536, PATTERN = 0x5a };

static char *stack;
static size_t stack_size;
static int handler_result;

static int quiet(const char *path, int error, void *data)
{
	(void)path;
	(void)error;
	(void)data;
	return 0;
}

static void remove_in_handler(int signal)
{
	struct with__rmtree options = WITH__RMTREE_INIT;

	(void)signal;
	options.on_error = quiet;
	handler_result = with__rmtree("root", &options);
}

static void make_alternate_stack(void)
{
	stack_t alternate = { .ss_flags = 0 };
	char *memory;

	stack_size = (size_t)MINSIGSTKSZ + 64 * 1024;
	memory = mmap(NULL, PAGE + stack_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	trees_must(memory == MAP_FAILED ? -1 : 0);
	trees_must(mprotect(memory, PAGE, PROT_NONE));
	stack = memory + PAGE;
	memset(stack, PATTERN, stack_size);
	alternate.ss_sp = stack;
	alternate.ss_size = stack_size;
	trees_must(sigaltstack(&alternate, NULL));
}

/* Past the compiler and valgrind, for whom all below a stack's end is void. */
static size_t stack_used(void)
{
	int memory = trees_must(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
	size_t untouched = 0;
	char byte = PATTERN;

	while (untouched < stack_size && byte == PATTERN) {
		off_t place = (off_t)(uintptr_t)(stack + untouched++);

		trees_must((int)pread(memory, &byte, 1, place));
	}
	close(memory);
	return stack_size - untouched;
}

static void remove_by_signal(void)
{
	struct sigaction action = {
		.sa_handler = remove_in_handler, .sa_flags = SA_ONSTACK,
	};

	trees_must(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	testing_expect(handler_result == 0);
	testing_expect(!trees_exists("root"));
}

START_CHILD_TEST(handler_on_a_small_alternate_stack_removes_trees)
{
	trees_begin();
	make_alternate_stack();
	trees_bush("root", 3, 40, 2);
	remove_by_signal();
	trees_chain("root", "d", 1000);
	remove_by_signal();
	trees_chain("root", "d", 100);
	with__sys.renameat = trees_refused_renameat;
	remove_by_signal();
	/* The frame of the signal itself is in there, too. */
	testing_expect(stack_used() < 64 * 1024);
}
END_CHILD_TEST

START_TEST(buffers_are_32_kibibytes_together)
{
	ck_assert_uint_le(sizeof(struct tree), 32 * 1024);
}
END_TEST

START_CHILD_TEST(stack_of_256_kibibytes_suffices)
{
	struct rlimit limit = { .rlim_cur = 256 * 1024, .rlim_max = 256 * 1024 };

	trees_must(setrlimit(RLIMIT_STACK, &limit));
	trees_begin();
	trees_chain("root", "d", 1000);
	testing_expect(with__rmtree("root", NULL) == 0);
	trees_bush("root", 3, 40, 2);
	testing_expect(with__rmtree("root", NULL) == 0);
}
END_CHILD_TEST

static ssize_t refused_getdents64(int fd, void *buffer, size_t size)
{
	(void)fd;
	(void)buffer;
	(void)size;
	raise(SIGABRT);
	return -1;
}

START_CHILD_TEST(no_memory_is_needed)
{
	struct rlimit limit = { .rlim_cur = 0, .rlim_max = 0 };

	trees_begin();
	trees_bush("root", 3, 40, 2);
	/* Neither the heap nor a mapping can grow now. */
	if (!testing_is_wrapped()) {
		trees_must(setrlimit(RLIMIT_DATA, &limit));
		trees_must(setrlimit(RLIMIT_AS, &limit));
	}
	testing_expect(with__rmtree("root", NULL) == 0);
}
END_CHILD_TEST

/* An empty directory is not even read: nothing may be left to chance there. */
START_TEST(empty_directory_is_not_opened)
{
	trees_begin();
	trees_directory("root");
	with__sys.getdents64 = refused_getdents64;
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
}
END_TEST

TESTING_MAIN("rmtree-handler",
	handler_on_a_small_alternate_stack_removes_trees,
	buffers_are_32_kibibytes_together,
	stack_of_256_kibibytes_suffices,
	no_memory_is_needed,
	empty_directory_is_not_opened)
