#!/bin/sh
# SPDX-License-Identifier: MIT
# check-life.sh - the tests that doc/life.md names are there, and each row of
# its first table names one; and test-life-cancel.c calls every function that
# is exported.
# shellcheck disable=SC2016 # backquotes are text here
set -u
cd "${top_srcdir:?make check sets it}" || exit 99
failed=0

# missing DOCUMENT: prints what it names and is not there.
missing() {
	grep -oE '`test-[a-z-]+: [a-z0-9_]+`' "$1" | tr -d '`' | sort -u |
	while IFS=': ' read -r program name; do
		grep -qE "^START_(CHILD_)?TEST\\($name\\)" \
			"tests/$program.c" 2>/dev/null &&
			grep -qE "tests/$program( |\$)" tests/local.mk ||
			echo "$program: $name"
	done
}

# unshown DOCUMENT: prints the rows of the first table that name no test.
unshown() {
	awk '/^\|/ { row++ } row && !/^\|/ { exit }
	     row > 2 && !/`test-[a-z-]+: / && !/`tests\/test-/' "$1"
}

gone=$(missing doc/life.md)
if [ -n "$gone" ]; then
	echo "doc/life.md names tests that are not there:"
	echo "$gone"
	failed=1
fi
rows=$(unshown doc/life.md)
if [ -n "$rows" ]; then
	echo "doc/life.md has rows without a test:"
	echo "$rows"
	failed=1
fi
[ "$(grep -c '`test-' doc/life.md)" -ge 20 ] ||
	{ echo "doc/life.md names hardly any test"; failed=1; }

# uncalled MAP TEST: the functions of the map that CALL() does not have.
uncalled() {
	sed -n 's/^	\([a-z_0-9]*\);$/\1/p' "$1" | while read -r name; do
		case $name in
		with__near) continue ;;	# a variable
		esac
		grep -qE "CALL\\(([a-z]* = )?(with_unwind\\()?${name%_opt}\\(" "$2" ||
			echo "$name"
	done
}
calls=$(uncalled lib/libwith.map tests/test-life-cancel.c)
if [ -n "$calls" ]; then
	echo "test-life-cancel.c does not call:"
	echo "$calls"
	failed=1
fi

# And it does see what is wrong.
{
	printf '| a | b | c |\n|---|---|---|\n'
	printf '| x | y | `test-exit: no_such_test_at_all` |\n| x | y | z |\n'
} >"$TMPDIR/bad.md"
[ "$(missing "$TMPDIR/bad.md")" = "test-exit: no_such_test_at_all" ] ||
	{ echo "a test that is missing was not seen"; failed=1; }
[ "$(unshown "$TMPDIR/bad.md")" = "| x | y | z |" ] ||
	{ echo "a row without a test was not seen"; failed=1; }
printf '\twith_other;\n\twith_adopt;\n' >"$TMPDIR/map"
[ "$(uncalled "$TMPDIR/map" tests/test-life-cancel.c)" = with_other ] ||
	{ echo "a function that is not called was not seen"; failed=1; }
rm -f "$TMPDIR/bad.md" "$TMPDIR/map"
exit $failed
