/* SPDX-License-Identifier: MIT */
/* oracle.c - single questions to iconv. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "stream/oracle.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define POINTS "UTF-32BE"
#else
#define POINTS "UTF-32LE"
#endif

static const iconv_t none = (iconv_t)-1;

static int open_spelling(struct with__oracle *oracle, const char *name)
{
	oracle->decoder = iconv_open(POINTS, name);
	if (oracle->decoder == none)
		return -1;
	oracle->encoder = iconv_open(name, POINTS);
	if (oracle->encoder != none)
		return 0;
	(void)iconv_close(oracle->decoder);
	return -1;
}

void with__oracle_close(struct with__oracle *oracle)
{
	(void)iconv_close(oracle->decoder);
	(void)iconv_close(oracle->encoder);
}

static void reset(iconv_t handle)
{
	(void)iconv(handle, NULL, NULL, NULL, NULL);
}

static int reset_decoder(struct with__oracle *oracle)
{
	iconv_t fresh;

	reset(oracle->decoder);
	if (!oracle->stubborn)
		return 0;
	fresh = iconv_open(POINTS, oracle->name);
	if (fresh == none)
		return -1;
	(void)iconv_close(oracle->decoder);
	oracle->decoder = fresh;
	return 0;
}

/* iconv() takes a char ** that it does not write through. */
static size_t convert(iconv_t handle, const void *in, size_t size,
		      char **out, size_t *room, size_t *left)
{
	char *start = (char *)(uintptr_t)in;
	size_t result;

	*left = size;
	result = iconv(handle, &start, left, out, room);
	if (result == 0 && *left) {
		/* Nothing said and nothing done: not to be relied upon. */
		errno = EILSEQ;
		return (size_t)-1;
	}
	return result;
}

int with__oracle_decode(struct with__oracle *oracle,
			const unsigned char *prefix, size_t prefix_size,
			const unsigned char *in, size_t size, uint32_t ret[2])
{
	uint32_t points[4];
	char *out = (char *)points;
	size_t room = sizeof(points);
	size_t left;
	size_t count;

	if (reset_decoder(oracle) < 0)
		return -1;
	if (prefix_size && convert(oracle->decoder, prefix, prefix_size,
				   &out, &room, &left) == (size_t)-1)
		return -1;
	if (convert(oracle->decoder, in, size, &out, &room, &left) ==
	    (size_t)-1) {
		/*
		 * Had a part of it been good we should not have been asked
		 * about more; what stops behind that is malformed.
		 */
		if (errno != EINVAL || left != size)
			errno = EILSEQ;
		return -1;
	}
	/* Some wait for a combining character before they say anything. */
	if (iconv(oracle->decoder, NULL, NULL, &out, &room) == (size_t)-1)
		return -1;
	count = (sizeof(points) - room) / sizeof(*points);
	if (count > 2) {
		errno = EILSEQ;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		ret[i] = points[i];
	return (int)count;
}

int with__oracle_encode(struct with__oracle *oracle, const uint32_t *points,
			size_t count, unsigned char ret[WITH__ORACLE_ROOM])
{
	char *out = (char *)ret;
	size_t room = WITH__ORACLE_ROOM;
	size_t left;

	reset(oracle->encoder);
	/* More than 0: something else was written in its place. */
	if (convert(oracle->encoder, points, count * sizeof(*points), &out,
		    &room, &left) != 0) {
		errno = EILSEQ;
		return -1;
	}
	return (int)(WITH__ORACLE_ROOM - room);
}

/* Sequences that select a set in one encoding or another. */
static void try_shifts(struct with__oracle *oracle)
{
	static const char *const shifts[] = {
		"\x1b(B", "\x1b$B", "\x1b(J", "\x1b$)C", "\x0e", "~{",
	};

	oracle->shifts = false;
	oracle->stubborn = false;
	for (size_t i = 0; i < sizeof(shifts) / sizeof(*shifts); i++) {
		uint32_t points[2] = { 0, 0 };

		if (with__oracle_decode(oracle, NULL, 0,
					(const unsigned char *)shifts[i],
					strlen(shifts[i]), points) != 0)
			continue;
		oracle->shifts = true;
		if (with__oracle_decode(oracle, NULL, 0,
					(const unsigned char *)"a", 1,
					points) != 1 || points[0] != 'a')
			oracle->stubborn = true;
	}
}

int with__oracle_open(struct with__oracle *oracle, const char *name)
{
	char spelling[WITH__NAME_ROOM];

	for (unsigned turn = 0;
	     with__name_for_iconv(name, turn, spelling) == 0; turn++) {
		if (open_spelling(oracle, spelling) == 0) {
			strcpy(oracle->name, spelling);
			try_shifts(oracle);
			return 0;
		}
		if (errno != EINVAL)
			return -1;
	}
	errno = EINVAL;
	return -1;
}
