#!/bin/sh
# SPDX-License-Identifier: MIT
# installcheck.sh - programs outside the tree are built against the installed
# copy by pkg-config alone, and run: C and C++, shared and static.
#
# `make installcheck` runs it, with DESTDIR if that was given to make install.
set -u
destination=${DESTDIR:-}
library=$destination${libdir:?make installcheck sets it}
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/with-installed.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
cp "${top_srcdir:?make installcheck sets it}"/tests/installed.* "$work"
cd "$work" || exit 99

# Only the installed copy is asked, wherever DESTDIR has put it.
PKG_CONFIG_LIBDIR=$destination${pkgconfigdir:?make installcheck sets it}
PKG_CONFIG_SYSROOT_DIR=$destination
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
flags="-Wall -Wextra -Wpedantic -Werror ${WITH_CFLAGS:-}"

fail() {
	echo "installcheck: $*" >&2
	failed=1
}

# program HOW COMPILER SOURCE FLAG...: build it and run it.
program() {
	how=$1 compiler=$2 source=$3
	shift 3
	# shellcheck disable=SC2086 # flags are words
	if ! $compiler $flags -o program "$source" "$@"; then
		fail "$how: $source does not compile"
		return
	fi
	mkdir tmp
	TMPDIR=$work/tmp LD_LIBRARY_PATH=$library ./program ||
		fail "$how: $source fails"
	rmdir tmp || fail "$how: $source leaves a temporary"
	rm -f program
}

# with_flags HOW PKG-CONFIG-OPTION FLAG...: in both languages.
with_flags() {
	how=$1
	# shellcheck disable=SC2086 # may be empty
	libs=$(pkg-config --cflags --libs $2 libwith) || {
		fail "pkg-config knows no libwith"
		return
	}
	shift 2
	# shellcheck disable=SC2086 # flags are words
	program "$how" "${CC:-cc}" installed.c "$@" $libs
	# C++ only where there is a compiler of the same kind.
	case ${CC:-cc} in
	clang*) cxx=clang++${CC#clang} ;;
	musl-gcc*) return ;;
	*) cxx=g++ ;;
	esac
	if command -v "$cxx" >/dev/null; then
		# shellcheck disable=SC2086 # flags are words
		program "$how" "$cxx" installed.cc "$@" $libs
	elif [ -n "${CI:-}" ]; then
		fail "$cxx is missing"
	else
		echo "installcheck: not tried, since it is not here: $cxx"
	fi
}

none=yes
if [ -e "$library/libwith.so" ]; then
	none=no
	with_flags shared ""
fi
if [ -e "$library/libwith.a" ]; then
	case ${WITH_CFLAGS:-} in
	*-fsanitize*)
		# No sanitizer can be linked statically as a whole.
		none=no
		;;
	*)
		none=no
		with_flags static --static -static
		;;
	esac
fi
[ $none = no ] || fail "no library in $library"

# The version that pkg-config tells is the headers' one.
version=$(pkg-config --modversion libwith)
grep -q "^#define WITH_VERSION \"$version\"" \
	"$destination${includedir:?make installcheck sets it}/with/version.h" ||
	fail "libwith.pc says $version, the headers do not"
exit $failed
