/* SPDX-License-Identifier: MIT */
/*
 * misuse.c - mistakes that compilers catch, without any warning asked for.
 * check-macros.sh compares the lines complained of with the marks at their
 * ends: gcc, clang or both.
 */
#include <stdlib.h>

#include <with.h>

static void *memory_make(size_t size)
{
	return malloc(size);
}

WITH_DEFINE(mem, void *, memory_make, free)
WITH_DEFERRABLE(free, void *)

FILE *stray_positional_argument(void)
{
	WITH_TMP (f, "x")					/* both */
		rewind(f);
	SCOPED_TEMPDIR(d, "x");					/* both */
	return tempfile_open("x");				/* both */
}

void ignored_result(void)
{
	WITH_TMP (f) {
		with_steal(f);					/* both */
	}
	WITH_TEMPDIR (d)
		tempfile_dir_steal(&d);				/* both */
	WITH (mem, m, 10)
		mem_steal(&m);					/* both */
	tempfile_open();					/* both */
	tempfile_dir_open();					/* both */
}

int steals_no_pointer(int number)
{
	return with_steal(number);				/* both */
}

int wrong_type(int number)
{
	SCOPED_DEFER(free, number);				/* both */
	WITH_TEMPDIR (d)
		return mem_close(&d);				/* both */
	WITH (mem, m, "size")					/* both */
		return 0;
	return 1;
}

#ifndef ONLY_WARNINGS /* gcc looks no further after an error */

void unknown_option(void)
{
	WITH_TMP (f, .colour = "red")				/* both */
		rewind(f);
	SCOPED_TEMPDIR(d, .prefiks = "x");			/* both */
	free(tempfile_mkdtemp(.sufix = "x"));			/* both */
}

void option_of_another_noun(char *path)
{
	WITH_TEMPDIR (d, .encoding = "UTF-8")			/* both */
		puts(d->path);
	WITH_TEMPDIR (d, .mode = "w")				/* both */
		puts(d->path);
	WITH_TMP (f, .keep = 1)					/* both */
		rewind(f);
	if (tempfile_mkstemp(&path, .buffering = 1) < 0)	/* both */
		return;
}

int jumps_into_a_block(int yes)
{
	if (yes)
		goto inside;					/* clang */
	WITH_TMP (f) {
inside:
		rewind(f);
	}
	return 0;
}

int jumps_into_a_scope(int yes)
{
	if (yes)
		goto inside;					/* clang */
	SCOPED_TMP(f);
inside:
	return f ? 1 : 0;
}

int jumps_into_a_scope_by_case(int which)
{
	switch (which) {
	case 0:;
		SCOPED_TMP(f);
		break;
	case 1:							/* clang */
		break;
	}
	return 0;
}

#endif

/* None of these: they are right. */
FILE *is_right(int yes)
{
	WITH_TMP (f, .mode = "w+b", .append = 1) {
		if (yes)
			goto out;
		return with_steal(f);
	}
out:
	return NULL;
}
