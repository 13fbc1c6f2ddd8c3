#!/bin/sh
# SPDX-License-Identifier: MIT
# check-documents.sh - what the documents say about files is so.
#
# In README.md, HACKING.md, SECURITY.md and doc/*.md:
#  - a block of C stands under a line `<!-- from FILE -->` and is lines of that
#    file, which something compiles; a part of a file may be indented less;
#  - a link to a file of this tree, and a name such as lib/base/rmtree.c or
#    tests/test-named.c in backquotes, is there; NAME, FLOOR and the like are
#    taken for placeholders;
#  - the README has the two commands that build, show and test.
# Manual pages in doc/ are clean for mandoc.
# shellcheck disable=SC2016 # backquotes are text here
set -u
cd "${top_srcdir:?make check sets it}" || exit 99
failed=0

# check_blocks FILE: prints what is wrong with its blocks of C.
check_blocks() {
	awk -v document="$1" '
	function trimmed(text) {
		gsub(/\t/, "        ", text)
		sub(/ +$/, "", text)
		return text
	}
	function indent(text) {
		match(text, /^ */)
		return RLENGTH
	}
	# Is the block, moved right by some indent, a run of lines of the file?
	function is_part_of(file,	count, line, i, j, shift) {
		count = 0
		while ((getline line < file) > 0)
			text[++count] = trimmed(line)
		close(file)
		if (count == 0)
			return 0
		for (i = 1; i + length_of_block - 1 <= count; i++) {
			shift = indent(text[i]) - indent(block[1])
			if (shift < 0)
				continue
			for (j = 1; j <= length_of_block; j++) {
				line = block[j]
				if (line != "")
					line = sprintf("%" shift "s%s", "", line)
				if (text[i + j - 1] != line)
					break
			}
			if (j > length_of_block)
				return 1
		}
		return 0
	}
	function end_of_block() {
		if (from == "")
			print document ":" start ": C that is of no file"
		else if (!is_part_of(from))
			print document ":" start ": not text of " from
	}
	/^<!-- from .* -->$/ { from = $3; next }
	/^```c$/ { inside = 1; start = NR; length_of_block = 0; next }
	/^```/ && inside { end_of_block(); inside = 0; from = ""; next }
	inside { block[++length_of_block] = trimmed($0); next }
	/[^ ]/ { from = "" }
	END { if (inside) print document ": a block without end" }
	' "$1"
}

# named_files FILE: each local file that it links to or names.
named_files() {
	folder=$(dirname "$1")
	{
		# Links are relative to the document.
		grep -o '](\([^)#]*\)' "$1" | sed 's/^](//' |
			grep -vE '^[a-z]+:' | sed "s|^|$folder/|"
		grep -oE '`(\./)?((include|lib|tests|examples|doc|tools|bench|\.ci)/[A-Za-z0-9_./*-]+|bootstrap|configure\.ac|Makefile\.am)`' "$1" |
			tr -d '`'
	} | sed 's|^\./||' | grep -vE 'NAME|FLOOR|FILE|NOUN|SUBJECT' |
		sort -u
}

check_names() {
	named_files "$1" | while read -r name; do
		# shellcheck disable=SC2086 # a pattern may match several
		set -- $name
		[ -e "$1" ] || echo "$1 is named and not there"
	done
}

problems=$(for document in README.md HACKING.md SECURITY.md doc/*.md; do
	[ -e "$document" ] || continue
	{ check_blocks "$document"; check_names "$document"; } |
		sed "s|^$document:|:|; s|^|$document: |"
done)
if [ -n "$problems" ]; then
	echo "$problems"
	failed=1
fi

# The README's commands; .ci/run runs them from here, by the same two headings.
for target in demo check; do
	if [ "$(grep -cE "^    \./bootstrap --install && \./configure && make .*$target\$" \
	    README.md)" != 1 ]; then
		echo "README.md: not one command that ends in make $target"
		failed=1
	fi
done

set -- doc/*.[1-9]
if [ -e "$1" ]; then
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$@" || failed=1
	elif [ -n "${CI:-}" ]; then
		echo "mandoc is missing"
		failed=1
	else
		echo "not looked at, since mandoc is not here: manual pages"
	fi
fi

# The check itself.
here=$TMPDIR/here.md
mkdir -p "$TMPDIR/lib"
printf 'int one;\n\n\tif (x)\n\t\ty();\n' >"$TMPDIR/lib/x.c"
cd "$TMPDIR" || exit 99
# document EXPECTED TEXT: is EXPECTED (yes or no) found fault with?
document() {
	# shellcheck disable=SC2059 # the texts have escapes
	printf "$2" >"$here"
	found=$(check_blocks "$here"; check_names "$here")
	case $1:${found:+yes} in
	yes: | no:yes)
		echo "fault to be found: $1, in: $2"
		echo "found: $found"
		failed=1
		;;
	esac
}
document no '<!-- from lib/x.c -->\n```c\nif (x)\n        y();\n```\n'
document no '<!-- from lib/x.c -->\n```c\nint one;\n\n\tif (x)\n```\n'
document no 'See `lib/x.c`, `tests/test-NAME.c` and [this](lib/x.c).\n'
document no '```sh\nmake\n```\n'
document yes '<!-- from lib/x.c -->\n```c\nif (z)\n        y();\n```\n'
document yes '<!-- from lib/x.c -->\n```c\nif (x)\n    y();\n```\n'
document yes '<!-- from lib/y.c -->\n```c\nif (x)\n```\n'
document yes '```c\nint one;\n```\n'
document yes '<!-- from lib/x.c -->\nText\n```c\nint one;\n```\n'
document yes 'See `lib/y.c`.\n'
document yes 'See [this](lib/y.c).\n'

rm -rf "${TMPDIR:?}"/*
exit $failed
