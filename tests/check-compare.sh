#!/bin/sh
# SPDX-License-Identifier: MIT
# check-compare.sh - an example with other output or a bad end fails.
# shellcheck disable=SC2016 # the examples expand their own variables
set -u
compare=${top_srcdir:?make check sets it}/tests/compare-example
failed=0

# Stand-ins for the examples, in a build and source directory of our own.
top_builddir=$TMPDIR/build
export top_builddir
mkdir -p "$top_builddir/examples"
cp "$top_srcdir/examples/normalise.sed" "$top_builddir/examples"

# example EXPECTED-STATUS SCRIPT OUTPUT
example() {
	printf '#!/bin/sh\n%s\n' "$2" >"$top_builddir/examples/one"
	chmod +x "$top_builddir/examples/one"
	echo "$3" >"$top_builddir/examples/one.out"
	sh "$compare" "$top_builddir/examples/one.out" >"$TMPDIR/said" 2>&1
	got=$?
	if [ $got != "$1" ]; then
		echo "status $got instead of $1 for '$2' and '$3'"
		cat "$TMPDIR/said"
		failed=1
	fi
}
example 0 'echo hello' 'hello'
example 1 'echo hello' 'hallo'
example 1 'echo hello; exit 3' 'hello'
example 0 'echo "$TMPDIR/myapp_abcdefghijklmn77.log"' 'TMPDIR/myapp_RANDOM.log'
example 0 'echo "$TMPDIR/tmpabcdefghijklmn77/tmp0bcdefghijklmn77"' \
	'TMPDIR/tmpRANDOM/tmpRANDOM'
example 1 'echo "$TMPDIR/other_abcdefghijklmn77.log"' 'TMPDIR/myapp_RANDOM.log'
echo '"$example" | tr a-z A-Z' >"$top_builddir/examples/one.run"
example 0 'echo hello' 'HELLO'
rm -rf "${TMPDIR:?}"/*
exit $failed
