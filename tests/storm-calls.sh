#!/bin/sh
# SPDX-License-Identifier: MIT
# storm-calls.sh - a signal, and failures, at every real system call of a cycle
# of every noun, put there from outside by strace; part of make check-storm.
#
#   storm-calls.sh PROGRAM [NAME...]     PROGRAM is tests/cycle; default: all
#
# Each call fails once, with three errnos, and for good with one. Then: the
# caller hears of what failed, or of nothing, where there is another way; no
# descriptor and no byte of memory is lost, apart from the descriptor whose
# close() was not made; and nothing is left but what was reported.
set -u
program=$1
shift
base=${TMPDIR:?run-in-sandbox sets it}
out=$base/out
log=$base/log
TMPDIR=$base/t
# Bytes are counted exactly where none lies in a cache of a thread.
GLIBC_TUNABLES=glibc.malloc.tcache_count=0
export TMPDIR GLIBC_TUNABLES
mkdir "$TMPDIR" || exit 99
command -v strace >/dev/null || { echo "strace is missing"; exit 99; }
umask 077
: >"$base/new"
failed=0 signals=0 failures=0 told=0 left=0

complain() {
	echo "$name: $*"
	sed 's/^/	/' "$out"
	failed=1
}

# trace WHAT STRACE-OPTION...: runs the cycle; $status is how it ended. The
# shell is not to talk of who dies of a signal.
trace() {
	what=$1
	shift
	{ strace -qq -o "$log" "$@" "$program" "$what" "$name" >"$out"; } \
		2>"$base/err"
	status=$?
}

# calls: "NAME NUMBER" of each call between the two marks of a traced run; those
# that are newer than strace, which it does not meddle with, in $base/new.
calls() {
	awk -F'(' -v new="$base/new" '/^[a-z0-9_]+\(/ {
		number[$1]++
		if ($1 == "getpgid")
			inside = !inside
		else if (inside && $1 ~ /^syscall_0x/)
			print $1 >>new
		else if (inside)
			print $1, number[$1]
	}' "$log"
}

said() {
	sed -n "s/^$1 //p" "$out"
}

right_place() {
	wrong=$("$program" check "$name" "$out") ||
		complain "$1: ${wrong:-cannot be checked}"
}

# Not in the log: the number of calls before differed, which is no failure.
was_injected() {
	grep -q INJECTED "$log"
}

signal_at() {
	trace die -e "inject=$1:signal=TERM:when=$2"
	[ "$status" = 143 ] || complain "SIGTERM at $1 $2: status $status"
	right_place "SIGTERM at $1 $2"
	signals=$((signals + 1))
}

# fail_at CALL WHEN NUMBER ERRNO: NUMBER is what ERRNO is called in <errno.h>.
fail_at() {
	trace run -e "inject=$1:error=$4:when=$2"
	where="$4 of $1 $2"
	[ "$status" = 0 ] || complain "$where: status $status"
	was_injected || complain "$where: the call was not made"
	case $1:$(said error) in
	*:0) ;;
	*:"$3") told=$((told + 1)) ;;
	# malloc() has but one way to say it.
	mmap:12 | brk:12 | mremap:12) told=$((told + 1)) ;;
	*) complain "$where: errno $(said error)" ;;
	esac
	case $1:$(said descriptors) in
	*:0 | close:[1-9]) ;;
	*) complain "$where: $(said descriptors) descriptors more" ;;
	esac
	[ "$(said bytes)" = 0 ] || complain "$where: $(said bytes) bytes more"
	left=$((left + $(grep -c '^told' "$out")))
	right_place "$where"
	failures=$((failures + 1))
}

# No failures where the kernel knows none, and nobody looks.
can_fail() {
	case $1 in
	rt_sigprocmask | munmap | getpid | gettid) return 1 ;;
	esac
}

storm() {
	trace run -e trace=all
	[ "$status" = 0 ] || { complain "plain: status $status"; return; }
	[ "$(said error):$(said bytes):$(said descriptors)" = 0:0:0 ] ||
		complain "plain"
	right_place plain
	calls >"$base/calls"
	while read -r call number; do
		if can_fail "$call"; then
			fail_at "$call" "$number" 5 EIO
			fail_at "$call" "$number" 1 EPERM
			fail_at "$call" "$number" 122 EDQUOT
			fail_at "$call" "$number+" 5 EIO
		fi
	done <"$base/calls"
	[ "$raw" ] && return
	trace die -e trace=all
	calls >"$base/calls"
	right_place "plain, with signals"
	while read -r call number; do
		signal_at "$call" "$number"
	done <"$base/calls"
}

"$program" list >"$base/list"
while read -r name raw; do
	case " ${*:-$name} " in
	*" $name "*) storm </dev/null ;;
	esac
done <"$base/list"
echo "$signals signals, $failures failures ($told told to the caller," \
	"$left removals told to the hook)"
[ ! -s "$base/new" ] || echo "not meddled with, being newer than this strace:" \
	"$(sort "$base/new" | uniq -c)"
rm -rf "$out" "$log" "$base/new" "$base/err" "$base/calls" "$base/list"
rmdir "$TMPDIR" || failed=1
[ "$signals" -gt 0 ] && [ "$failures" -gt 0 ] && exit $failed
exit 1
