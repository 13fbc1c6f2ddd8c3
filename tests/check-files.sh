#!/bin/sh
# SPDX-License-Identifier: MIT
# check-files.sh - every file names its licence, sources stay short, and
# nothing depends on the machine it was written on.
set -u
cd "${top_srcdir:?make check sets it}" || exit 99
failed=0

# The files of the project: what git knows of, or in a tarball what is of one
# of our kinds.
files() {
	if [ -e .git ] && command -v git >/dev/null &&
	    git ls-files 2>/dev/null | grep -q .; then
		git ls-files
	else
		find . \( -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' \
			-o -name '*.mk' -o -name '*.ac' -o -name '*.am' \
			-o -name '*.map' -o -name '*.md' -o -name bootstrap \) \
			! -path './build*' ! -path './_build*' \
			! -path './libwith-*' ! -name config.h |
			sed 's|^\./||'
	fi
}

# Their form leaves no room for a comment, or they are the licence.
exempt() {
	case $1 in
	COPYING | *.out | *.in.txt | *.csv) return 0 ;;
	esac
	return 1
}

files >"$TMPDIR/files"
[ "$(wc -l <"$TMPDIR/files")" -gt 20 ] || { echo "too few files"; failed=1; }
while read -r file; do
	[ -f "$file" ] || continue
	if ! exempt "$file" &&
	    ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
		echo "$file: no SPDX line among the first three"
		failed=1
	fi
	case $file in
	lib/*.[ch] | include/*.h)
		lines=$(wc -l <"$file")
		# Reason enough may exist; then the file says it.
		if [ "$lines" -gt 400 ] &&
		    ! grep -q 'longer than 400 lines' "$file"; then
			echo "$file: $lines lines; look for the second concept," \
				"or say why it is longer than 400 lines"
			failed=1
		fi
		;;
	esac
	case $file in
	*.[ch])
		if grep -n '[ 	]$' "$file" | head -n 3 | grep .; then
			echo "$file: blanks at the end of a line"
			failed=1
		fi
		;;
	esac
done <"$TMPDIR/files"

rm -f "$TMPDIR/files"
exit $failed
