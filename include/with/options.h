/* SPDX-License-Identifier: MIT */
#ifndef WITH_OPTIONS_H
#define WITH_OPTIONS_H

/* What .buffering may be besides a size in bytes; 0 is stdio's own choice. */
#define TEMPFILE_UNBUFFERED	(-1LL)
#define TEMPFILE_LINE_BUFFERED	(-2LL)

#endif
