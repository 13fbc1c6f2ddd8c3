#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh - what make demo shows: each example at work, then a text of 100 MiB
# sorted in 4 MiB of memory. Stops with an error if any step fails.
#
#   demo.sh NAME...     of the examples, in the order in which to show them
#
# Environment: source, the folder of the examples' sources; build, of their
# programs.
set -eu
: "${source:?}" "${build:?}"
size=104857600	# bytes of text
memory=4M	# that extsort may sort in
limit=16384	# KiB that it may hold at most, with all that it consists of

box=$(mktemp -d "${TMPDIR:-/tmp}/libwith-demo.XXXXXX")
trap 'rm -rf "$box"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
TMPDIR=$box/tmp
export TMPDIR
mkdir "$TMPDIR"

title() {
	printf '\n%s\n' "$*"
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

indented() {
	sed 's/^/    /'
}

nothing_left() {
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
}

# show NAME: the task, from the example's first comment, and its output.
show() {
	example=$build/$1
	export example
	title "$1.c: $(sed -n '2s|^/\* \(.*\) \*/$|\1|p' "$source/$1.c")"
	status=0
	if [ -e "$source/$1.run" ]; then
		sh -eu "$source/$1.run" >"$box/output" 2>&1 || status=$?
	else
		"$example" >"$box/output" 2>&1 || status=$?
	fi
	indented <"$box/output"
	[ $status = 0 ] || fail "$1: exit status $status"
	nothing_left
}

# Headers, documents and scripts of this machine, as they come.
documents() {
	for folder in /usr/include /usr/share/doc /usr/share/common-licenses \
	    /usr/share/autoconf /usr/share/perl /usr/lib/python3 \
	    "$source/../lib" "$source/../include"; do
		[ ! -d "$folder" ] || find "$folder" -type f \
			! -name '*.gz' ! -name '*.png' ! -name '*.pyc' \
			-exec cat {} +
	done
}

# From the second round on, lines begin with the number of their round.
make_text() {
	documents 2>/dev/null | head -c $size >"$box/once"
	[ -s "$box/once" ] || fail "this machine has no documents"
	round=1
	cp "$box/once" "$box/all"
	while [ "$(wc -c <"$box/all")" -lt $size ]; do
		round=$((round + 1))
		sed "s/^/$round: /" "$box/once" >>"$box/all"
	done
	rm "$box/once"
	head -c $size "$box/all" >"$1"
	rm "$box/all"
	echo "text: $(wc -c <"$1") bytes, $(wc -l <"$1") lines," \
		"rounds of this machine's documents: $round" | indented
}

now() {
	date +%s
}

for name; do
	show "$name"
done

title "extsort.c: Sort a text file that is bigger than the memory for it."
make_text "$box/text"
echo "memory to sort it in: $memory" | indented
begin=$(now)
"$build/demo-peak" $limit \
	"$build/extsort" -S $memory -o "$box/sorted" "$box/text" ||
	fail "extsort: exit status $? (1: it failed, or took too much memory)"
echo "sorted in $(($(now) - begin)) s" | indented
nothing_left
LC_ALL=C sort -T "$box" "$box/text" | cmp - "$box/sorted" ||
	fail "extsort and sort do not agree"
echo "LC_ALL=C sort says the same, byte for byte" | indented

title "The same, killed midway:"
"$build/extsort" -S $memory -o "$box/sorted" "$box/text" 2>/dev/null &
while ! ls "$TMPDIR"/extsort_*/run-9 >/dev/null 2>&1; do
	kill -0 $! 2>/dev/null || fail "it ended before it was killed"
	sleep 0.02 2>/dev/null || sleep 1
done
echo "    its directory has" \
	"$(find "$TMPDIR" -name 'run-*' | wc -l) runs; now SIGTERM"
kill -TERM $!
status=0
wait $! 2>/dev/null || status=$?
[ $status = 143 ] || fail "exit status $status instead of SIGTERM's"
nothing_left
echo "    it died of the signal, and nothing is left"

title "What all of them left in $TMPDIR:"
find "$TMPDIR" -mindepth 1 | indented
nothing_left
echo "    nothing"
