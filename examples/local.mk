# SPDX-License-Identifier: MIT
# To add examples/NAME.c, with the output it is compared with in
# examples/NAME.out: one line `examples/NAME` in the list and one line
# `examples_NAME_LDADD = $(examples_library)`. tests/compare-example says how
# one with input or arguments is run (examples/NAME.run).
examples_list =

# As a user's program is linked.
examples_library = lib/libwith.la

noinst_PROGRAMS += $(examples_list)
TESTS += $(examples_list:=.out)
EXTRA_DIST += examples/normalise.sed $(examples_list:=.out)
