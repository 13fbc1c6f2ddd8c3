# SPDX-License-Identifier: MIT
# To add examples/NAME.c, with the output it is compared with in
# examples/NAME.out: one line `examples/NAME` in the list, where the
# demonstration shall show it, and one line
# `examples_NAME_LDADD = $(examples_library)`. tests/compare-example says how
# one with input or arguments is run (examples/NAME.run).
examples_list = \
	examples/hello \
	examples/anonymous \
	examples/directory \
	examples/handover \
	examples/kept-log \
	examples/mkstemp \
	examples/mkdtemp \
	examples/gettempdir \
	examples/upload \
	examples/cache \
	examples/totals \
	examples/steal \
	examples/define \
	examples/loop \
	examples/rmtree \
	examples/encodings \
	examples/handlers \
	examples/spooled \
	examples/keep-late \
	examples/persist \
	examples/publish \
	examples/exchange \
	examples/reopen \
	examples/adopt \
	examples/socket \
	examples/signals \
	examples/unwind \
	examples/errors

# As a user's program is linked.
examples_library = $(core_archive)
examples_adopt_LDADD = $(examples_library)
examples_anonymous_LDADD = $(examples_library)
examples_cache_LDADD = $(examples_library)
examples_define_LDADD = $(examples_library)
examples_directory_LDADD = $(examples_library)
examples_encodings_LDADD = $(examples_library)
examples_errors_LDADD = $(examples_library)
examples_exchange_LDADD = $(examples_library)
examples_gettempdir_LDADD = $(examples_library)
examples_handlers_LDADD = $(examples_library)
examples_handover_LDADD = $(examples_library)
examples_hello_LDADD = $(examples_library)
examples_keep_late_LDADD = $(examples_library)
examples_kept_log_LDADD = $(examples_library)
examples_loop_LDADD = $(examples_library)
examples_mkdtemp_LDADD = $(examples_library)
examples_mkstemp_LDADD = $(examples_library)
examples_persist_LDADD = $(examples_library)
examples_publish_LDADD = $(examples_library)
examples_reopen_LDADD = $(examples_library)
examples_rmtree_LDADD = $(examples_library)
examples_signals_LDADD = $(examples_library)
examples_socket_LDADD = $(examples_library)
examples_spooled_LDADD = $(examples_library)
examples_steal_LDADD = $(examples_library)
examples_totals_LDADD = $(examples_library)
examples_unwind_LDADD = $(examples_library)
examples_upload_LDADD = $(examples_library)

# The large one; tests/check-extsort.sh compares it with sort.
noinst_PROGRAMS += examples/extsort
examples_extsort_CFLAGS = $(AM_CFLAGS) $(WITH_SPEED)
examples_extsort_LDADD = $(examples_library)
examples_extsort_SOURCES = \
	examples/extsort.c examples/extsort.h \
	examples/extsort-lines.c \
	examples/extsort-merge.c \
	examples/extsort-runs.c

# Runs a command and measures its memory.
noinst_PROGRAMS += examples/demo-peak
examples_demo_peak_LDADD =

noinst_PROGRAMS += $(examples_list)
examples_outputs = $(examples_list:=.out) \
	$(examples_guards:=.out) $(examples_foreign:=.out)
TESTS += $(examples_outputs)
EXTRA_DIST += examples/normalise.sed $(examples_outputs) \
	examples/keep-late.run examples/kept-log.run examples/signals.run

# Make knows a rule of its own that copies NAME to NAME.out where the program
# is the newer one; a rule without prerequisites keeps it away.
$(examples_outputs):
	@:

demo: all
	@source='$(srcdir)/examples' build=examples \
		$(SHELL) $(srcdir)/examples/demo.sh \
		$(examples_list:examples/%=%) $(examples_guards:examples/%=%)
.PHONY: demo
EXTRA_DIST += examples/demo.sh

# A guard each. Those of define-zlib and its like are built where the library
# is; their outputs are compared in any case, which without it is a skip.
examples_guards = \
	examples/define-own \
	examples/guard-capture \
	examples/guard-chdir \
	examples/guard-dirstream \
	examples/guard-env \
	examples/guard-exit-stack \
	examples/guard-fd \
	examples/guard-file \
	examples/guard-flock \
	examples/guard-locale \
	examples/guard-memory \
	examples/guard-mmap \
	examples/guard-mutex \
	examples/guard-read-lock \
	examples/guard-rlimit \
	examples/guard-sigmask \
	examples/guard-string \
	examples/guard-umask
examples_foreign = examples/define-curl examples/define-sqlite examples/define-zlib
noinst_PROGRAMS += $(examples_guards)
examples_define_own_LDADD = $(examples_library)
examples_guard_capture_LDADD = $(examples_library)
examples_guard_chdir_LDADD = $(examples_library)
examples_guard_dirstream_LDADD = $(examples_library)
examples_guard_env_LDADD = $(examples_library)
examples_guard_exit_stack_LDADD = $(examples_library)
examples_guard_fd_LDADD = $(examples_library)
examples_guard_file_LDADD = $(examples_library)
examples_guard_flock_LDADD = $(examples_library)
examples_guard_locale_LDADD = $(examples_library)
examples_guard_memory_LDADD = $(examples_library)
examples_guard_mmap_LDADD = $(examples_library)
examples_guard_mutex_LDADD = $(examples_library)
examples_guard_read_lock_LDADD = $(examples_library)
examples_guard_rlimit_LDADD = $(examples_library)
examples_guard_sigmask_LDADD = $(examples_library)
examples_guard_string_LDADD = $(examples_library)
examples_guard_umask_LDADD = $(examples_library)
examples_define_curl_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
examples_define_curl_LDADD = $(examples_library) $(CURL_LIBS)
examples_define_sqlite_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
examples_define_sqlite_LDADD = $(examples_library) $(SQLITE_LIBS)
examples_define_zlib_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
examples_define_zlib_LDADD = $(examples_library) $(ZLIB_LIBS)
if HAVE_CURL
noinst_PROGRAMS += examples/define-curl
endif
if HAVE_SQLITE
noinst_PROGRAMS += examples/define-sqlite
endif
if HAVE_ZLIB
noinst_PROGRAMS += examples/define-zlib
endif
