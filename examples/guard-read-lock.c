/* SPDX-License-Identifier: MIT */
/* A table that many threads read, and few change. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <with/lock.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static char greeting[20] = "hello";

static void set_greeting(const char *text)
{
	SCOPED_WRITE_LOCK(held, &lock);

	if (held)
		snprintf(greeting, sizeof(greeting), "%s", text);
}

static size_t greeting_length(void)
{
	WITH_READ_LOCK (held, &lock)
		return strlen(greeting);
	return 0;
}

int main(void)
{
	printf("%zu\n", greeting_length());
	set_greeting("good morning");
	printf("%zu\n", greeting_length());
	return 0;
}
