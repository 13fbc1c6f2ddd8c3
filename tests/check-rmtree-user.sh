#!/bin/sh
# SPDX-License-Identifier: MIT
# check-rmtree-user.sh - what removal does in user space: it reads nothing that
# has not been written (Clang's memory sanitizer), and spends at most 60
# instructions on a file (callgrind). In CI neither tool may be missing.
set -u
source=${top_srcdir:?make check sets it}
build=${top_builddir:?make check sets it}
failed=0

missing() {
	echo "not here: $1"
	[ -z "${CI:-}" ] || failed=1
}

cd "$TMPDIR" || exit 99
compile() {
	"$@" -std=gnu11 -O2 -D_GNU_SOURCE -I"$build" -I"$source/lib" \
		-I"$source/include" "$source/tests/removing.c" \
		"$source"/lib/base/rmtree*.c "$source/lib/base/chmod.c" \
		"$source/lib/base/generation.c" "$source/lib/base/identity.c" \
		"$source/lib/base/syscalls.c" \
		-pthread -o removing
}

if command -v clang >/dev/null; then
	compile clang -fsanitize=memory -fno-sanitize-recover=all || failed=1
	./removing all || { echo "the memory sanitizer objects"; failed=1; }
else
	missing clang
fi

# instructions COUNT: of a run that removes so many files
instructions() {
	mkdir flat && (cd flat && seq -f 'file-%.0f' "$1" | xargs touch)
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		./removing flat 2>&1 | sed -n 's/.*Collected : //p'
}

if command -v valgrind >/dev/null; then
	compile "${CC:-cc}" || failed=1
	few=$(instructions 1000)
	many=$(instructions 3000)
	each=$(((many - few) / 2000))
	if [ "$each" -lt 10 ] || [ "$each" -gt 60 ]; then
		echo "$each instructions a file, at most 60 expected"
		failed=1
	fi
else
	missing valgrind
fi

rm -rf removing flat root
exit $failed
