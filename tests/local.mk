# SPDX-License-Identifier: MIT
# To add a Check program tests/test-NAME.c: one line `tests/test-NAME` in
# tests_programs. It is linked to the internals of the library and runs twice
# (with and without CK_FORK), each time in a TMPDIR of its own.
# To add a shell check: one line in tests_scripts.
tests_programs = \
	tests/test-anonymous \
	tests/test-arguments \
	tests/test-capture \
	tests/test-cleanup \
	tests/test-closing \
	tests/test-codec \
	tests/test-create \
	tests/test-descriptor \
	tests/test-directory \
	tests/test-exit \
	tests/test-exit_stack \
	tests/test-faults \
	tests/test-file \
	tests/test-guard \
	tests/test-guard-calls \
	tests/test-guard-define \
	tests/test-guard-unwind \
	tests/test-guards-unwound \
	tests/test-identity \
	tests/test-life-calls \
	tests/test-life-cancel \
	tests/test-life-fork \
	tests/test-life-hostile \
	tests/test-life-kills \
	tests/test-life-plugin \
	tests/test-life-report \
	tests/test-life-signals \
	tests/test-life-threads \
	tests/test-life-threads-exceptions \
	tests/test-life-unwind \
	tests/test-life-walk \
	tests/test-location \
	tests/test-lock \
	tests/test-many \
	tests/test-memory \
	tests/test-mode \
	tests/test-named \
	tests/test-names \
	tests/test-newline \
	tests/test-options \
	tests/test-path \
	tests/test-persist \
	tests/test-persist-faults \
	tests/test-process \
	tests/test-process-state \
	tests/test-python \
	tests/test-raw \
	tests/test-registry \
	tests/test-rmtree \
	tests/test-rmtree-calls \
	tests/test-rmtree-deep \
	tests/test-rmtree-faults \
	tests/test-rmtree-fuzz \
	tests/test-rmtree-handler \
	tests/test-rmtree-modes \
	tests/test-rmtree-mounts \
	tests/test-rmtree-swaps \
	tests/test-rmtree-threads \
	tests/test-rmtree-together \
	tests/test-scope-memory \
	tests/test-spooled \
	tests/test-stream \
	tests/test-tempfile-rmtree \
	tests/test-testing \
	tests/test-text \
	tests/test-vector \
	tests/test-version \
	tests/test-where

tests_scripts = \
	tests/check-bootstrap.sh \
	tests/check-compare.sh \
	tests/check-cost.sh \
	tests/check-debug.sh \
	tests/check-documents.sh \
	tests/check-extsort.sh \
	tests/check-files.sh \
	tests/check-format.sh \
	tests/check-headers.sh \
	tests/check-layers.sh \
	tests/check-life.sh \
	tests/check-lint.sh \
	tests/check-macros.sh \
	tests/check-rmtree-user.sh \
	tests/check-sandbox.sh \
	tests/check-shell.sh \
	tests/check-statement.sh \
	tests/check-symbols.sh

TEST_EXTENSIONS = .out .sh .t
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	CC='$(CC)'; export CC;
T_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run-in-sandbox
# An example's expected output is its test; examples/local.mk lists them.
OUT_LOG_COMPILER = $(T_LOG_COMPILER) $(SHELL) $(top_srcdir)/tests/compare-example
# Scripts build and run programs, which /dev/shm may not allow.
SH_LOG_COMPILER = env TESTING_BASE=$(abs_top_builddir) $(T_LOG_COMPILER) $(SHELL)

tests_runs = $(tests_programs:=.fork.t) $(tests_programs:=.nofork.t)
TESTS += $(tests_runs) $(tests_scripts)

if HAVE_CHECK
check_PROGRAMS += $(tests_programs)
check_LTLIBRARIES = tests/libtesting.la
endif
tests_libtesting_la_SOURCES = \
	tests/cycles.c tests/cycles.h \
	tests/hook.h \
	tests/meddle.c tests/meddle.h \
	tests/nouns.c tests/nouns.h \
	tests/persisting.c tests/persisting.h \
	tests/testing.c tests/testing.h \
	tests/tokens.h \
	tests/trees.c tests/trees.h
tests_libtesting_la_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

# For every program that does not name its own: the tests.
AM_DEFAULT_SOURCE_EXT = .c
LDADD = $(testing_archive) $(core_archive) $(CHECK_LIBS)

# What gives memory can be made to fail.
tests_test_memory_LDFLAGS = -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=strdup -Wl,--wrap=fdopen \
	-Wl,--wrap=atexit -Wl,--wrap=at_quick_exit
tests_test_exit_stack_LDFLAGS = -Wl,--wrap=malloc \
	-Wl,--wrap=aligned_alloc -Wl,--wrap=reallocarray

# The name under which the harness runs a program in one of the two modes.
$(tests_runs):
	@$(MKDIR_P) tests && : >$@

tests_test_life_plugin_LDADD = $(LDADD) -ldl
# The pairs that bench/guards measures.
tests_test_guard_calls_SOURCES = tests/test-guard-calls.c bench/pairs.h \
	bench/pairs-things.c bench/pairs-state.c
