#!/bin/sh
# SPDX-License-Identifier: MIT
# check-headers.sh - each public header compiles alone, twice in one file, as C
# and as C++, without a warning, by every compiler that is here.
#
# With TESTING_THOROUGH=1, all together in every dialect too.
set -u
thorough=${TESTING_THOROUGH:-}
include=${top_srcdir:?make check sets it}/include
failed=0
c_flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
-Wmissing-prototypes -Wundef -Werror"
cxx_flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror"

headers() {
	(cd "$include" && find . -name '*.h' | sed 's|^\./||' | sort)
}

# Headers that say by #error that they need feature macros get them.
needs_features() {
	grep -q '^[ 	]*#[ 	]*error' "$include/$1"
}

# compile COMPILER LANGUAGE STANDARD FLAGS FILE...
compile() {
	compiler=$1 language=$2 standard=$3 flags=$4
	shift 4
	# shellcheck disable=SC2086 # flags are words
	if ! $compiler -x "$language" -std="$standard" $flags -I"$include" \
	    -fsyntax-only "$@" 2>"$TMPDIR/errors"; then
		echo "$compiler -std=$standard:"
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

# One file for each header, named after it, and two for all of them.
mkdir "$TMPDIR/alone"
echo '#define _GNU_SOURCE' >"$TMPDIR/all-gnu.c"
: >"$TMPDIR/all.c"
for header in $(headers); do
	alone=$TMPDIR/alone/$(echo "$header" | tr / -).c
	if needs_features "$header"; then
		# C++ compilers define it themselves.
		printf '#undef %s\n#define %s\n' _GNU_SOURCE _GNU_SOURCE \
			>"$alone"
	else
		: >"$alone"
		echo "#include <$header>" >>"$TMPDIR/all.c"
	fi
	printf '#include <%s>\n' "$header" "$header" >>"$alone"
	echo 'extern int not_empty;' >>"$alone"
	echo "#include <$header>" >>"$TMPDIR/all-gnu.c"
done
[ -s "$TMPDIR/all.c" ] || { echo "no headers in $include"; exit 1; }

for compiler in gcc clang; do
	here $compiler || continue
	compile $compiler c c11 "$c_flags" "$TMPDIR"/alone/*.c
done
for compiler in g++ clang++; do
	here $compiler || continue
	compile $compiler c++ c++11 "$cxx_flags" "$TMPDIR"/alone/*.c
done
if here gcc; then
	compile gcc c gnu99 "$c_flags" "$TMPDIR/all.c"
fi
if [ -n "$thorough" ]; then
	for compiler in gcc clang-14 clang-16 clang-19; do
		here $compiler || continue
		for standard in c11 gnu11 gnu17 \
		    $(newest $compiler c gnu23 gnu2x); do
			compile "$compiler" c "$standard" "$c_flags" \
				"$TMPDIR/all.c" "$TMPDIR/all-gnu.c"
		done
	done
	for compiler in g++ clang++ clang++-19; do
		here $compiler || continue
		for standard in c++11 \
		    $(newest $compiler c++ c++26 c++2c c++23 c++2b); do
			compile "$compiler" c++ "$standard" "$cxx_flags" \
				"$TMPDIR/all.c"
		done
	done
fi

# In strict C these names are the program's, which may have functions of its own.
cat >"$TMPDIR/names.c" <<'END'
#include <with/memory.h>
static int asprintf(char **text, const char *format, int number)
{
	*text = 0;
	return format ? number : 0;
}
static int mmap(int number)
{
	return number;
}
int uses(void);
int uses(void)
{
	char *text;
	int sum = asprintf(&text, "", mmap(1));

	WITH_STRING (string, "%d", sum)
		sum += string[0];
	WITH_MMAP (map, -1, .length = 1)
		sum += *(char *)map.data;
	return sum;
}
END
for compiler in gcc clang; do
	here $compiler || continue
	$compiler -std=c11 -w -O0 -I"$include" -c "$TMPDIR/names.c" \
		-o "$TMPDIR/names.o" || failed=1
	for name in '(__asprintf|with_string_open)' with__mmap_begin; do
		nm -u "$TMPDIR/names.o" | grep -qE " $name\$" && continue
		echo "$compiler: the program's function is called, not $name"
		failed=1
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
