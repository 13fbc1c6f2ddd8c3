# SPDX-License-Identifier: MIT
include_HEADERS = include/with.h

withincludedir = $(includedir)/with
withinclude_HEADERS = \
	include/with/guard.h \
	include/with/options.h \
	include/with/version.h
