#!/bin/sh
# SPDX-License-Identifier: MIT
# check-symbols.sh - lib/libwith.map, the public headers and the library that
# was built name the same functions, and nothing else is exported or defined;
# and removal calls nothing that a signal handler must not.
set -u
include=${top_srcdir:?make check sets it}/include
map=$top_srcdir/lib/libwith.map
libs=${top_builddir:?make check sets it}/lib/.libs
failed=0
LC_ALL=C
export LC_ALL

# compare TITLE FILE TITLE FILE: the two sorted lists are the same.
compare() {
	if ! cmp -s "$2" "$4"; then
		echo "only in $1:"
		comm -23 "$2" "$4" | sed 's/^/	/'
		echo "only in $3:"
		comm -13 "$2" "$4" | sed 's/^/	/'
		failed=1
	fi
}

# only_prefixed WHAT PATTERN FILE: all names of a list match.
only_prefixed() {
	if grep -vE "$2" "$3" >"$TMPDIR/odd"; then
		echo "$1 without a prefix of ours:"
		sed 's/^/	/' "$TMPDIR/odd"
		failed=1
	fi
}

(cd "$include" && find . -name '*.h') |
	sed 's|^\./\(.*\)|#include <\1>|' | sort >"$TMPDIR/all.c"
# -dD keeps the #defines, and the line marks say whose they are.
if ! ${CC:-cc} -D_GNU_SOURCE -I"$include" -E -dD "$TMPDIR/all.c" \
    >"$TMPDIR/all.i"; then
	echo "the headers cannot be preprocessed"
	exit 1
fi
sed -n "\|^# [0-9][0-9]* |{s|^# [0-9]* \"\([^\"]*\)\".*|@ \1|p;d;};p" \
    "$TMPDIR/all.i" | awk -v ours="$include/" '
	/^@ / { mine = index($2, ours) == 1; next }
	mine' >"$TMPDIR/ours"
sed -n 's/^#define \([A-Za-z_0-9]*\).*/\1/p' "$TMPDIR/ours" | sort -u \
	>"$TMPDIR/macros"

