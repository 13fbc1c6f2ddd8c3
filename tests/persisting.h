/* SPDX-License-Identifier: MIT */
/*
 * persisting.h - the three kinds of temporaries that can be persisted, as one
 *
 * PERSISTING_LATE_NAME is an anonymous file where the file system has no files
 * without a name; persisting_open() sees to that.
 */
#ifndef PERSISTING_H
#define PERSISTING_H

#include <stdbool.h>
#include <stdio.h>

#include <with.h>

enum persisting_kind {
	PERSISTING_NAMED, PERSISTING_ANONYMOUS, PERSISTING_LATE_NAME,
	PERSISTING_KINDS
};

struct persisting {
	enum persisting_kind kind;
	struct tempfile_named *named;
	FILE *file;
};

/* In the TMPDIR, with this content, which may still be in its buffer. */
bool persisting_open(struct persisting *ret, enum persisting_kind kind,
		     const char *content);

/* From here on no file system has files without a name, or again it may. */
void persisting_names_only(bool on);

int persisting_persist(struct persisting *subject, const char *target,
		       unsigned flags);
int persisting_close(struct persisting *subject);

/* A file of this content; false if it cannot be written. */
bool persisting_write(const char *path, const char *content);

/* Has the file exactly this content? */
bool persisting_has(const char *path, const char *content);

#endif /* PERSISTING_H */
