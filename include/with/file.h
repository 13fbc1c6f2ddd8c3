/* SPDX-License-Identifier: MIT */
/*
 * with/file.h - a FILE under a guard
 *
 * A FILE that a guard holds is never given to plain fclose(): the guard would
 * close it a second time. It is ended early with with_file_close(&file), or
 * handed out with with_steal(file).
 *
 * A FILE belongs to one thread at a time, as far as closing goes.
 */
#ifndef WITH_FILE_H
#define WITH_FILE_H

#include <stdio.h>

#include <with/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * with_file_close - close a stream before its scope ends
 *
 * file: address of the variable, which becomes NULL; NULL there is success.
 *
 * Returns 0, or -1 with errno if what was written could not be stored (ENOSPC,
 * EIO, EDQUOT), or as close() says; the stream is closed then too. In a forked
 * child a guarded temporary of the parent's is closed without writing what is
 * not written yet (the parent will), and without moving the shared offset.
 * Not a cancellation point.
 */
int with_file_close(FILE **file);

/* Private: the end of a scope. Keeps errno, tells the error hook. */
void with__file_end(FILE *file);

#ifdef __cplusplus
}
#else
WITH__DEFINE_NOUN(with_file, FILE *, with__file_end)
#endif
#endif /* WITH_FILE_H */
