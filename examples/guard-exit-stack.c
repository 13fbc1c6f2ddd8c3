/* SPDX-License-Identifier: MIT */
/* Open all files of a list, or none: close what is open if one is missing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <with/descriptor.h>
#include <with/exit_stack.h>

static struct with_exit_stack open_all(const char *const *paths)
{
	SCOPED_EXIT_STACK(stack);

	for (; *paths; paths++) {
		SCOPED_FD(fd, *paths, O_RDONLY);
		if (fd < 0 || with_exit_stack_take(&stack, with_fd, fd) < 0) {
			printf("%s: %s\n", *paths, strerror(errno));
			with_exit_stack_close(&stack);
			break;
		}
	}
	return with_exit_stack_pop_all(&stack);
}

int main(void)
{
	const char *const good[] = { "/dev/null", "/dev/zero", "/", NULL };
	const char *const bad[] = { "/dev/null", "/nonexistent", NULL };
	struct with_exit_stack files = open_all(good);

	printf("closing: %d\n", with_exit_stack_close(&files));
	files = open_all(bad);
	printf("closing nothing: %d\n", with_exit_stack_close(&files));
	return 0;
}
