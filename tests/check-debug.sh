#!/bin/sh
# SPDX-License-Identifier: MIT
# check-debug.sh - gdb steps through guards as through statements, with the one
# line that doc/statement.md gives; a failed assertion names the user's line.
# With TESTING_THOROUGH=1, by two compilers, else by gcc.
set -u
thorough=${TESTING_THOROUGH:-}
source=${top_srcdir:?make check sets it}/tests/debug.c
page=$top_srcdir/doc/statement.md
archive=${top_builddir:?make check sets it}/lib/.libs/libwith-core.a
failed=0
flags="-g -O0 -std=gnu11 -I$top_srcdir/include"

if ! command -v gdb >/dev/null; then
	[ -z "${CI:-}" ] || { echo "gdb is missing"; exit 1; }
	echo "not tried, since it is not here: gdb"
	exit 0
fi
skip=$(sed -n 's/^    \(skip -rfunction .*\)/\1/p' "$page")
[ -n "$skip" ] || { echo "$page has no line for gdb"; failed=1; }

# What is stepped on, up to the last statement. Braces are for the compiler to
# choose.
cat >"$TMPDIR/expected" <<'END'
int number = argc;
WITH (thing, a, 0) {
open_things++;
return which < 3 ? &things[which] : NULL;
number += 2;
WITH (thing, b, 1) {
open_things++;
return which < 3 ? &things[which] : NULL;
number += 3;
WITH (thing, b, 1) {
number += 4;
assert(!argv[1]);
WITH (thing, a, 0) {
SCOPED (thing, c, 2);
open_things++;
return which < 3 ? &things[which] : NULL;
return c && number == 10 && open_things == 1 ? 0 : 1;
END

# stops COMMAND: the lines at which `step` stops, when COMMAND is given first.
stops() {
	{
		printf '%s\nbreak main\nrun\n' "$1"
		i=0
		while [ $((i += 1)) -le 35 ]; do
			echo step
		done
	} >"$TMPDIR/commands"
	gdb -nx -batch -ex 'set pagination off' \
		-ex 'set debuginfod enabled off' -x "$TMPDIR/commands" \
		"$TMPDIR/debug" 2>/dev/null </dev/null >"$TMPDIR/gdb"
	sed -n -e 's/^[0-9][0-9]*	[	 ]*//p' -e '/return c &&/q' \
		"$TMPDIR/gdb" | grep -v '^}'
}

# A library with a sanitizer, or with another libc, takes its own compiler.
compilers=gcc
[ -z "$thorough" ] || compilers="gcc clang"
options=
for pair in asan:address ubsan:undefined tsan:thread; do
	if nm "$archive" 2>/dev/null | grep -q " U __${pair%:*}_"; then
		compilers=${CC:-cc}
		options="$options -fsanitize=${pair#*:}"
	fi
done
case ${CC:-cc} in *musl*) compilers=$CC ;; esac

for compiler in $compilers; do
	if ! command -v "$compiler" >/dev/null; then
		[ -z "${CI:-}" ] || failed=1
		echo "not here: $compiler"
		continue
	fi
	# shellcheck disable=SC2086 # flags are words
	if ! $compiler $flags $options "$source" "$archive" -pthread \
	    -o "$TMPDIR/debug"; then
		failed=1
		continue
	fi
	stops "$skip" >"$TMPDIR/stops"
	if ! diff "$TMPDIR/expected" "$TMPDIR/stops" >"$TMPDIR/difference"; then
		echo "$compiler: steps expected (<) and made (>):"
		cat "$TMPDIR/difference"
		tail -n 5 "$TMPDIR/gdb"
		failed=1
	fi
	# The check itself: without that line the steps are others.
	stops "" >"$TMPDIR/stops"
	if cmp -s "$TMPDIR/expected" "$TMPDIR/stops"; then
		echo "$compiler: the line for gdb changes nothing"
		failed=1
	fi
	line=$(grep -n 'assert(!' "$source" | cut -d: -f1)
	"$TMPDIR/debug" fail >"$TMPDIR/stops" 2>&1
	if ! grep -q "debug.c:$line: " "$TMPDIR/stops"; then
		echo "$compiler: the assertion does not name line $line"
		cat "$TMPDIR/stops"
		failed=1
	fi
done
rm -rf "${TMPDIR:?}"/*
exit $failed
