/* SPDX-License-Identifier: MIT */
/* version.c - the version of the library that is running. */
#include "config.h"

#include <with/version.h>

const char *with_version(void)
{
	return WITH_VERSION;
}
