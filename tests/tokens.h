/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - resources that write down when they are opened and closed, for
 * the tests of the statement
 *
 * Opening "a" notes "+a", closing it "-a", so that a test compares a whole
 * course of events with one string. Every close spoils errno and the token
 * itself, as a real one may: what is kept, the statement has kept.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <with/guard.h>
#include <with/life.h>

#include "testing.h"

#define SPOILT	EXDEV		/* errno after every close */
#define KEPT	EDOM		/* what tests set before they leave a scope */

static char notes[1024];

static inline void note(const char *what)
{
	size_t length = strlen(notes);

	snprintf(notes + length, sizeof(notes) - length, "%s%s",
		 length ? " " : "", what);
}

static inline void note_of(char sign, const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%s", sign, name);
	note(text);
}

struct token {
	char name[8];
	int close_result;
};

/* Closing a token of this name fails. */
#define BAD_CLOSE "bad"

static inline struct token *token_make(const char *name)
{
	struct token *token = name ? malloc(sizeof(*token)) : NULL;

	if (!token) {
		errno = ENOENT;
		return NULL;
	}
	snprintf(token->name, sizeof(token->name), "%s", name);
	token->close_result = strcmp(token->name, BAD_CLOSE) ? 0 : -1;
	note_of('+', name);
	return token;
}

static inline int token_end(struct token *token)
{
	int result = token->close_result;

	note_of('-', token->name);
	memset(token, 'x', sizeof(*token));
	free(token);
	errno = SPOILT;
	return result;
}

WITH_DEFINE(token, struct token *, token_make, token_end)
enum { LINE_OF_TOKEN = __LINE__ - 1 };

/*
 * One course of events: the call returns result, has the notes, and keeps
 * errno. In functions, since this is compiled over and over.
 */
#define expect(call, result, expected)					\
	(expect_begin(), expect_end(call, result, expected, #call, __LINE__))

static inline void expect_begin(void)
{
	notes[0] = '\0';
	errno = 0;
}

static inline void expect_end(int got, int result, const char *expected,
			      const char *call, int line)
{
	int error = errno;

	ck_assert_msg(error == KEPT, "line %d, %s: errno is %d", line, call,
		      error);
	ck_assert_msg(strcmp(notes, expected) == 0,
		      "line %d, %s: expected \"%s\", happened \"%s\"", line,
		      call, expected, notes);
	ck_assert_msg(got == result, "line %d, %s: returned %d instead of %d",
		      line, call, got, result);
}

#endif /* TOKENS_H */
