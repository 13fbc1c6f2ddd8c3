#!/bin/sh
# SPDX-License-Identifier: MIT
# check-lint.sh - tools/check-with finds the mistakes in tests/lint.c, each in
# its line and nothing else there, and nothing in what we show to others: with
# TESTING_THOROUGH=1 in all of it, else in a part.
set -u
thorough=${TESTING_THOROUGH:-}
cd "${top_srcdir:?make check sets it}" || exit 99
lint=tools/check-with
failed=0

if ! command -v "${CLANG_QUERY:-clang-query}" >/dev/null; then
	[ -z "${CI:-}" ] || { echo "clang-query is missing"; exit 1; }
	echo "not tried, since it is not here: clang-query"
	exit 0
fi

grep -n '/\* found \*/' tests/lint.c | cut -d: -f1 >"$TMPDIR/marked"
sh $lint tests/lint.c -- -std=gnu11 -Iinclude >"$TMPDIR/said" 2>"$TMPDIR/errors"
status=$?
sed -n 's/^[^:]*lint\.c:\([0-9]*\): .*/\1/p' "$TMPDIR/said" >"$TMPDIR/found"
if [ $status != 1 ] || [ -s "$TMPDIR/errors" ] ||
    ! diff "$TMPDIR/marked" "$TMPDIR/found" >"$TMPDIR/difference"; then
	echo "status $status; lines of tests/lint.c marked (<) and found (>):"
	cat "$TMPDIR/difference" "$TMPDIR/said" "$TMPDIR/errors"
	failed=1
fi

# It is silent on our own programs.
set -- examples/ext*.c tests/every-macro*.c
[ -z "$thorough" ] || set -- examples/*.c tests/every-macro*.c
if ! sh $lint "$@" -- -std=gnu11 -D_GNU_SOURCE -Iinclude >"$TMPDIR/said" 2>&1
then
	echo "found in files of our own:"
	cat "$TMPDIR/said"
	failed=1
fi

# A file that does not compile is not taken for a good one.
echo 'int f(void) { return nothing; }' >"$TMPDIR/bad.c"
sh $lint "$TMPDIR/bad.c" -- >"$TMPDIR/said" 2>&1
status=$?
if [ $status != 2 ]; then
	echo "status $status for a file that does not compile"
	failed=1
fi
rm -rf "${TMPDIR:?}"/*
exit $failed
