#!/bin/sh
# SPDX-License-Identifier: MIT
# check-macros.sh - the macros of the public headers draw no warning where they
# are used rightly, and one where they are not.
#
# tests/every-macro*.c use each of them, and are clean with every compiler that
# is here, in every dialect, at every level of optimisation, and for the
# analysers. tests/misuse.c has the mistakes that compilers see. Two warnings
# of gcc that cannot be avoided are held as known. In C++ the statements say
# that they are C.
#
# With TESTING_THOROUGH=1: all of that. Else gcc and the newest clang
# in two dialects, with what they warn of when they optimise.
set -u
thorough=${TESTING_THOROUGH:-}
tests=${top_srcdir:?make check sets it}/tests
include=$top_srcdir/include
strict="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I$include"
failed=0

here() {
	command -v "$1" >/dev/null && return
	if [ -n "${CI:-}" ]; then
		echo "$1 is missing"
		failed=1
	else
		echo "not tried, since it is not here: $1"
	fi
	return 1
}

# compile COMMAND FLAG...: quiet, or it has failed. In a directory of its own,
# for what it writes.
compile() {
	mkdir -p "$TMPDIR/$1"
	(cd "$TMPDIR/$1" && "$@" >said 2>&1 && ! grep -q . said) && return
	echo "$*:"
	head -n 10 "$TMPDIR/$1/said"
	failed=1
}

# The newest two dialects that a compiler knows.
newest() {
	found=
	for standard in gnu2y c2y gnu23 c23 gnu2x c2x; do
		if $1 -x c -std=$standard -fsyntax-only /dev/null \
		    2>/dev/null; then
			found="$found $standard"
		fi
	done
	# shellcheck disable=SC2086 # words
	set -- $found
	echo "${1:-} ${2:-}"
}

# Public macros: all but include guards, private ones and parts of structs.
sed -n 's/^[ 	]*#[ 	]*define[ 	]*\([A-Za-z_0-9]*\).*/\1/p' \
	"$include"/with/*.h | sort -u |
	grep -vE '_H$|^(WITH__|with__|TEMPFILE_OPTIONS_OF_)|^WITH_UNWINDABLE$' \
	>"$TMPDIR/macros"
[ "$(wc -l <"$TMPDIR/macros")" -gt 20 ] || { echo "no macros"; failed=1; }
while read -r macro; do
	grep -qw "$macro" "$tests"/every-macro*.c ||
		{ echo "$macro: not in tests/every-macro*.c"; failed=1; }
done <"$TMPDIR/macros"

# The files again and again, by compiler $1.
# shellcheck disable=SC2086 # flags are words
clean_with() {
	if [ -z "$thorough" ]; then
		for standard in c11 gnu17; do
			compile $1 $strict -std=$standard -O2 -S \
				"$tests"/every-macro*.c
		done
		return
	fi
	for standard in c11 gnu99 gnu17 $(newest $1); do
		compile $1 $strict -std=$standard -fsyntax-only \
			"$tests"/every-macro*.c
	done
	case $1 in
	gcc)
		for level in "-O0 -fanalyzer" -O1 "-O2 -fanalyzer" -O3 \
		    "-O2 -DWITH_UNWINDABLE"; do
			compile $1 $strict -std=gnu11 $level -S \
				"$tests"/every-macro*.c
		done
		;;
	clang-19)
		for level in -O0 -O1 -O2 -O3 -DWITH_UNWINDABLE -fblocks; do
			compile $1 $strict -std=gnu11 $level -S \
				"$tests"/every-macro*.c
		done
		compile $1 -I"$include" --analyze --analyzer-output text \
			"$tests"/every-macro*.c
		;;
	*)	# What these say does not depend on how they optimise.
		compile $1 $strict -std=gnu11 -O2 -S "$tests"/every-macro*.c
		;;
	esac
}
compilers="gcc clang-19"
[ -z "$thorough" ] || compilers="gcc clang-14 clang-16 clang-19"
for compiler in $compilers; do
	here "$compiler" || continue
	clean_with "$compiler" >"$TMPDIR/of-$compiler" 2>&1 &
done
wait
! cat "$TMPDIR"/of-* | grep . || failed=1

# Mistakes: the lines complained of are the lines marked.
marked() {
	grep -nE "/\* ($1|both) \*/" "$tests/misuse.c" | cut -d: -f1
}
complained() {
	"$@" -std=gnu11 -I"$include" -S -o /dev/null "$tests/misuse.c" 2>&1 |
		sed -n 's/^[^ ]*misuse\.c:\([0-9]*\):[0-9]*: \(warning\|error\).*/\1/p'
}
for compiler in gcc clang clang-19; do
	here $compiler || continue
	family=${compiler%%-*}
	option=
	[ "$family" != gcc ] || option=-ftrack-macro-expansion=0
	marked "$family" >"$TMPDIR/marked"
	# shellcheck disable=SC2086
	{ complained $compiler $option; complained $compiler $option \
		-Wno-error -fpermissive -DONLY_WARNINGS; } |
		sort -nu >"$TMPDIR/complained"
	if ! diff "$TMPDIR/marked" "$TMPDIR/complained" >"$TMPDIR/said"; then
		echo "$compiler: lines of tests/misuse.c marked (<) and" \
			"complained of (>) differ:"
		cat "$TMPDIR/said"
		failed=1
	fi
done

# known FLAG TEXT: gcc warns of TEXT by -WFLAG, at -O0. Once it does not, the
# sentence in with/guard.h can go.
known() {
	printf '#include <with.h>\n%s\n' "$2" >"$TMPDIR/known.c"
	gcc -std=gnu11 -O0 -I"$include" -Wall -Wextra -S -o /dev/null \
		"$TMPDIR/known.c" >"$TMPDIR/said" 2>&1
	if [ "$(grep -c 'warning:' "$TMPDIR/said")" != 1 ] ||
	    ! grep -q "\[-W$1\]" "$TMPDIR/said"; then
		echo "gcc: not just -W$1 for: $2"
		cat "$TMPDIR/said"
		failed=1
	fi
}
if here gcc; then
	known return-type 'int f(void)
		{ WITH_TMP (t) { return fputc(1, t); } else { return 0; } }'
	known dangling-else 'void f(int yes)
		{ if (yes) WITH_TMP (t) { rewind(t); } else { perror(""); } }'
fi

# In C++ each statement says what it is, and no more than that is needed.
sed -n 's/^#define[ 	]*\(\(WITH\|SCOPED\)[A-Z_]*\)(.*/\1/p' "$include"/with/*.h |
	sort -u | grep -v '__' >"$TMPDIR/statements"
for compiler in g++ clang++; do
	here $compiler || continue
	{
		for header in "$include"/with/*.h; do
			echo "#include <with/${header##*/}>"
		done
		while read -r macro; do
			echo "void f_$macro() { $macro(x, y, z); }"
		done <"$TMPDIR/statements"
	} >"$TMPDIR/statements.cc"
	option=-ferror-limit=0
	[ $compiler != g++ ] || option=-fmax-errors=0
	said=$($compiler -x c++ -std=c++11 -D_GNU_SOURCE -I"$include" $option \
		-fsyntax-only "$TMPDIR/statements.cc" 2>&1)
	told=$(echo "$said" | grep -c 'error:.*the statements of libwith are C')
	if [ "$told" != "$(wc -l <"$TMPDIR/statements")" ]; then
		echo "$compiler: not every statement says that it is C:"
		echo "$said" | grep 'error:' | grep -v 'statements of libwith' |
			head -n 10
		failed=1
	fi
done

rm -rf "${TMPDIR:?}"/*
exit $failed
