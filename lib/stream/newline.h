/* SPDX-License-Identifier: MIT */
/*
 * newline.h - what happens to the ends of lines, with Python's rules.
 *
 *	.newline	reading			writing
 *	not given	\r, \r\n become \n	\n stays
 *	""		all stay		\n stays
 *	"\n"		all stay		\n stays
 *	"\r"		all stay		\n becomes \r
 *	"\r\n"		all stay		\n becomes \r\n
 *
 * "" and "\n" differ in what Python calls a line, which is no affair of a
 * FILE. The work is done on the decoded text, so it is the same in every
 * encoding.
 */
#ifndef STREAM_NEWLINE_H
#define STREAM_NEWLINE_H

#include <stdbool.h>
#include <stddef.h>

struct with__newline {
	bool universal;		/* translate when reading */
	const char *ending;	/* written for \n; NULL: \n itself */
};

/* Returns 0, or -1 with EINVAL for anything that is not in the table. */
int with__newline_parse(const char *newline, struct with__newline *ret);

/*
 * with__newline_translate - make all ends of lines \n, in place
 *
 * *after_cr says, from one piece of a text to the next, that the last thing
 * seen was a \r; its \n has been delivered, so a \n that follows is dropped.
 * Returns the new size.
 */
size_t with__newline_translate(char *text, size_t size, bool *after_cr);

/* By how many bytes with__newline_translate() would make it shorter. */
size_t with__newline_pairs(const char *text, size_t size, bool *after_cr);

#endif /* STREAM_NEWLINE_H */
