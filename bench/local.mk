# SPDX-License-Identifier: MIT
# make bench and make bench-quick: how fast, beside the floor and the others.
# Not part of make check: figures need a quiet machine. What is measured by
# counting, which needs none, is in tests/test-rmtree-calls.c.
EXTRA_PROGRAMS += \
	bench/bench-life \
	bench/cycles \
	bench/guards \
	bench/guards-unwindable \
	bench/removal \
	bench/spool \
	bench/text
# Optimised, as what they measure.
bench_cflags = $(AM_CFLAGS) $(WITH_SPEED)
bench_bench_life_CFLAGS = $(bench_cflags)
bench_cycles_CFLAGS = $(bench_cflags)
# Where a loop happens to begin is worth nanoseconds.
bench_guards_CFLAGS = $(bench_cflags) -falign-functions=64
bench_guards_unwindable_CFLAGS = $(bench_guards_CFLAGS)
bench_removal_CFLAGS = $(bench_cflags)
bench_spool_CFLAGS = $(bench_cflags)
bench_text_CFLAGS = $(bench_cflags)
bench_bench_life_LDADD = $(core_archive)
bench_cycles_SOURCES = bench/cycles.c bench/contenders.c bench/contenders.h \
	bench/measure.c bench/measure.h
bench_cycles_LDADD = $(core_archive) -ldl
bench_removal_SOURCES = bench/removal.c bench/measure.c bench/measure.h \
	bench/shapes.c bench/shapes.h
bench_removal_LDADD = $(core_archive)
bench_python = bench/measure.c bench/measure.h bench/python.c bench/python.h
bench_spool_SOURCES = bench/spool.c $(bench_python)
bench_spool_LDADD = $(core_archive)
bench_text_SOURCES = bench/text.c $(bench_python)
bench_text_LDADD = $(core_archive)
CLEANFILES += $(EXTRA_PROGRAMS)

# Where trees are made: a directory in memory and one on a disk.
BENCH_MEMORY = /dev/shm
BENCH_DISK = /var/tmp
bench_places = -d tmpfs=$(BENCH_MEMORY) -d disk=$(BENCH_DISK)
bench_results = $(srcdir)/bench/results

# Peers whose compiler is not there are left out, and named by the bench.
bench/peers: bench/remove.rs bench/remove.go bench/cycle.rs
	@$(MKDIR_P) bench
	-@rustc -O -o bench/remove-rust $(srcdir)/bench/remove.rs 2>/dev/null
	-@rustc -O -o bench/cycle-rust $(srcdir)/bench/cycle.rs 2>/dev/null
	-@go build -o bench/remove-go $(srcdir)/bench/remove.go 2>/dev/null
	@: >$@

# Four and a half minutes for the trees; a round of 100,000 files on a disk takes
# one, whatever is left.
bench: bench/removal bench/cycles bench/peers bench-spool bench-text
	@$(MKDIR_P) $(bench_results)
	bench/removal -b 270 -p $(abs_top_builddir)/bench \
		-o $(bench_results)/removal.csv $(bench_places)
	bench/cycles -p $(abs_top_builddir)/bench \
		-o $(bench_results)/cycles.csv $(bench_places)
	$(AWK) -f $(srcdir)/bench/chart.awk $(bench_results)/removal.csv \
		>$(srcdir)/doc/removal.svg

bench-quick: bench/removal bench/cycles bench/peers bench/spool bench/text
	bench/removal -q -p $(abs_top_builddir)/bench -d tmpfs=$(BENCH_MEMORY)
	bench/cycles -q -p $(abs_top_builddir)/bench -d tmpfs=$(BENCH_MEMORY)
	bench/spool -q -p $(srcdir)/bench -d $(BENCH_MEMORY)
	bench/text -q -p $(srcdir)/bench -d $(BENCH_MEMORY)

# Beside Python, where there is one.
bench-spool: bench/spool
	@$(MKDIR_P) $(bench_results)
	bench/spool -p $(srcdir)/bench -d $(BENCH_MEMORY) \
		-o $(bench_results)/spool.csv

bench-text: bench/text
	@$(MKDIR_P) $(bench_results)
	bench/text -p $(srcdir)/bench -d $(BENCH_MEMORY) \
		-o $(bench_results)/text.csv
.PHONY: bench-spool bench-text

bench-life: bench/bench-life
	bench/bench-life

# Twice: the second time each guard is put on the stack for with_unwind(). As
# users are linked, so that the way into the shared library counts.
guards_sources = bench/guards.c bench/pairs.h bench/pairs-things.c \
	bench/pairs-state.c bench/instructions.c bench/instructions.h \
	bench/measure.c bench/measure.h
bench_guards_SOURCES = $(guards_sources)
bench_guards_LDADD = lib/libwith.la -lm
bench_guards_LDFLAGS = -no-install
bench_guards_unwindable_SOURCES = $(guards_sources)
bench_guards_unwindable_CPPFLAGS = $(AM_CPPFLAGS) -DWITH_UNWINDABLE
bench_guards_unwindable_LDADD = lib/libwith.la -lm
bench_guards_unwindable_LDFLAGS = -no-install

bench-guards: bench/guards bench/guards-unwindable
	@$(MKDIR_P) $(bench_results)
	-bench/guards -o $(bench_results)/guards.csv
	-bench/guards-unwindable -o $(bench_results)/guards-unwindable.csv
.PHONY: bench-guards

# That they compile, for those who change what they measure.
bench-programs: $(EXTRA_PROGRAMS)

.PHONY: bench bench-quick bench-life bench-programs
CLEANFILES += bench/peers bench/remove-rust bench/remove-go bench/cycle-rust
EXTRA_DIST += bench/chart.awk bench/cycle.rs bench/python.py bench/remove.go \
	bench/remove.rs \
	bench/results/cycles.csv bench/results/guards.csv \
	bench/results/guards-unwindable.csv bench/results/removal.csv \
	bench/results/spool.csv bench/results/text.csv
