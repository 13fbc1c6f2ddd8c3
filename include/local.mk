# SPDX-License-Identifier: MIT
include_HEADERS = include/with.h

withincludedir = $(includedir)/with
withinclude_HEADERS = \
	include/with/anonymous.h \
	include/with/cleanup.h \
	include/with/capture.h \
	include/with/descriptor.h \
	include/with/directory.h \
	include/with/exit_stack.h \
	include/with/file.h \
	include/with/guard.h \
	include/with/life.h \
	include/with/location.h \
	include/with/lock.h \
	include/with/memory.h \
	include/with/named.h \
	include/with/near.h \
	include/with/options.h \
	include/with/path.h \
	include/with/persist.h \
	include/with/process.h \
	include/with/raw.h \
	include/with/rmtree.h \
	include/with/spooled.h \
	include/with/statement.h \
	include/with/version.h
