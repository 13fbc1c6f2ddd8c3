#!/bin/sh
# SPDX-License-Identifier: MIT
# check-shell.sh - all our scripts are clean for shellcheck, as POSIX sh.
set -u
cd "${top_srcdir:?make check sets it}" || exit 99
if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is not here"
	exit 77
fi
# Those that say so in their first line, under whatever name.
scripts=$(find .ci bench bootstrap doc examples tests tools -type f \
	-exec grep -lE '^#! ?/bin/sh' {} + | sort)
[ "$(echo "$scripts" | wc -l)" -gt 10 ] || { echo "too few: $scripts"; exit 1; }
# shellcheck disable=SC2086 # one word each
shellcheck $scripts || exit 1
# The check itself.
# shellcheck disable=SC2016 # not to be expanded
printf '#!/bin/sh\nrm -rf $1\n' >"$TMPDIR/bad"
if shellcheck "$TMPDIR/bad" >/dev/null; then
	echo "shellcheck takes anything"
	exit 1
fi
rm "$TMPDIR/bad"
