# SPDX-License-Identifier: MIT
# Benchmarks are built and run by a target of their own each.
EXTRA_PROGRAMS = bench/bench-life
bench_bench_life_LDADD = lib/libwith-core.la
CLEANFILES += $(EXTRA_PROGRAMS)

bench-life: bench/bench-life
	bench/bench-life
.PHONY: bench-life
