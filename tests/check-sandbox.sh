#!/bin/sh
# SPDX-License-Identifier: MIT
# check-sandbox.sh - the runner of the tests fails what it should fail.
# shellcheck disable=SC2016 # what the inner shell expands is quoted on purpose
set -u
sandbox=${top_srcdir:?make check sets it}/tests/run-in-sandbox
failed=0
here=$TMPDIR/sandbox
mkdir "$here" || exit 99
TESTING_BASE=$here
export TESTING_BASE
unset TESTING_UID TESTING_WRAPPER CI

# expect STATUS COMMAND...: run in a sandbox inside this one, which must end
# with that status, its directory gone whatever the command did.
expect() {
	wanted=$1
	shift
	"$sandbox" "$@" >"$TMPDIR/output" 2>&1
	got=$?
	if [ $got != "$wanted" ]; then
		echo "status $got instead of $wanted: $*"
		cat "$TMPDIR/output"
		failed=1
	fi
	if [ -n "$(ls -A "$here")" ]; then
		echo "the private directory stayed: $*"
		chmod -R u+rwx "$here"
		rm -rf "${here:?}"/*
		failed=1
	fi
}

expect 0 true
expect 1 false
expect 77 sh -c 'exit 77'
CI=true expect 1 sh -c 'exit 77'
expect 0 sh -c 'test -z "$(ls -A "$TMPDIR")"'
expect 1 sh -c ': >"$TMPDIR/.left"'
expect 3 sh -c ': >"$TMPDIR/left"; exit 3'
expect 1 sh -c 'rmdir "$TMPDIR"'
expect 1 sh -c 'mkdir -p "$TMPDIR/a/b"; chmod 0 "$TMPDIR/a/b" "$TMPDIR/a" "$TMPDIR"'
TESTING_TIMEOUT=1 expect 1 sleep 20
if ! grep -q 'killed after 1 seconds' "$TMPDIR/output"; then
	echo "a killed test does not say so"
	failed=1
fi

# A tree deeper than PATH_MAX, whose last directory nobody may enter.
expect 1 sh -c 'cd "$TMPDIR" && name=$(printf %0200d 0)
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do
		mkdir $name && cd -P $name || exit 9
	done
	mkdir a a/b && chmod 0 a'

# A Check program that ends early in the middle of a test has not passed.
cat >"$TMPDIR/early" <<'END'
#!/bin/sh
echo "Running suite(s): early"
END
cat >"$TMPDIR/full" <<'END'
#!/bin/sh
echo "CK_FORK=$CK_FORK"
echo "100%: Checks: 1, Failures: 0, Errors: 0"
END
chmod +x "$TMPDIR/early" "$TMPDIR/full"
expect 1 "$TMPDIR/early.nofork.t"
expect 0 "$TMPDIR/full.nofork.t"
grep -q CK_FORK=no "$TMPDIR/output" || { echo "not without fork"; failed=1; }
expect 0 "$TMPDIR/full.fork.t"
grep -q CK_FORK=yes "$TMPDIR/output" || { echo "not with fork"; failed=1; }

# Not here: root may have built where nobody else can go.
if [ "$(id -u)" = 0 ]; then
	TESTING_BASE=$(mktemp -d /tmp/with.XXXXXX) || exit 99
	chmod 755 "$TESTING_BASE"
	TESTING_UID=65534 expect 0 sh -c \
		'test "$(id -u)" = 65534 && : >"$TMPDIR/x" && rm "$TMPDIR/x"'
	rmdir "$TESTING_BASE" || failed=1
fi

rm -rf "$here" "$TMPDIR/early" "$TMPDIR/full" "$TMPDIR/output"
exit $failed
