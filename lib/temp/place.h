/* SPDX-License-Identifier: MIT */
/*
 * place.h - in which directory? What .dir, .inside and .at come to
 */
#ifndef TEMP_PLACE_H
#define TEMP_PLACE_H

#include <stdbool.h>

#include "temp/options.h"

struct with__place {
	const char *path;	/* absolute, no slash at its end but for "/" */
	int fd;			/* of the directory, or AT_FDCWD */
	bool is_default;	/* may be chosen anew when it has vanished */
	char *owned;		/* path, if it is to be freed */
};

/* Of names that with__create_check() has passed. -1 with ENOENT, EBADF… */
int with__place_resolve(const struct with__names *names,
			struct with__place *ret);

/*
 * with__place_again - a making in the place has failed with errno: try another?
 *
 * True if it was the default directory, had vanished, and *place is another.
 */
bool with__place_again(struct with__place *place);

/* Private to the next. */
void with__place_free_owned(struct with__place *place);

/* Keeps errno. */
static inline void with__place_free(struct with__place *place)
{
	if (place->owned)
		with__place_free_owned(place);
}

#endif /* TEMP_PLACE_H */
