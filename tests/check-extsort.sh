#!/bin/sh
# SPDX-License-Identifier: MIT
# check-extsort.sh - examples/extsort agrees with sort byte for byte, keeps to
# its memory, and leaves nothing behind, however it ends.
# shellcheck disable=SC2317 # functions are called through others
# shellcheck disable=SC3045 # dash, bash and busybox have ulimit -n
set -u
extsort=${top_builddir:?make check sets it}/examples/extsort
peak=$top_builddir/examples/demo-peak
failed=0

work=$TMPDIR/work
mkdir "$work" "$work/tmp"
cd "$work" || exit 99

complain() {
	echo "$*"
	failed=1
}

# Nothing may be left where its temporary files go.
nothing_left() {
	left=$(ls -A tmp)
	[ -z "$left" ] || complain "$1: left behind: $left"
	rm -rf tmp/*
}

# compare NAME ARGUMENT...: does it sort the file "in" as sort does?
compare() {
	name=$1
	shift
	LC_ALL=C sort in >want
	TMPDIR=$work/tmp "$extsort" "$@" in >got 2>said ||
		complain "$name: exit status $?"
	[ ! -s said ] || complain "$name: says $(cat said)"
	cmp want got || complain "$name: not what sort says"
	nothing_left "$name"
}

# Lines that are no order's friend: awk's own random numbers, seeded.
random_lines() {
	awk -v count="$1" -v longest="$2" 'BEGIN {
		srand(7)
		for (i = 0; i < count; i++) {
			line = ""
			for (n = int(rand() * longest); n > 0; n--)
				line = line substr("abAB01 .,", 1 + rand() * 9, 1)
			print line
		}
	}'
}

# a letter, repeated
long_line() {
	head -c "$2" /dev/zero | tr '\0' "$1"
}

: >in
compare "empty file"
printf 'b\na' >in
compare "last line without newline"
printf '\n\n\na\n\n' >in
compare "empty lines"
printf 'no newline at all' >in
compare "one unfinished line"
printf 'a\0b\na\na\0\n\0\n\0\0\n\na\0a\nabcdefg\0\nabcdefg\n' >in
compare "NUL bytes"
printf 'a\377\nb\nb\200\na\n\377\n\200\n\177\n\001\nabcdefgh\377\nabcdefgh\177\n' >in
compare "bytes above 127"
head -c 300000 /dev/zero | tr '\0' '\n' >in
compare "only newlines, more than the memory holds" -S 64K
random_lines 4000 90 >in
compare "random lines, several runs" -S 64K
compare "random lines in memory" -S 1M
{ cat in; cat in; cat in; } >in.3 && mv in.3 in
compare "lines that occur thrice" -S 64K
sort -r in >in.r && mv in.r in
compare "backwards" -S 64K

# Longer than the memory, and than any window of a merge.
{
	random_lines 500 200
	long_line x 100000; echo
	long_line x 100000; echo y
	long_line x 250000; echo
	echo xx
	long_line x 99999; echo
	long_line x 100000; printf '\0\n'
	random_lines 500 200
	long_line x 250000
} >in
compare "lines longer than the memory" -S 64K
compare "lines longer than a window" -S 512K
long_line z 200000 >in
compare "one long line without newline" -S 64K
{ long_line z 65536; echo; echo a; long_line z 65535; echo; } >in
compare "a line as long as the memory" -S 64K

# Several passes: more runs than are merged together, or descriptors.
random_lines 20000 100 >in
compare "several passes" -S 64K
LC_ALL=C sort in >want
# Whatever number is left when the runs are open, one is for the result. What
# is inherited counts as well; a shell closes those up to 9.
find /proc/self/fd -name '??*' >inherited
for descriptors in 9 10 11 12 13 14 15 16 20; do
	(
		exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
		ulimit -n $((descriptors + $(wc -l <inherited)))
		TMPDIR=$work/tmp exec "$extsort" -S 64K in
	) >got ||
		complain "$descriptors descriptors: exit status $?"
	cmp want got || complain "$descriptors descriptors: not sorted"
	nothing_left "$descriptors descriptors"
done

# Other ways in and out.
# same NAME FILE STATUS: it is what sort wants.
same() {
	[ "$3" = 0 ] || complain "$1: exit status $3"
	cmp want "$2" || complain "$1: not sorted"
}
TMPDIR=$work/tmp "$extsort" -S 64K <in >got
same "standard input" got $?
tail -c +1 in | TMPDIR=$work/tmp "$extsort" -S 64K - >got
same "a pipe" got $?
cp in replaced
TMPDIR=$work/tmp "$extsort" -S 64K -o replaced replaced
same "the output is the input" replaced $?
mkdir elsewhere
TMPDIR=/nonexistent "$extsort" -S 64K -T elsewhere in >got
same "-T" got $?
rmdir elsewhere || complain "-T: left behind"
nothing_left "ways in and out"

# Progress is for terminals. BSD's script(1) has other arguments.
if script -qec true /dev/null >said 2>&1 </dev/null; then
	TMPDIR=$work/tmp SHELL=/bin/sh script -qec "'$extsort' -S 64K -o got in" \
		/dev/null >said </dev/null
	same "on a terminal" got $?
	for step in 'reading: 0 MiB' 'merging: 1 MiB'; do
		grep -q "$step" said || complain "no progress: $(cat said)"
	done
else
	echo "not looked at, since script(1) is not here: progress"
fi

# A size that is none, too many files, a file that is not there.
for wrong in "-S 4X" "-S -1" "-S" "in in" "-z"; do
	# shellcheck disable=SC2086 # words
	"$extsort" $wrong >got 2>said </dev/null &&
		complain "accepted: $wrong"
	grep -q usage said || complain "no usage for: $wrong"
done
for missing in "nowhere" "-o nowhere/out in" "-T nowhere in" "tmp"; do
	# shellcheck disable=SC2086 # words
	TMPDIR=$work/tmp "$extsort" $missing >got 2>said &&
		complain "success with: $missing"
	grep -q '^extsort: ' said || complain "no reason for: $missing"
	[ ! -s got ] || complain "output with: $missing"
	nothing_left "$missing"
done

# The output: its permissions stay, a link is written through, an error midway
# (here on the way to a full disk) leaves the old content.
echo old >output
chmod 640 output
ln -s output link
TMPDIR=$work/tmp "$extsort" -o output in
[ "$(stat -c %a output)" = 640 ] || complain "permissions are not kept"
echo old >output
TMPDIR=$work/tmp "$extsort" -o link in
[ -L link ] || complain "a link is replaced"
same "through a link" output 0
(umask 027; TMPDIR=$work/tmp "$extsort" -o fresh in)
[ "$(stat -c %a fresh)" = 640 ] || complain "the umask is not obeyed"
TMPDIR=$work/tmp "$extsort" in >/dev/full 2>said && complain "/dev/full is not"
grep -q 'No space left' said || complain "the wrong reason: $(cat said)"
echo one line | TMPDIR=$work/tmp "$extsort" >/dev/full 2>said &&
	complain "/dev/full takes what is still in a buffer"
nothing_left "/dev/full"

# Temporaries of the output's are in its folder, this one.
nothing_beside() {
	for left in tmp?*; do
		[ ! -e "$left" ] || complain "$1: left beside the output: $left"
	done
}

# error_midway NAME COMMAND...: fails and leaves tmp and the output alone.
error_midway() {
	name=$1
	shift
	echo old >output
	"$@" >got 2>said && complain "$name: success"
	grep -q '^extsort: ' said || complain "$name: no reason: $(cat said)"
	[ "$(cat output)" = old ] || complain "$name: the output is not the old one"
	nothing_beside "$name"
	nothing_left "$name"
}
limited_to() (
	trap '' XFSZ # an error instead of the signal
	ulimit -f "$1"
	TMPDIR=$work/tmp exec "$extsort" -S 64K -o output in
)
# Blocks of 512 bytes or, in bash, 1024: for no run, for some of the merge.
error_midway "no run can be written" limited_to 8
error_midway "the merge cannot be written" limited_to 200

# A disk that is really full, and seen to be empty afterwards.
full_disk() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare -Urm sh -c '
		mount -t tmpfs -o size=512k none tmp || exit 99
		TMPDIR=$PWD/tmp "$0" -S 64K -o output in
		status=$?
		[ -z "$(ls -A tmp)" ] || { echo "left on the disk:"; ls -A tmp; }
		exit $status' "$extsort"
}
if unshare -Urm mount -t tmpfs none tmp 2>/dev/null; then
	error_midway "full disk" full_disk
	[ ! -s got ] || complain "$(cat got)"
	grep -q 'No space left' said || complain "full disk: $(cat said)"
elif [ -n "${CI:-}" ]; then
	complain "no file system can be mounted here"
else
	echo "not looked at, since nothing can be mounted here: a full disk"
fi

# Signals. In each case the program is in the foreground, since a shell starts
# others with SIGINT ignored, and writes down its number first.
mkfifo feed drain
start() {
	rm -f number
	# shellcheck disable=SC2016 # the inner shell's
	TMPDIR=$work/tmp sh -c 'echo $$ >number; exec "$@"' start "$extsort" "$@"
}
# expect_signal NAME NUMBER STATUS
expect_signal() {
	[ "$3" = $((128 + $2)) ] || complain "$1: exit status $3"
	[ "$(cat output)" = old ] || complain "$1: the output is not the old one"
	nothing_beside "$1"
	nothing_left "$1"
}
echo old >output
for signal in INT:2 TERM:15 HUP:1; do
	# While runs are made: the input does not end.
	{
		exec 3>feed
		cat in >&3
		until ls tmp/extsort_*/run-1 >seen 2>&1; do sleep 0.02; done
		kill -"${signal%:*}" "$(cat number)"
		sleep 0.2
	} &
	start -S 64K -o output - <feed
	expect_signal "SIG${signal%:*} while reading" "${signal#*:}" $?
	wait

	# While they are merged: nobody takes the output.
	{
		head -c 1 >first
		kill -"${signal%:*}" "$(cat number)"
		sleep 0.2
	} <drain &
	start -S 64K in >drain
	expect_signal "SIG${signal%:*} while merging" "${signal#*:}" $?
	wait
done
# SIGPIPE: whoever wanted the output has seen enough.
start -S 64K in 2>said | head -n 1 >first
head -n 1 want | cmp first - || complain "the first line of a pipe"
nothing_left "SIGPIPE"

# Memory: what is held beyond what a small sort needs is the budget.
kilobytes() {
	"$peak" 1000000 "$extsort" "$@" 2>&1 >got |
		sed -n 's/^ *peak resident size: \([0-9]*\) .*/\1/p'
}
cat in in in in in in in in >in.8
LC_ALL=C sort in.8 >want
printf 'b\na\n' >in
base=$(kilobytes -S 64K in)
most=$(kilobytes -S 2M in.8)
cmp want got || complain "8 times the same"
[ $((most - base)) -lt 2560 ] ||
	complain "memory: $base KiB for two lines, $most with 2 MiB"
long_line m 3000000 >in
most=$(kilobytes -S 64K in)
[ $((most - base)) -lt 512 ] ||
	complain "memory: $base KiB for two lines, $most for a long one"

cd "$TMPDIR" && rm -rf "$work"
exit $failed
