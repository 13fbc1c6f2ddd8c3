/* SPDX-License-Identifier: MIT */
/* options.c - take over a struct whose size the caller says. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "life/report.h"
#include "temp/options.h"

static int all_zero(const unsigned char *bytes, size_t count)
{
	while (count > 0)
		if (bytes[--count])
			return 0;
	return 1;
}

int with__options_copy(void *known, size_t known_size, const void *given)
{
	size_t size;

	memset(known, 0, known_size);
	if (!given)
		return 0;
	memcpy(&size, given, sizeof(size));
	if (size < sizeof(size) ||
	    (size > known_size &&
	     !all_zero((const unsigned char *)given + known_size,
		       size - known_size))) {
		errno = EINVAL;
		return -1;
	}
	memcpy(known, given, size < known_size ? size : known_size);
	return 0;
}

void with__options_failed(const void *options, const char *what)
{
	const struct with__names *names = with__options_names(options);

	if (names->scoped_)
		with__report_error("open", names->dir ? names->dir : what,
				   errno, names->source_);
}
