/* SPDX-License-Identifier: MIT */
/*
 * every-macro.c - each macro of the public headers, used as a program uses
 * them. check-macros.sh compiles it in every dialect, with every compiler and
 * analyser, and holds that no macro is missing here. Nobody runs it.
 *
 * What needs more than C11 stands in every-macro-posix.c.
 */
#include <stdlib.h>
#include <string.h>

#include <with.h>
#include <with/cleanup.h>
#include <with/file.h>
#include <with/life.h>
#include <with/path.h>
#include <with/persist.h>
#include <with/rmtree.h>

int anonymous(void);
int named(void);
int directory(void);
int nests(void);
int loops(int count);
int raw(void);
int paths(void);
int removes(void);
int persists(void);
int files(const char *path);
int is_left_to_the_guard(size_t size);
int memory(size_t size);
int defers(size_t size);
struct tempfile_dir *hands_out(void);
struct tempfile_dir *hands_out_of_a_scope(void);


int anonymous(void)
{
	int result = sizeof(WITH_VERSION) > 1;

	WITH_TMP (file) {
		result += fputc('x', file);
	}
	WITH_TMP (file, .mode = "w+b", .buffering = TEMPFILE_LINE_BUFFERED) {
		result += fputc('x', file);
		result |= with_file_close(&file);
	} else {
		perror("temporary file");
		return -1;
	}
	SCOPED_TMP(one);
	SCOPED_TMP(two, .buffering = TEMPFILE_UNBUFFERED, .append = 1);
	return one && two ? result : -1;
}

int named(void)
{
	WITH_NAMED_TMP (log, .prefix = "log", .suffix = ".txt") {
		SCOPED_NAMED_TMP(other);

		if (!other)
			break;
		return fputs(other->path, log->file);
	} else {
		return -1;
	}
	return 0;
}

int directory(void)
{
	WITH_TEMPDIR (dir, .prefix = "myapp_") {
		SCOPED_TEMPDIR(inner, .inside = dir);
		const char *path = tempfile_dir_join(dir, "%d.txt", 1);

		return path && inner ? (int)strlen(path) : -1;
	}
	return 0;
}

int nests(void)
{
	int yes = 1;

	WITH_TEMPDIR (dir) {
		WITH_NAMED_TMP (log, .inside = dir) {
			WITH_TMP (file) {
				yes += fputc('x', file) + fputc('x', log->file);
			}
		} else {
			yes = 0;
			goto out;
		}
	} else {
		return -1;
	}
	if (yes)
		WITH_TMP (file)
			yes = fputc('x', file);
out:
	return yes;
}

int loops(int count)
{
	for (int i = 0; i < count; i++) {
		WITH_TMP (file) {
			if (fputc('x', file) == EOF)
				continue; /* leaves the block */
		}
		SCOPED_TEMPDIR(dir);
		if (!dir)
			break;
	}
	switch (count) {
	case 1:
		WITH_TMP (file) {
			return fputc('x', file);
		}
		break;
	default:
		break;
	}
	return 0;
}

int raw(void)
{
	char *path = NULL;
	int fd = tempfile_mkstemp(&path);
	int other = tempfile_mkstemp(&path, .prefix = "x", .random_length = 20);
	char *dir = tempfile_mkdtemp();
	char *exact = tempfile_mkdtemp(.prefix = "exact",
				       .random_length = TEMPFILE_EXACT_NAME);

	free(dir);
	free(exact);
	free(path);
	return fd + other;
}

static int make_it(const char *path, void *data)
{
	return path && data ? 0 : -1;
}

int paths(void)
{
	int data = 1;
	char *path = NULL;

	if (tempfile_make(&path, make_it, &data) < 0 ||
	    tempfile_make(&path, make_it, &data, .suffix = ".fifo") < 0)
		return -1;
	WITH_PATH (adopted, path) {
		SCOPED_PATH(again, adopted->path);
		SCOPED_MADE(made, make_it, &data);
		struct tempfile_path *third =
			tempfile_path_make(make_it, &data, .suffix = ".fifo");

		free(path);
		return again && made ? tempfile_path_close(&third) : -1;
	}
	WITH_MADE (made, make_it, &data, .suffix = ".fifo")
		puts(made->path);
	free(path);
	return 0;
}

