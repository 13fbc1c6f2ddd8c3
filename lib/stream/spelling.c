/* SPDX-License-Identifier: MIT */
/* spelling.c - spellings of encodings. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stream/spelling.h"

/* What no rule finds: Python's name, squeezed, and iconv's. */
static const char *const aliases[][2] = {
	{ "646", "ASCII" },
	{ "ascii", "ASCII" },
	{ "usascii", "ASCII" },
	{ "shiftjis", "SHIFT_JIS" },
	{ "sjis", "SHIFT_JIS" },
	{ "mskanji", "CP932" },
	{ "ms932", "CP932" },
	{ "eucjp", "EUC-JP" },
	{ "ujis", "EUC-JP" },
	{ "eucjis2004", "EUC-JISX0213" },
	{ "eucjisx0213", "EUC-JISX0213" },
	{ "shiftjis2004", "SHIFT_JISX0213" },
	{ "shiftjisx0213", "SHIFT_JISX0213" },
	{ "gb2312", "EUC-CN" },
	{ "chinese", "EUC-CN" },
	{ "big5tw", "BIG5" },
	{ "big5hkscs", "BIG5-HKSCS" },
	{ "korean", "EUC-KR" },
	{ "euckr", "EUC-KR" },
	{ "ms949", "CP949" },
	{ "macroman", "MACINTOSH" },
	{ "maclatin2", "MAC-CENTRALEUROPE" },
	{ "maccyrillic", "MAC-CYRILLIC" },
};

int with__name_squeeze(const char *name, char ret[WITH__NAME_ROOM])
{
	size_t length = 0;

	for (; *name; name++) {
		unsigned char letter = (unsigned char)*name;

		if (strchr("-_ .:", letter))
			continue;
		if (letter >= 0x80 || !isalnum(letter) ||
		    length == WITH__NAME_ROOM - 1)
			goto invalid;
		if (letter >= 'A' && letter <= 'Z')
			letter = (unsigned char)(letter - 'A' + 'a');
		ret[length++] = (char)letter;
	}
	ret[length] = '\0';
	if (length)
		return 0;
invalid:
	errno = EINVAL;
	return -1;
}

static int from_aliases(const char *squeezed, char *ret)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (!strcmp(aliases[i][0], squeezed)) {
			strcpy(ret, aliases[i][1]);
			return 0;
		}
	}
	return -1;
}

/* iso8859_5, iso2022_jp_2: what iconv writes with hyphens in other places. */
static int from_rules(const char *squeezed, char *ret)
{
	if (!strncmp(squeezed, "iso8859", 7) && squeezed[7])
		snprintf(ret, WITH__NAME_ROOM, "ISO-8859-%.16s", squeezed + 7);
	else if (!strncmp(squeezed, "iso2022", 7) && strlen(squeezed) == 9)
		snprintf(ret, WITH__NAME_ROOM, "ISO-2022-%.2s", squeezed + 7);
	else if (!strncmp(squeezed, "iso2022", 7) && strlen(squeezed) > 9)
		snprintf(ret, WITH__NAME_ROOM, "ISO-2022-%.2s-%.16s",
			 squeezed + 7, squeezed + 9);
	else
		return -1;
	return 0;
}

/* The name as it stands, with this for whatever separates its words. */
static int respell(const char *name, char separator, char *ret)
{
	if (strlen(name) >= WITH__NAME_ROOM)
		return -1;
	for (; *name; name++) {
		if (!separator || !strchr("-_ ", *name))
			*ret++ = *name;
		else
			*ret++ = separator;
	}
	*ret = '\0';
	return 0;
}

int with__name_for_iconv(const char *name, unsigned turn,
			 char ret[WITH__NAME_ROOM])
{
	char squeezed[WITH__NAME_ROOM];

	if (with__name_squeeze(name, squeezed) < 0)
		return -1;
	switch (turn) {
	case 0:
		if (from_aliases(squeezed, ret) < 0)
			return respell(name, '\0', ret);
		return 0;
	case 1:
		if (from_rules(squeezed, ret) < 0)
			return respell(name, '\0', ret);
		return 0;
	case 2:
		return respell(name, '-', ret);
	case 3:
		return respell(name, '_', ret);
	case 4:
		strcpy(ret, squeezed);
		return 0;
	default:
		return -1;
	}
}
