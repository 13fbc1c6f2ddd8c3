/* SPDX-License-Identifier: MIT */
/*
 * make.h - the makers of files and directories, for with__create()
 */
#ifndef TEMP_MAKE_H
#define TEMP_MAKE_H

#include "temp/create.h"

/* What with__make_file() takes, and gives back. */
struct with__making_file {
	int flags;		/* besides O_RDWR, O_CREAT and O_EXCL */
	int fd;			/* made; -1 before and on failure */
};

#define WITH__MAKING_FILE_INIT { .fd = -1 }

/* data: a struct with__making_file. */
with__maker with__make_file;

/* data: not used. */
with__maker with__make_directory;

/* open() flags for the two options of descriptors. */
int with__file_flags(bool append, bool inheritable);

/* Sees to the exact permissions of a file that was just made with mode. */
int with__file_permissions(int fd, mode_t permissions, mode_t mode);

#endif /* TEMP_MAKE_H */
