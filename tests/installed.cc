/* SPDX-License-Identifier: MIT */
/*
 * installed.cc - a user's program in C++, for tests/installcheck.sh. The
 * functions are for C++ too; the macros are C.
 */
#include <cstdio>
#include <cstring>

#include <with.h>

int main()
{
	if (std::strcmp(with_version(), WITH_VERSION) != 0)
		return 1;
	struct tempfile_dir *dir = tempfile_dir_open_opt(NULL);
	if (!dir)
		return 2;
	struct tempfile_named_open_options options = {};
	options.size = sizeof(options);
	options.inside = dir;
	struct tempfile_named *log = tempfile_named_open_opt(&options);
	if (!log)
		return 3;
	std::fputs("installed: C++\n", log->file);
	std::puts("installed: C++");
	if (tempfile_named_close(&log) < 0 || tempfile_dir_close(&dir) < 0)
		return 4;
	return 0;
}
