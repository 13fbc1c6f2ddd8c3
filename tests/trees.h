/* SPDX-License-Identifier: MIT */
/*
 * trees.h - trees for the tests of removal, made relative to the working
 * directory or to a descriptor, so that depth is no matter.
 */
#ifndef TREES_H
#define TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Aborts the program with the name of the call that failed. */
#define trees_must(call) trees_check((call), #call)
int trees_check(int result, const char *call);

/* The working directory becomes the TMPDIR, which the harness sets back. */
void trees_begin(void);

void trees_file(const char *path);
void trees_directory(const char *path);
bool trees_exists(const char *path);

/* count files "0", "1", … and directories "d0", "d1", … in path. */
void trees_files(const char *path, unsigned count);
void trees_directories(const char *path, unsigned count);

/* As trees_files(), but links to one file, which takes half the time. */
void trees_links(const char *path, unsigned count);

/* A chain of directories of this name below path, which is made too. */
void trees_chain(const char *path, const char *name, unsigned depth);

/* width directories and files a level, depth levels. Returns the objects. */
unsigned trees_bush(const char *path, unsigned width, unsigned files,
		    unsigned depth);

/*
 * How many more system calls a directory that is entered costs here: some
 * where there is no openat2(), as before Linux 5.6 and under valgrind.
 */
double trees_calls_of_old_kernel(void);

/* So many more descriptors may be opened; 0: as many as at the beginning. */
#define TREES_NO_DESCRIPTOR (-1)
void trees_descriptors(int count);

/*
 * For with__sys: a file system that does not tell types, as ext4 without the
 * filetype feature; one that moves nothing, as overlay's lower layers.
 */
ssize_t trees_getdents64_without_types(int fd, void *buffer, size_t size);
int trees_refused_renameat(int olddir, const char *old, int newdir,
			   const char *new_name);

/* In a child: the rights of a user, even for root. */
void trees_no_capabilities(void);

/* Removes path and what is in it, whatever the modes; missing is well. */
void trees_clear(const char *path);

/* Names, types, modes and links of what is below path, as text to be freed. */
char *trees_picture(const char *path);

#endif /* TREES_H */
