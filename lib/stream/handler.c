/* SPDX-License-Identifier: MIT */
/* handler.c - what the error handlers put in place of what is bad. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "stream/handler.h"

static size_t read_strict(const unsigned char *in, size_t size,
			  uint32_t points[WITH__HANDLER_POINTS], size_t *count)
{
	(void)in;
	(void)size;
	(void)points;
	(void)count;
	return 0;
}

static size_t read_ignore(const unsigned char *in, size_t size,
			  uint32_t points[WITH__HANDLER_POINTS], size_t *count)
{
	(void)in;
	(void)points;
	*count = 0;
	return size;
}

static size_t read_replace(const unsigned char *in, size_t size,
			   uint32_t points[WITH__HANDLER_POINTS], size_t *count)
{
	(void)in;
	points[0] = 0xfffd;
	*count = 1;
	return size;
}

static size_t read_backslash(const unsigned char *in, size_t size,
			     uint32_t points[WITH__HANDLER_POINTS], size_t *count)
{
	static const char digits[] = "0123456789abcdef";

	*count = 0;
	for (size_t i = 0; i < size; i++) {
		points[(*count)++] = '\\';
		points[(*count)++] = 'x';
		points[(*count)++] = (unsigned char)digits[in[i] >> 4];
		points[(*count)++] = (unsigned char)digits[in[i] & 15];
	}
	return size;
}

static size_t read_escape(const unsigned char *in, size_t size,
			  uint32_t points[WITH__HANDLER_POINTS], size_t *count)
{
	/* ASCII is not hidden; from the first such byte reading goes on. */
	*count = 0;
	while (*count < size && *count < 4 && in[*count] >= 0x80) {
		points[*count] = 0xdc00u + in[*count];
		(*count)++;
	}
	return *count;
}

static int write_strict(uint32_t point, char text[WITH__HANDLER_POINTS])
{
	(void)point;
	(void)text;
	return -1;
}

static int write_ignore(uint32_t point, char text[WITH__HANDLER_POINTS])
{
	(void)point;
	(void)text;
	return 0;
}

static int write_replace(uint32_t point, char text[WITH__HANDLER_POINTS])
{
	(void)point;
	text[0] = '?';
	return 1;
}

static int write_backslash(uint32_t point, char text[WITH__HANDLER_POINTS])
{
	const char *format = point < 0x100 ? "\\x%02x" :
		point < 0x10000 ? "\\u%04x" : "\\U%08x";

	return snprintf(text, WITH__HANDLER_POINTS, format, (unsigned)point);
}

static int write_reference(uint32_t point, char text[WITH__HANDLER_POINTS])
{
	return snprintf(text, WITH__HANDLER_POINTS, "&#%u;", (unsigned)point);
}

static const struct with__handler handlers[] = {
	{ "strict", read_strict, write_strict, false },
	{ "ignore", read_ignore, write_ignore, false },
	{ "replace", read_replace, write_replace, false },
	{ "backslashreplace", read_backslash, write_backslash, false },
	{ "xmlcharrefreplace", read_strict, write_reference, false },
	{ "surrogateescape", read_escape, write_strict, true },
};

const struct with__handler *with__handler_find(const char *name)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		if (!strcmp(name, handlers[i].name))
			return &handlers[i];
	}
	return NULL;
}
