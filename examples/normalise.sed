# SPDX-License-Identifier: MIT
# normalise.sed - takes out of an example's output what differs in each run,
# before tests/compare-example compares it. The temporary directory's path is
# the word TMPDIR by then.
#
# 16 random characters that follow a prefix or a slash:
:again
s|\(TMPDIR/[^ ]*\)[a-z0-9]\{16\}|\1RANDOM|
t again
#
# What musl calls these errors.
s|Filename too long|File name too long|
s|No file descriptors available|Too many open files|
s|Illegal byte sequence|Invalid or incomplete multibyte or wide character|
