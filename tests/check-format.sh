#!/bin/sh
# SPDX-License-Identifier: MIT
# check-format.sh - .clang-format knows every block macro, and clang-format
# with it leaves a well-written file as it is.
set -u
cd "${top_srcdir:?make check sets it}" || exit 99
failed=0

# A block macro is one that has a SCOPED_ twin.
macros() {
	grep -rhoE "^#define $1_?[A-Z_]*\(" include |
		sed "s/^#define $1\([A-Z_]*\)(/\1/" | grep -v '^__' | sort -u
}
macros WITH >"$TMPDIR/with"
macros SCOPED >"$TMPDIR/scoped"
comm -12 "$TMPDIR/with" "$TMPDIR/scoped" | sed 's/^/WITH/' >"$TMPDIR/blocks"
[ -s "$TMPDIR/blocks" ] || { echo "no block macro found"; failed=1; }
while read -r macro; do
	if ! grep '^IfMacros:' .clang-format | grep -qw "$macro"; then
		echo ".clang-format: $macro is not among its IfMacros"
		failed=1
	fi
done <"$TMPDIR/blocks"

cat >"$TMPDIR/sample.c" <<'END'
#include <with.h>

WITH_DEFINE(my_gz, gzFile, gzopen, gzclose)

static int lines;

int main(void)
{
	for (int i = 0; i < 3; i++) {
		WITH_TEMPDIR (dir, .prefix = "myapp_") {
			WITH_NAMED_TMP (log, .inside = dir, .mode = "w",
					.suffix = ".log") {
				fputs("Log entry 1\n", log->file);
			} else {
				perror("log");
			}
		} else {
			perror("tempdir");
			return 1;
		}
		WITH (my_gz, gz, "path", "r") {
			use(gz);
		}
		SCOPED_TMP(file, .mode = "w+");
		SCOPED_DEFER(free, p);
		if (!file)
			break;
	}
	return 0;
}

END
{
	printf 'void every_block_form(void)\n{\n'
	while read -r macro; do
		printf '\t%s (x, y) {\n\t\tuse(x);\n' "$macro"
		printf '\t} else {\n\t\tperror(y);\n\t}\n'
	done <"$TMPDIR/blocks"
	printf '}\n'
} >>"$TMPDIR/sample.c"
here=no
for tool in clang-format clang-format-14 clang-format-19; do
	command -v $tool >/dev/null || continue
	here=yes
	cp .clang-format "$TMPDIR"
	if ! (cd "$TMPDIR" && $tool --style=file sample.c) >"$TMPDIR/formatted"; then
		echo "$tool does not understand .clang-format"
		failed=1
	fi
	diff -u "$TMPDIR/sample.c" "$TMPDIR/formatted" || failed=1
	rm -f "$TMPDIR/.clang-format"
done
if [ $here = no ]; then
	echo "clang-format is not here"
	[ $failed = 1 ] || failed=77
fi
rm -rf "${TMPDIR:?}"/*
exit $failed
