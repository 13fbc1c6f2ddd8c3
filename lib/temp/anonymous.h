/* SPDX-License-Identifier: MIT */
/*
 * anonymous.h - a descriptor of a file without a name
 */
#ifndef TEMP_ANONYMOUS_H
#define TEMP_ANONYMOUS_H

#include "temp/options.h"

/* flags as of with__file_flags(). -1 with an errno of with/options.h. */
int with__anonymous_open(const struct with__names *names, int flags);

#endif /* TEMP_ANONYMOUS_H */