int removes(void)
{
	return tempfile_rmtree("a") |
	       tempfile_rmtree("b", .missing_ok = 1, .threads = 2);
}

int persists(void)
{
	const unsigned flags = TEMPFILE_NOREPLACE | TEMPFILE_SYNC |
			       TEMPFILE_UMASK_MODE;

	WITH_NAMED_TMP (log) {
		if (tempfile_named_persist(log, "target", flags) == 0)
			return 0;
		return tempfile_named_persist(log, "target", TEMPFILE_EXCHANGE |
					      TEMPFILE_TARGET_MODE);
	}
	return -1;
}

int files(const char *path)
{
	WITH_FILE (in, path, "r") {
		SCOPED_FILE(out, "copy", "w");

		if (out)
			return fputc(fgetc(in), out);
	}
	return -1;
}

/* Guards of one's own: what the analysers know best are malloc and fopen. */
static char *memory_make(size_t size)
{
	return malloc(size);
}

WITH_DEFINE(mem, char *, memory_make, free)
WITH_DEFINE(my_file, FILE *, fopen, fclose)

struct pair {
	char *memory;
	size_t size;
};

static struct pair pair_make(size_t size)
{
	return (struct pair){ malloc(size), size };
}

static void pair_end(struct pair pair)
{
	free(pair.memory);
}

WITH_DEFINE(pair, struct pair, pair_make, pair_end, (struct pair){ 0 },
	    self.memory)

/* Nothing but the end of the scope frees it. */
int is_left_to_the_guard(size_t size)
{
	SCOPED (mem, a, size);

	if (!a)
		return -1;
	a[0] = 'x';
	WITH (mem, b, size) {
		b[0] = 'y';
		a[0] = b[0];
	}
	return a[0];
}

int memory(size_t size)
{
	WITH (mem, a, size) {
		WITH (pair, b, size) {
			SCOPED (mem, c, size);
			char *d;

			b.memory[0] = 'x';
			memset(a, 0, size);
			if (!c || mem_close(&c) != 0)
				return -1;
			d = mem_steal(&a);
			free(d);
			return b.memory[0];
		}
	} else {
		return -1;
	}
	WITH (my_file, in, "name", "r") {
		return fgetc(in);
	}
	return 0;
}

static int count_down(int *count)
{
	return --*count;
}

WITH_DEFERRABLE(free, void *)
WITH_DEFERRABLE(count_down, int *)

int defers(size_t size)
{
	int count = 2;
	char *text = malloc(size);
	SCOPED_DEFER(free, text);
	SCOPED_DEFER(count_down, &count);

	if (!text)
		return -1;
	text[0] = 'x';
	return text[0] + count;
}

#if !defined(__clang__) || defined(__BLOCKS__)
int cleans_up(size_t size);

int cleans_up(size_t size)
{
	WITH_SHARED int count = 0;
	char *text = malloc(size);

	if (!text)
		return -1;
	SCOPED_CLEANUP {
		free(text);
		count++;
	};
	text[0] = 'x';
	count = text[0];
	return count;
}
#endif

struct tempfile_dir *hands_out(void)
{
	WITH_TEMPDIR (dir) {
		if (tempfile_dir_keep(dir) == 0)
			return with_steal(dir);
	}
	return NULL;
}

struct tempfile_dir *hands_out_of_a_scope(void)
{
	SCOPED_TEMPDIR(dir);

	return with_steal(dir);
}

int main(int argc, char **argv)
{
	FILE *file = tempfile_open();
	FILE *text = tempfile_open(.mode = "w+");
	struct tempfile_named *one = tempfile_named_open();
	struct tempfile_named *two = tempfile_named_open(.keep = 1);
	struct tempfile_dir *dir = tempfile_dir_open();
	struct tempfile_dir *kept = tempfile_dir_open(.keep = 1);

	return with_file_close(&file) | with_file_close(&text) |
	       tempfile_named_close(&one) | tempfile_named_close(&two) |
	       tempfile_dir_close(&dir) | tempfile_dir_close(&kept) |
	       files(argv[argc - 1]);
}
