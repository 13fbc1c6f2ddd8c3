# SPDX-License-Identifier: MIT
# Sources compile once, into a convenience archive that the library and the
# tests of internals both link. The folders are floors, lowest first.
noinst_LTLIBRARIES += lib/libwith-core.la
lib_libwith_core_la_SOURCES = \
	lib/base/cancel.h \
	lib/base/chmod.c lib/base/chmod.h \
	lib/base/direct.h \
	lib/base/generation.c lib/base/generation.h \
	lib/base/identity.c lib/base/identity.h \
	lib/base/local.c lib/base/local.h \
	lib/base/names.c lib/base/names.h \
	lib/base/oldstat.c lib/base/oldstat.h \
	lib/base/process.c lib/base/process.h \
	lib/base/rmtree-deep.c \
	lib/base/rmtree-mend.c \
	lib/base/rmtree-open.c \
	lib/base/rmtree-read.c \
	lib/base/rmtree-report.c \
	lib/base/rmtree-threads.c \
	lib/base/rmtree-tree.h \
	lib/base/rmtree-walk.c \
	lib/base/rmtree.c lib/base/rmtree.h \
	lib/base/status.h \
	lib/base/syscalls.c lib/base/syscalls.h \
	lib/base/where.c lib/base/where.h \
	lib/life/cleanup.c \
	lib/life/closing.c lib/life/closing.h \
	lib/life/exit.c lib/life/exit.h \
	lib/life/fork.c \
	lib/life/inherited.c lib/life/inherited.h \
	lib/life/near.c lib/life/near.h \
	lib/life/registry.c lib/life/registry.h \
	lib/life/remove.c \
	lib/life/report.c lib/life/report.h \
	lib/life/signals.c \
	lib/life/slots.c lib/life/slots.h \
	lib/life/unwind.c \
	lib/stream/avx512-read.c \
	lib/stream/avx512-write.c \
	lib/stream/avx512.h \
	lib/stream/bytes.h \
	lib/stream/charset.h \
	lib/stream/codec.c lib/stream/codec.h \
	lib/stream/cookie.c lib/stream/cookie.h \
	lib/stream/descriptor.c lib/stream/descriptor.h \
	lib/stream/file.c lib/stream/file.h \
	lib/stream/handler.c lib/stream/handler.h \
	lib/stream/known.c lib/stream/known.h \
	lib/stream/mode.c lib/stream/mode.h \
	lib/stream/newline.c lib/stream/newline.h \
	lib/stream/oracle.c lib/stream/oracle.h \
	lib/stream/spelling.c lib/stream/spelling.h \
	lib/stream/spool.c lib/stream/spool.h \
	lib/stream/stream.c lib/stream/stream.h \
	lib/stream/table-read.c \
	lib/stream/table-state.c \
	lib/stream/table-write.c \
	lib/stream/table.c lib/stream/table.h \
	lib/stream/text-place.h \
	lib/stream/text-write.c \
	lib/stream/text.c lib/stream/text.h \
	lib/stream/unicode.c \
	lib/stream/units.c lib/stream/units.h \
	lib/stream/unrolled.h \
	lib/stream/utf8.c lib/stream/utf8.h \
	lib/stream/vector.c lib/stream/vector.h \
	lib/stream/window.c lib/stream/window.h \
	lib/temp/anonymous-persist.c \
	lib/temp/anonymous.c \
	lib/temp/create.c lib/temp/create.h \
	lib/temp/directory.c \
	lib/temp/location.c \
	lib/temp/make.c lib/temp/make.h \
	lib/temp/named-persist.c \
	lib/temp/named.c lib/temp/named.h \
	lib/temp/options.c lib/temp/options.h \
	lib/temp/path.c \
	lib/temp/persist.c lib/temp/persist.h \
	lib/temp/place.c lib/temp/place.h \
	lib/temp/raw.c \
	lib/temp/rmtree.c \
	lib/temp/spooled.c \
	lib/temp/unnamed.c lib/temp/unnamed.h \
	lib/scope/capture.c \
	lib/scope/chdir.c \
	lib/scope/descriptor.c \
	lib/scope/environment.c \
	lib/scope/exit_stack.c \
	lib/scope/limits.c \
	lib/scope/lock.c \
	lib/scope/memory.c \
	lib/scope/thread.c \
	lib/version.c
# No -fvisibility=hidden: the version script could not export what is hidden.
# It makes all other names local, and the linker then calls them directly.
lib_libwith_core_la_CFLAGS = $(AM_CFLAGS) $(WITH_SPEED) $(WITH_ONCE)

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
