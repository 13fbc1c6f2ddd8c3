#!/bin/sh
# SPDX-License-Identifier: MIT
# check-layers.sh - includes only go downwards, and what must not know of a
# thing does not include it.
#
# The rules are a function of a tree, so that the second half can show that
# each of them catches a file that breaks it.
set -u

# Prints "FILE INCLUDED" for every #include in the C files of tree $1, <with/x>
# and "x" alike without their marks, a system's header with its angles.
includes() {
	(cd "$1" && find include lib examples tools \
		\( -name '*.c' -o -name '*.h' \) -exec awk '
		/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
			sub(/^[^<"]*/, "")
			sub(/>.*/, ">")
			if (/^<with[.\/]/ || /^"/) {
				sub(/^./, "")
				sub(/[>"].*/, "")
			}
			print FILENAME, $0
		}' {} + 2>/dev/null)
}

# Prints a line for each include of tree $1 that a rule forbids.
violations() {
	(cd "$1" && find lib examples tools -name '*.[ch]' 2>/dev/null) \
		>"$TMPDIR/files"
	includes "$1" | awk -v files="$TMPDIR/files" '
	function bad(why) {
		print file " includes " what ": " why
	}
	function base_name(path) {
		sub(/^.*\//, "", path)
		sub(/\.[ch]$/, "", path)
		return path
	}
	# The floor that a lib/ file or an include "floor/x.h" stands on; 0: none.
	function rank(path) {
		sub(/^lib\//, "", path)
		if (path !~ /\//)
			return 0
		sub(/\/.*/, "", path)
		return floor[path]
	}
	function forbid(pattern, forbidden, why) {
		if (file ~ ("^(" pattern ")$") && what ~ ("^(" forbidden ")$"))
			bad(why)
	}
	BEGIN {
		count = split("base life stream temp scope", list, " ")
		for (i = 1; i <= count; i++)
			floor[list[i]] = i
		while ((getline path < files) > 0) {
			exists[path] = 1
			if (path ~ /^lib\/.*\/.*\.c$/)
				implemented[base_name(path)] = rank(path)
		}
	}
	{ file = $1; what = $2 }

	file ~ /^lib\/[^\/]*\// && !rank(file) {
		bad("no floor of that name")
	}
	# Floors.
	file ~ /^lib\// && rank(what) > rank(file) {
		bad("a floor above its own")
	}
	file ~ /^lib\// && what ~ /^with\// {
		name = base_name(what)
		if (what !~ /^with\/(guard|near|statement|options|version)\.h$/ &&
		    implemented[name] > rank(file))
			bad("the public header of a floor above its own")
	}
	file ~ /^lib\// && what == "with.h" {
		bad("the header of everything; name the one that is meant")
	}
	# Public headers.
	file ~ /^include\// && what !~ /^(<.*>|with\/.*\.h)$/ {
		bad("a public header includes public headers only")
	}
	file ~ /^include\/with\/(guard|near|statement|options|version)\.h$/ &&
	what ~ /^with/ && what !~ /^with\/(guard|near|statement|options|version)\.h$/ {
		bad("the lowest headers know no noun")
	}
	file ~ /^include\/with\// && what == "with.h" {
		bad("a subject cannot include all of them")
	}
	# Users.
	file ~ /^(examples|tools)\// && what !~ /^(<.*>|with\.h|with\/.*)$/ {
		folder = file
		sub(/\/[^\/]*$/, "/", folder)
		if (!((folder what) in exists))
			bad("users see public headers only")
	}
	# Who must not know of what.
	{
		forbid("lib/base/names\\.[ch]",
			"base/(where|rmtree)\\.h|<dirent\\.h>",
			"names know neither directories nor files")
		forbid("lib/base/rmtree[a-z_]*\\.[ch]",
			"base/(names|where)\\.h",
			"removal knows nothing of temporary names")
		forbid("lib/stream/.*",
			"life/(registry|exit|signals|unwind)\\.h|" \
			"base/(names|where|rmtree)\\.h",
			"a stream does not know that its bytes are temporary")
		forbid("lib/life/(exit|fork|signals|unwind)\\.[ch]",
			"base/(rmtree|names|where)\\.h",
			"it tells the registry, and knows nothing of what is in it")
		forbid("lib/temp/create\\.[ch]",
			"temp/(raw|anonymous|named|directory|spooled|path)\\.h",
			"creation is handed a maker and knows no noun")
		if (file ~ /^lib\/temp\/(anonymous|named|directory|spooled)\./ &&
		    what ~ /^temp\/(anonymous|named|directory|spooled)\.h$/ &&
		    base_name(file) != base_name(what))
			bad("nouns do not know each other")
	}'
	# No cycle: every header is above all that it includes.
	includes "$1" | awk '$1 ~ /\.h$/ && $2 !~ /^</ {
		sub(/^(include|lib)\//, "", $1)
		print
	}' | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([^-].*\.h\)$/a cycle: \1/p'
}

found=$(violations "${top_srcdir:?make check sets it}")
failed=0
if [ -n "$found" ]; then
	echo "$found"
	failed=1
fi

# breaks FILE INCLUDE: a tree in which FILE has that line must be refused.
tree=$TMPDIR/tree
breaks() {
	rm -rf "$tree"
	mkdir -p "$tree/lib/temp" "$tree/include/with" \
		"$tree/$(dirname "$1")"
	echo "#include \"temp/create.h\"" >"$tree/lib/temp/named.c"
	echo "#include \"base/syscalls.h\"" >"$tree/lib/temp/create.h"
	echo "#include \"temp/create.h\"" >"$tree/lib/temp/other.h"
	echo "#include <with/guard.h>" >"$tree/include/with/named.h"
	if [ -n "$(violations "$tree")" ]; then
		echo "refused without reason:"
		violations "$tree"
		failed=1
	fi
	printf '#include %s\n' "$2" >>"$tree/$1"
	if [ -z "$(violations "$tree")" ]; then
		echo "not refused: $1 with #include $2"
		failed=1
	fi
}
breaks lib/base/where.c '"temp/create.h"'
breaks lib/life/registry.h '"stream/codec.h"'
breaks lib/life/exit.c '"base/rmtree.h"'
breaks lib/odd/thing.c '"odd/thing.h"'
breaks lib/base/rmtree.c '<with/named.h>'
breaks lib/base/rmtree.c '"base/names.h"'
breaks lib/base/names.c '<dirent.h>'
breaks lib/temp/named.c '<with.h>'
breaks lib/temp/named.c '"temp/directory.h"'
breaks lib/temp/create.c '"temp/named.h"'
breaks lib/stream/codec.c '"life/registry.h"'
breaks include/with/guard.h '<with/named.h>'
breaks include/with/named.h '"base/names.h"'
breaks include/with/named.h '<with.h>'
breaks examples/named.c '"base/names.h"'
breaks tools/sweep.c '"config.h"'
breaks lib/temp/create.h '"temp/other.h"'

rm -rf "$tree" "$TMPDIR/files"
exit $failed
