#!/bin/sh
# SPDX-License-Identifier: MIT
# check-statement.sh - the tests of the statement hold with each compiler, with
# and without optimisation, with and without sanitizers, and where every guard
# is on the stack of WITH_UNWINDABLE too; none needs an executable stack.
#
# With TESTING_THOROUGH=1: all of that. Else, since compiling takes
# its time, one way with each compiler: Clang with sanitizers, GCC without.
set -u
thorough=${TESTING_THOROUGH:-}
: "${top_srcdir:?make check sets it}" "${top_builddir:?make check sets it}"
flags="-std=gnu11 -I$top_builddir -I$top_srcdir/include -I$top_srcdir/lib
-I$top_srcdir/tests"
archives="$top_builddir/tests/.libs/libtesting.a
$top_builddir/lib/.libs/libwith-core.a"
libraries="$(pkg-config --cflags --libs check) -pthread"
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
# A frame that ended is poisoned, so that a deferred call cannot use it.
ASAN_OPTIONS=detect_stack_use_after_return=1
export ASAN_OPTIONS

# A library with a sanitizer, or with another libc, takes its own compiler.
own=${CC:-cc}
set --
plain=yes
archive=$top_builddir/lib/.libs/libwith-core.a
built_with=
for pair in asan:address ubsan:undefined tsan:thread; do
	if nm "$archive" 2>/dev/null | grep -q " U __${pair%:*}_"; then
		built_with=$built_with,${pair#*:}
	fi
done
if [ -n "$built_with" ]; then
	set -- "$own"
	plain=no
	sanitize=-fsanitize=${built_with#,}
elif case $own in *musl*) true ;; *) false ;; esac; then
	set -- "$own"
	sanitize=
else
	for compiler in gcc clang; do
		if command -v $compiler >/dev/null; then
			set -- "$@" $compiler
		elif [ -n "${CI:-}" ]; then
			echo "$compiler is missing"
			exit 1
		else
			echo "not tried, since it is not here: $compiler"
		fi
	done
fi
[ $# -gt 0 ] || { echo "no compiler"; exit 1; }

# All test programs of the statement as one: what takes time is compiling.
all_in_one() {
	mains=
	for test; do
		printf '#define main %s\n#include "test-%s.c"\n#undef main\n' \
			"main_$test" "$test" | sed 1s/-/_/g
		mains="$mains | main_$(echo "$test" | tr - _)()"
	done
	echo "int main(void) { return 0$mains; }"
}
all_in_one guard guard-define cleanup >"$TMPDIR/plain.c"
all_in_one guard guard-define guard-unwind cleanup >"$TMPDIR/unwindable.c"

# build_and_run NAME COMPILER FLAGS: a program of NAME.c.
build_and_run() {
	program=$(mktemp "$TMPDIR/XXXXXX")
	# shellcheck disable=SC2086 # flags are words
	$2 $flags $blocks $3 "$TMPDIR/$1.c" $archives $libraries -o "$program" \
		>"$program.said" 2>&1 &&
	! grep . "$program.said" &&
	CK_FORK=no "$program" >"$program.said" 2>&1 &&
	! grep '^[^1].*%: Checks' "$program.said" &&
	readelf -lW "$program" | grep -q 'GNU_STACK.*RW ' && return
	echo "$2 $3, $1:"
	head -n 20 "$program.said"
	return 1
}

# all_ways COMPILER: of one compiler; 1 if one of them fails.
all_ways() {
	result=0
	careful=$sanitize blocks=
	case $sanitize:$1 in
	?*:*clang*) careful="$sanitize -fsanitize=function" ;;
	esac
	case $1 in
	*clang*) blocks=-fblocks ;;
	esac
	if [ -z "$thorough" ]; then
		case $plain:$1 in
		yes:*gcc*) build_and_run plain "$1" -O2 ;;
		*) build_and_run plain "$1" "-O1 $careful" ;;
		esac
		return
	fi
	if [ -n "$careful" ]; then
		build_and_run plain "$1" "-O0 $careful" || result=1
		build_and_run plain "$1" "-O2 $careful" || result=1
	fi
	build_and_run unwindable "$1" "-O0 -DWITH_UNWINDABLE= $careful" ||
		result=1
	[ $plain = yes ] || return $result
	build_and_run plain "$1" -O0 || result=1
	build_and_run plain "$1" -O2 || result=1
	build_and_run unwindable "$1" "-O2 -DWITH_UNWINDABLE=" || result=1
	return $result
}

# The compilers at the same time.
for compiler; do
	{ all_ways "$compiler" || echo "$compiler: failed"; } 2>&1 &
done >"$TMPDIR/problems"
wait
failed=0
if grep . "$TMPDIR/problems"; then
	failed=1
fi
rm -rf "${TMPDIR:?}"/*
exit $failed
