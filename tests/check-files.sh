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

files >"$TMPDIR/files"
[ "$(wc -l <"$TMPDIR/files")" -gt 20 ] || { echo "too few files"; failed=1; }

# Prints a line for each rule that one of the files named in its input breaks.
problems() {
	while read -r file; do
		[ -f "$file" ] && [ -s "$file" ] && printf '%s\0' "$file"
	done | xargs -0 awk '
	function judge() {
		# Their form leaves no room for a comment, or they are the licence.
		if (!licensed && file !~ /(^|\/)COPYING$|\.(out|in\.txt|csv)$/)
			print file ": no SPDX line among the first three"
		# Reason enough may exist; then the file says it.
		if (lines > 400 && !reason &&
		    file ~ /^lib\/.*\.[ch]$|^include\/.*\.h$/)
			print file ": " lines " lines; look for the second" \
				" concept, or say why it is longer than 400 lines"
	}
	FNR == 1 {
		if (file)
			judge()
		file = FILENAME
		licensed = reason = 0
	}
	FNR <= 3 && /SPDX-License-Identifier: MIT/ { licensed = 1 }
	/longer than 400 lines/ { reason = 1 }
	/[ \t]$/ && FILENAME ~ /\.[ch]$/ {
		print FILENAME ":" FNR ": blanks at the end of a line"
	}
	{ lines = FNR }
	END { judge() }'
}

problems <"$TMPDIR/files" >"$TMPDIR/problems"
! grep . "$TMPDIR/problems" || failed=1

# The check itself: a file that breaks each rule, and one that breaks none.
(
	cd "$TMPDIR" && mkdir -p lib/base && echo lib/base/bad.c >list &&
	{ echo 'int x; ' && yes '' | head -n 400; } >lib/base/bad.c &&
	[ "$(problems <list | wc -l)" = 3 ] &&
	echo '/* SPDX-License-Identifier: MIT */' >lib/base/bad.c &&
	[ "$(problems <list | wc -l)" = 0 ]
) || { echo "not found in a bad file, or found in a good one"; failed=1; }

rm -rf "${TMPDIR:?}"/*
exit $failed