# Only an optimiser sees which modes WITH_FILE need not ask the library for.
tests_test_file_CFLAGS = $(AM_CFLAGS) $(WITH_SPEED)
# GCC notes that structs aligned so were passed otherwise before 4.6.
tests_test_exit_stack_CFLAGS = $(AM_CFLAGS) -Wno-psabi
# The end of a thread gives guards back only with this flag.
tests_test_life_threads_exceptions_SOURCES = tests/test-life-threads.c
tests_test_life_threads_exceptions_CFLAGS = $(AM_CFLAGS) -fexceptions

# The programs whose quick form, in make check, has a long one here.
tests_storms = \
	tests/test-closing \
	tests/test-life-calls \
	tests/test-life-fork \
	tests/test-life-hostile \
	tests/test-life-kills \
	tests/test-life-threads \
	tests/test-life-walk \
	tests/test-rmtree-fuzz

# Failures and signals at real system calls, by strace.
EXTRA_PROGRAMS = tests/cycle

check-storm: all $(tests_storms) tests/cycle
	@for program in $(tests_storms); do \
		echo "$$program: the long form"; \
		TESTING_STORM=$${TESTING_STORM:-1} TESTING_TIMEOUT=0 \
		CK_DEFAULT_TIMEOUT=0 $(SHELL) $(top_srcdir)/tests/run-in-sandbox \
			$$program.fork.t || exit 1; \
	done
	@echo "tests/storm-calls.sh: every real system call"
	@TESTING_TIMEOUT=0 $(SHELL) $(top_srcdir)/tests/run-in-sandbox \
		$(SHELL) $(top_srcdir)/tests/storm-calls.sh tests/cycle
.PHONY: check-storm

# Without Check nothing would be tested, which must not pass for success.
check_DATA = tests/check-is-there
tests/check-is-there:
if HAVE_CHECK
	@$(MKDIR_P) tests && : >$@
else
	@echo "make check needs Check 0.15 or newer and pkg-config." >&2; \
	echo "Get them with ./bootstrap --install (on Debian: apt-get install" \
		"check pkg-config), then run ./configure again." >&2; \
	exit 1
endif

CLEANFILES += tests/check-is-there $(tests_runs)
EXTRA_DIST += tests/debug.c tests/cost.c tests/lint.c
EXTRA_DIST += tests/every-macro-scope.c
EXTRA_DIST += tests/every-macro.c tests/every-macro-posix.c tests/misuse.c
EXTRA_DIST += tests/removing.c tests/valgrind.supp
EXTRA_DIST += tests/storm-calls.sh
EXTRA_DIST += tests/run-in-sandbox tests/compare-example $(tests_scripts)
EXTRA_DIST += tests/text-vectors.py tests/text-vectors.txt

# What a compiler, a sanitizer or another user can change: only the programs.
check-programs:
	$(MAKE) $(AM_MAKEFLAGS) check \
		TESTS='$(tests_runs) $(examples_list:=.out) $(examples_guards:=.out)'

# One process for all tests: each process under valgrind costs a second. Not
# those that count or trace system calls, take signals of all kinds, or start
# themselves again: it makes calls and handles signals of its own.
tests_not_for_valgrind = \
	tests/test-exit \
	tests/test-guard-calls \
	tests/test-life-calls \
	tests/test-life-fork \
	tests/test-life-hostile \
	tests/test-life-signals
tests_valgrind = valgrind -q --vgdb=no --error-exitcode=9 \
	--suppressions=$(abs_srcdir)/tests/valgrind.supp
check-valgrind:
	programs= && for program in $(tests_programs); do \
		case ' $(tests_not_for_valgrind) ' in \
		*" $$program "*) ;; \
		*) programs="$$programs $$program.nofork.t" ;; \
		esac; \
	done && \
	TESTING_WRAPPER='$(tests_valgrind)' \
	TESTING_TIMEOUT=600 CK_DEFAULT_TIMEOUT=300 \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$$programs"

# The programs that have threads, for -fsanitize=thread.
tests_threaded = \
	tests/test-cleanup \
	tests/test-closing \
	tests/test-life-cancel \
	tests/test-life-threads \
	tests/test-life-threads-exceptions \
	tests/test-many \
	tests/test-registry \
	tests/test-rmtree-threads
check-threads:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(tests_threaded:=.fork.t)'

# The scripts, those that compile with all compilers and in all dialects.
check-thorough:
	TESTING_THOROUGH=1 $(MAKE) $(AM_MAKEFLAGS) check \
		TESTS='$(tests_scripts)'

.PHONY: check-programs check-thorough check-threads check-valgrind

# After make install: a program of a user's, outside the tree.
installcheck-local:
	top_srcdir='$(abs_top_srcdir)' CC='$(CC)' WITH_CFLAGS='$(WITH_CFLAGS)' \
	DESTDIR='$(DESTDIR)' libdir='$(libdir)' includedir='$(includedir)' \
	pkgconfigdir='$(pkgconfigdir)' \
		$(SHELL) $(srcdir)/tests/installcheck.sh
EXTRA_DIST += tests/installcheck.sh tests/installed.c tests/installed.cc
