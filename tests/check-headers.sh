#!/bin/sh
# SPDX-License-Identifier: MIT
# check-headers.sh - each public header compiles alone, twice in one file, as C
# and as C++, without a warning, by every compiler that is here.
set -u
include=${top_srcdir:?make check sets it}/include
failed=0
c_flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
-Wmissing-prototypes -Wundef -Werror"
cxx_flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror"

headers() {
	(cd "$include" && find . -name '*.h' | sed 's|^\./||' | sort)
}

# Headers that say by #error that they need feature macros get them.
defines_of() {
	if grep -q '^[ 	]*#[ 	]*error' "$include/$1"; then
		echo -D_GNU_SOURCE
	fi
}

# Headers of frameworks that are not here cannot be compiled.
framework_is_here() {
	case $1 in
	with/fixture/*)
		framework=$(sed -n 's|^#include <\([^w][^>]*\)>.*|\1|p' \
			"$include/$1" | head -n 1)
		[ -z "$framework" ] || echo "#include <$framework>" |
			"${CC:-cc}" -E -x c - >/dev/null 2>&1 ||
			{ [ -z "${CI:-}" ] && return 1; }
		;;
	esac
	return 0
}

# compile COMPILER LANGUAGE STANDARD FLAGS FILE
compile() {
	# shellcheck disable=SC2086 # flags are words
	if ! $1 -x "$2" -std="$3" $4 -I"$include" -fsyntax-only "$5" \
	    2>"$TMPDIR/errors"; then
		echo "$1 -std=$3: $6"
		head -n 10 "$TMPDIR/errors"
		failed=1
	fi
}

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

# newest COMPILER LANGUAGE STANDARD...: the first that it knows.
newest() {
	compiler=$1 language=$2
	shift 2
	for standard; do
		if $compiler -x "$language" -std="$standard" -fsyntax-only \
		    /dev/null 2>/dev/null; then
			echo "$standard"
			return
		fi
	done
}

: >"$TMPDIR/all.c"
echo '#define _GNU_SOURCE' >"$TMPDIR/all-gnu.c"
for header in $(headers); do
	framework_is_here "$header" || continue
	if [ -z "$(defines_of "$header")" ]; then
		echo "#include <$header>" >>"$TMPDIR/all.c"
	fi
	echo "#include <$header>" >>"$TMPDIR/all-gnu.c"
done
[ -s "$TMPDIR/all.c" ] || { echo "no headers in $include"; exit 1; }

# One header alone in the oldest dialects, all together in the others.
for compiler in gcc clang g++ clang++; do
	here $compiler || continue
	case $compiler in
	*++) language=c++ standard=c++11 flags=$cxx_flags ;;
	*) language=c standard=c11 flags=$c_flags ;;
	esac
	for header in $(headers); do
		framework_is_here "$header" || continue
		printf '#include <%s>\n' "$header" "$header" >"$TMPDIR/one.c"
		echo 'extern int not_empty;' >>"$TMPDIR/one.c"
		compile $compiler $language $standard \
			"$flags $(defines_of "$header")" "$TMPDIR/one.c" \
			"$header"
	done
done
for compiler in gcc clang clang-14 clang-16 clang-19; do
	here $compiler || continue
	for standard in c11 gnu11 gnu17 $(newest $compiler c gnu23 gnu2x); do
		compile $compiler c "$standard" "$c_flags" "$TMPDIR/all.c" all
		compile $compiler c "$standard" "$c_flags" "$TMPDIR/all-gnu.c" \
			"all with _GNU_SOURCE"
	done
done
if here gcc; then
	compile gcc c gnu99 "$c_flags" "$TMPDIR/all.c" all
fi
for compiler in g++ clang++ clang++-19; do
	here $compiler || continue
	for standard in c++11 $(newest $compiler c++ c++26 c++2c c++23 c++2b); do
		compile $compiler c++ "$standard" "$cxx_flags" \
			"$TMPDIR/all.c" all
	done
done

# The check itself: a header that does not stand alone is refused.
echo 'size_t with_nothing(void);' >"$TMPDIR/bad.c"
if "${CC:-cc}" -std=c11 -fsyntax-only "$TMPDIR/bad.c" 2>/dev/null; then
	echo "the compiler takes anything"
	failed=1
fi
rm -rf "${TMPDIR:?}"/*
exit $failed
