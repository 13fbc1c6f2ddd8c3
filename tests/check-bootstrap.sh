#!/bin/sh
# SPDX-License-Identifier: MIT
# check-bootstrap.sh - what ./bootstrap runs on machines that lack something.
#
# Each case is a PATH of its own: the few commands that any system has, those
# tools that the case says are there, and a package manager that writes down
# its command line and, as a real one would, makes the missing tools appear.
# shellcheck disable=SC2016 # the stand-ins expand their own variables
set -u
bootstrap=${top_srcdir:?make check sets it}/bootstrap
failed=0

# A copy, since a successful run writes into the tree it belongs to.
mkdir "$TMPDIR/tree"
cp "$bootstrap" "$TMPDIR/tree/bootstrap"

for tool in sh env sed tr id mkdir dirname cat chmod; do
	command -v $tool >/dev/null || { echo "no $tool here"; exit 99; }
done

# machine CLIENT TOOL...: a new PATH in $bin; the log of what ran in $log.
machine() {
	rm -rf "${TMPDIR:?}/bin" "$TMPDIR/log" "$TMPDIR/user"
	bin=$TMPDIR/bin
	log=$TMPDIR/log
	mkdir "$bin"
	: >"$log"
	for tool in sh env sed tr mkdir dirname cat chmod; do
		ln -s "$(command -v $tool)" "$bin/$tool"
	done
	stand_in id 'cat "$TMPDIR/user"'
	echo 0 >"$TMPDIR/user"
	for client in $1; do
		stand_in "$client" 'echo "${0##*/} $*" >>"$TMPDIR/log"
case "$*" in *install*check* | *-S*check* | *add*check*)
	for t in $MISSING; do
		printf "#!/bin/sh\nexit 0\n" >"$TMPDIR/bin/$t"
		chmod +x "$TMPDIR/bin/$t"
	done ;;
esac'
	done
	shift
	for tool; do
		stand_in "$tool" 'exit 0'
	done
}

stand_in() {
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

all="cc make autoreconf autoconf automake aclocal libtoolize pkg-config"
MISSING="autoconf automake aclocal libtoolize pkg-config"
export MISSING

run() {
	PATH=$bin "$TMPDIR/tree/bootstrap" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" \
		</dev/null
	status=$?
}

problem() {
	echo "case $case_name: $*"
	sed 's/^/  out: /' "$TMPDIR/out"
	sed 's/^/  err: /' "$TMPDIR/err"
	sed 's/^/  ran: /' "$log"
	failed=1
}

ends_with() {
	[ "$status" = "$1" ] || problem "status $status instead of $1"
}

ran() {
	printf '%s\n' "$@" >"$TMPDIR/expected"
	[ "$#" -gt 0 ] || : >"$TMPDIR/expected"
	cmp -s "$log" "$TMPDIR/expected" || problem "should have run: $*"
}

says() {
	grep -qF -e "$1" "$TMPDIR/err" || problem "does not say: $1"
}

# autoreconf is there as a recorder: it shows that the end was reached.
reconf() {
	stand_in autoreconf 'echo "autoreconf $*" >>"$TMPDIR/log"'
}

case_name="nothing missing"
# shellcheck disable=SC2086 # a list of words
machine apt-get $all
reconf
run
ends_with 0
ran "autoreconf --install --force"

case_name="nothing missing, --install"
run --install
ends_with 0
ran "autoreconf --install --force" "autoreconf --install --force"

case_name="bare Debian, no flag"
machine apt-get cc make
run
ends_with 1
ran
says "missing: autoconf automake libtool pkg-config check"
says "./bootstrap --install"
says "apt-get install -y --no-install-recommends autoconf automake libtool pkg-config check"

# bare CLIENT LINE...: with --install, on a machine with cc and make only.
bare() {
	case_name="bare machine with $1, --install"
	machine "$1" cc make
	shift
	reconf
	run --install
	ends_with 0
	ran "$@" "autoreconf --install --force"
}
bare apt-get "apt-get update" "apt-get install -y --no-install-recommends autoconf automake libtool pkg-config check"
bare dnf "dnf install -y autoconf automake libtool pkgconf-pkg-config check-devel"
bare pacman "pacman -Sy --needed --noconfirm autoconf automake libtool pkgconf check"
bare apk "apk add autoconf automake libtool pkgconf check-dev"
bare brew "brew install autoconf automake libtool pkgconf check"

case_name="no compiler either"
MISSING="$MISSING cc make" machine apk
reconf
MISSING="$MISSING cc make" run --install
ends_with 0
ran "apk add gcc make musl-dev linux-headers autoconf automake libtool pkgconf check-dev" \
	"autoreconf --install --force"

case_name="only Check missing"
# shellcheck disable=SC2086 # a list of words
machine apt-get $all
stand_in pkg-config 'exit 1'
reconf
run
ends_with 1
ran
says "missing: check"

case_name="not root, with sudo"
machine dnf cc make
stand_in sudo 'echo "sudo $*" >>"$TMPDIR/log"; exec "$@"'
reconf
echo 1000 >"$TMPDIR/user"
run --install
ends_with 0
ran "sudo dnf install -y autoconf automake libtool pkgconf-pkg-config check-devel" \
	"dnf install -y autoconf automake libtool pkgconf-pkg-config check-devel" \
	"autoreconf --install --force"

case_name="not root, Homebrew needs none"
machine brew cc make
reconf
echo 1000 >"$TMPDIR/user"
run --install
ends_with 0
ran "brew install autoconf automake libtool pkgconf check" \
	"autoreconf --install --force"

case_name="not root, no sudo"
machine apt-get cc make
echo 1000 >"$TMPDIR/user"
run --install
ends_with 1
ran
says "neither root, nor sudo, nor doas"
says "(as root) apt-get update"

case_name="no package manager known"
machine "" cc make
run --install
ends_with 1
says "missing: autoconf automake libtool pkg-config check"
says "package manager"

case_name="the package manager fails"
machine "" cc make
stand_in apt-get 'echo "apt-get $*" >>"$TMPDIR/log"; exit 100'
reconf
run --install
ends_with 100
ran "apt-get update"

case_name="the package manager lies"
machine "" cc make
stand_in apt-get 'exit 0'
run --install
ends_with 1
says "still missing after that: autoconf automake libtool pkg-config check"

case_name="--ci"
# shellcheck disable=SC2086 # a list of words
machine apt-get $all
reconf
run --install --ci
ends_with 0
for package in clang-14 clang-19 musl-tools valgrind libsqlite3-dev; do
	grep -q "apt-get install.* $package" "$log" || problem "no $package"
done

case_name="--ci elsewhere"
# shellcheck disable=SC2086 # a list of words
machine dnf $all
run --install --ci
ends_with 1
says "Debian only"

case_name="wrong use"
run --ci
ends_with 2
run --frobnicate
ends_with 2
says "usage:"

rm -rf "${TMPDIR:?}"/*
exit $failed
