#!/bin/sh
# SPDX-License-Identifier: MIT
# check-cost.sh - a guard costs what one writes by hand.
#
# tests/cost.c has pairs of functions; their instructions are counted. The
# allowance is what was measured with gcc 12 and clang 14 to 19. Compilers lay
# out the way into the else arm differently, which is worth an instruction or
# six; what the pair "quiet" has more is the call that tells the error hook of
# a failed entry, which the function by hand does not make.
set -u
source=${top_srcdir:?make check sets it}/tests/cost.c
failed=0

# Prints "FUNCTION COUNT" for each function of an object; padding is no code.
count() {
	objdump -d --no-show-raw-insn "$1" | awk '
	/^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name) }
	/^ +[0-9a-f]+:/ && !/nop|xchg +%ax,%ax|data16/ { counts[name]++ }
	END { for (name in counts) print name, counts[name] }'
}

# compare PAIR MORE: the guard has at most MORE instructions more.
compare() {
	awk -v pair="$1" -v more="$2" '
	$1 == pair "_by_guard" { guard = $2 }
	$1 == pair "_by_hand" { hand = $2 }
	END {
		if (!guard || !hand || guard > hand + more) {
			print pair ": " guard + 0 " instructions, by hand " \
				hand + 0 ", allowed " more " more"
			exit 1
		}
	}' "$TMPDIR/counts"
}

for compiler in gcc clang; do
	if ! command -v $compiler >/dev/null; then
		[ -z "${CI:-}" ] || failed=1
		echo "not here: $compiler"
		continue
	fi
	if ! $compiler -std=gnu11 -O2 -I"$top_srcdir/include" -c "$source" \
	    -o "$TMPDIR/cost.o"; then
		failed=1
		continue
	fi
	count "$TMPDIR/cost.o" >"$TMPDIR/counts"
	echo "$compiler:"
	sort "$TMPDIR/counts"
	compare noun 3 || failed=1
	compare own 6 || failed=1
	compare scope 0 || failed=1
	compare defer 0 || failed=1
	compare quiet 10 || failed=1
done
# The check itself: with the stack of WITH_UNWINDABLE it is more.
"${CC:-cc}" -std=gnu11 -O2 -DWITH_UNWINDABLE -I"$top_srcdir/include" \
	-c "$source" -o "$TMPDIR/cost.o" && count "$TMPDIR/cost.o" >"$TMPDIR/counts"
for pair in noun own scope defer quiet; do
	if compare $pair 3 >/dev/null; then
		echo "$pair: no difference is seen where there is one"
		failed=1
	fi
done
rm -rf "${TMPDIR:?}"/*
exit $failed
