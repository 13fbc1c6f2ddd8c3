# SPDX-License-Identifier: MIT
# Sources compile once, into a convenience archive that the library and the
# tests of internals both link. The folders are floors, lowest first.
noinst_LTLIBRARIES += lib/libwith-core.la
lib_libwith_core_la_SOURCES = \
	lib/base/chmod.c lib/base/chmod.h \
	lib/base/identity.c lib/base/identity.h \
	lib/base/rmtree-deep.c \
	lib/base/rmtree-mend.c \
	lib/base/rmtree-open.c \
	lib/base/rmtree-read.c \
	lib/base/rmtree-report.c \
	lib/base/rmtree-tree.h \
	lib/base/rmtree-walk.c \
	lib/base/rmtree.c lib/base/rmtree.h \
	lib/base/syscalls.c lib/base/syscalls.h \
	lib/stream/known.c lib/stream/known.h \
	lib/stream/mode.c lib/stream/mode.h \
	lib/stream/stream.c lib/stream/stream.h \
	lib/version.c
lib_libwith_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

lib_LTLIBRARIES += lib/libwith.la
lib_libwith_la_SOURCES =
lib_libwith_la_LIBADD = lib/libwith-core.la
# nodelete: a dlclose() would leave exit and signal handlers dangling.
lib_libwith_la_LDFLAGS = -pthread -no-undefined \
	-version-info $(LIBWITH_VERSION_INFO) \
	-Wl,--version-script=$(srcdir)/lib/libwith.map -Wl,-z,nodelete
EXTRA_lib_libwith_la_DEPENDENCIES = lib/libwith.map

pkgconfig_DATA = lib/libwith.pc
EXTRA_DIST += lib/libwith.map