# Declarations at file scope, one a line as "KIND NAME". Bodies and attributes
# are cut out before a declaration is looked at.
grep -v '^#' "$TMPDIR/ours" | tr '\n\t' '  ' | awk '
	# text without every group that starts with word and parentheses
	function cut(text, word,	start, i, depth, c) {
		while (match(text, "(^|[^A-Za-z0-9_])" word "[ ]*\\(")) {
			start = RSTART
			depth = 0
			for (i = RSTART + RLENGTH - 1; i <= length(text); i++) {
				c = substr(text, i, 1)
				depth += (c == "(") - (c == ")")
				if (depth == 0)
					break
			}
			text = substr(text, 1, start - 1) " " \
				substr(text, i + 1)
		}
		return text
	}
	function last_name(text) {
		sub(/\[.*/, "", text)
		gsub(/[^A-Za-z0-9_]+/, " ", text)
		sub(/ +$/, "", text)
		sub(/^.* /, "", text)
		return text
	}
	function declaration(text,	head, kind) {
		# With another name it is of the C library.
		kind = text ~ /__asm__/ ? "foreign" : \
			text ~ /(^|[ ])(static|inline)[ ]/ ? "inline" : \
			"function"
		text = cut(text, "__attribute__")
		text = cut(text, "__asm__")
		text = cut(text, "__typeof__")
		text = cut(text, "_Static_assert")
		gsub(/__extension__|_Noreturn|extern "C"/, " ", text)
		gsub(/^ +| +$/, "", text)
		if (text == "" || text ~ /^_Pragma/)
			return
		if (text ~ /^typedef/) {
			if (text ~ /\(\*/) {	# a pointer to function
				sub(/^[^(]*\(\*/, "", text)
				sub(/\).*/, "", text)
			} else {
				sub(/\(.*/, "", text)
			}
			print "type", last_name(text)
		} else if (text ~ /\(/) {
			head = text
			sub(/\(.*/, "", head)
			print kind, last_name(head)
		} else if (text !~ /^(struct|union|enum)[ ]+[A-Za-z0-9_]+$/ &&
			   text !~ /^(struct|union|enum)$/) {
			sub(/=.*/, "", text)
			print (text ~ /(^|[ ])extern[ ]/ ? "variable" : \
				"object"), last_name(text)
		}
	}
	{
		text = ""
		depth = 0
		n = split($0, token, "")
		for (i = 1; i <= n; i++) {
			c = token[i]
			if (c == "{") {
				# A tag that is defined, and the names in an enum.
				if (depth == 0 && text ~ /(struct|union|enum)[ ]+[A-Za-z0-9_]+[ ]*$/)
					print "tag", last_name(text)
				in_enum = depth == 0 && text ~ /enum[^()]*$/
				if (depth++ == 0) {
					body = ""
					is_function = text ~ /\)[ ]*$/
				}
				continue
			}
			if (c == "}") {
				if (--depth == 0) {
					if (in_enum) {
						gsub(/=[^,]*/, "", body)
						m = split(body, member, ",")
						for (j = 1; j <= m; j++)
							if (last_name(member[j]) != "")
								print "member", last_name(member[j])
					}
					in_enum = 0
					if (is_function) {
						declaration(text)
						text = ""
					}
				}
				continue
			}
			if (depth > 0) {
				body = body c
				continue
			}
			if (c == ";") {
				declaration(text)
				text = ""
				continue
			}
			text = text c
		}
	}' | sort -u >"$TMPDIR/declared"

sed -n 's/^function //p; s/^variable //p' "$TMPDIR/declared" | sort \
	>"$TMPDIR/functions"
sed -n 's/^[a-z]* //p' "$TMPDIR/declared" | sort -u >"$TMPDIR/names"
sed '/^#/d; /local:/,/}/d; s/.*{//; s/.*global://' "$map" | tr ';' '\n' |
	tr -d ' \t}' | sed '/^$/d; /^LIBWITH_[0-9.]*$/d' | sort >"$TMPDIR/map"
for list in macros functions map; do
	[ -s "$TMPDIR/$list" ] || { echo "no $list found"; failed=1; }
done

compare "the public headers" "$TMPDIR/functions" lib/libwith.map "$TMPDIR/map"
only_prefixed "macros" '^(WITH_?|with_.*|WITH_.*|SCOPED|SCOPED_.*|tempfile_.*|TEMPFILE_.*)$' \
	"$TMPDIR/macros"
only_prefixed "names" '^(with_|WITH_|tempfile_|TEMPFILE_)' "$TMPDIR/names"

if [ -e "$libs/libwith.so" ]; then
	nm -D --defined-only "$libs/libwith.so" |
		sed -n 's/^[0-9a-f]* [A-Z] \([A-Za-z0-9_]*\)@.*/\1/p' |
		sort -u >"$TMPDIR/exported"
	compare libwith.so "$TMPDIR/exported" lib/libwith.map "$TMPDIR/map"
	if ! readelf -d "$libs/libwith.so" | grep -q NODELETE; then
		echo "libwith.so is not linked with -z nodelete"
		failed=1
	fi
fi
if [ -e "$libs/libwith.a" ]; then
	# The static library shows with__... too, but nothing of another name.
	nm -g --defined-only "$libs/libwith.a" 2>/dev/null |
		sed -n 's/^[0-9a-f]* [A-Z] \([^ ]*\)$/\1/p' |
		grep -vE '^(__odr_asan|DW\.ref|\.)' | sort -u >"$TMPDIR/static"
	only_prefixed "symbols of libwith.a" '^(with_|tempfile_)' "$TMPDIR/static"
	comm -13 "$TMPDIR/static" "$TMPDIR/map" >"$TMPDIR/lost"
	if [ -s "$TMPDIR/lost" ]; then
		echo "not in libwith.a:"
		cat "$TMPDIR/lost"
		failed=1
	fi
fi
if [ ! -e "$libs/libwith.so" ] && [ ! -e "$libs/libwith.a" ]; then
	echo "no library in $libs"
	failed=1
fi

# What removal calls directly, besides the table of system calls: of the C
# library only what may run inside a signal handler, so neither memory, nor
# locks, nor streams. Threads have a file of their own.
engine_calls() {
	awk '/\.o:$/ {
			engine = /[-\/](rmtree[a-z-]*|chmod|identity|oldstat)\.o:$/ &&
				!/-threads\./
		}
		engine && $1 == "U" { print $2 }' | sort -u |
		grep -vE '^(with__|mem(cpy|move|set|cmp)$|str(len|r?chr|n?cmp|str)$|_GLOBAL_OFFSET_TABLE_$|_*errno_location$|__assert_fail$|__stack_chk|__(mem|str)[a-z]*_chk$|__[atmu]b?san|__sanitizer|__gcov|__[a-z]*[ds]i[0-9]$|gnu_dev_makedev$|syscall$)'
}
find "$top_builddir/lib/base" -name '*.o' -exec nm -u {} + >"$TMPDIR/base"
if ! grep -q 'rmtree-read\.o:$' "$TMPDIR/base"; then
	echo "no removal in $top_builddir/lib/base"
	failed=1
fi
if engine_calls <"$TMPDIR/base"; then
	echo "is called by removal, which runs inside signal handlers"
	failed=1
fi
printf 'x-rmtree-read.o:\n  U memmove\n  U malloc\nx-exit.o:\n  U free\n' |
	engine_calls >"$TMPDIR/odd"
if [ "$(cat "$TMPDIR/odd")" != malloc ]; then
	echo "a call of malloc() is not noticed"
	failed=1
fi

rm -rf "${TMPDIR:?}"/*
exit $failed
