# SPDX-License-Identifier: MIT
# Benchmarks are built and run by a target of their own each.
EXTRA_PROGRAMS = bench/bench-life bench/guards bench/guards-unwindable
bench_bench_life_LDADD = lib/libwith-core.la
CLEANFILES += $(EXTRA_PROGRAMS)

bench-life: bench/bench-life
	bench/bench-life
.PHONY: bench-life

# Twice: the second time each guard is put on the stack for with_unwind(). As
# users are linked, so that calls into the library count.
bench_guards_SOURCES = bench/guards.c
bench_guards_LDADD = lib/libwith.la
bench_guards_unwindable_SOURCES = bench/guards.c
bench_guards_unwindable_CPPFLAGS = $(AM_CPPFLAGS) -DWITH_UNWINDABLE
bench_guards_unwindable_LDADD = lib/libwith.la

bench-guards: bench/guards bench/guards-unwindable
	-bench/guards
	-bench/guards-unwindable
.PHONY: bench-guards
