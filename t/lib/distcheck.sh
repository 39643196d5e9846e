#!/bin/sh
# distcheck.sh - is the source all that it takes?
#
#	t/lib/distcheck.sh NAME		NAME is livealter-VERSION
#
# Makes the tarball, unpacks it outside of this tree, builds it, runs the unit
# tests, installs, uninstalls and cleans.
set -eu
unset MAKEFLAGS MAKELEVEL MFLAGS

name=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() {
	echo "distcheck: $1"
	shift
	"$@" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		echo "distcheck: that failed" >&2
		exit 1
	}
}

# Everything below it but directories, one a line.
files() {
	(cd "$1" && find . ! -type d | LC_ALL=C sort)
}

# A test: these lists are the same.
same() {
	diff "$1" "$2"
}

step "make dist" make dist TARBALL="$dir/$name.tar.gz"
step "unpack it" tar -xzf "$dir/$name.tar.gz" -C "$dir"
cd "$dir/$name"
files . >"$dir/unpacked"
step "make dist makes the same of it" make dist TARBALL="$dir/again.tar.gz"
step "... byte for byte" cmp "$dir/$name.tar.gz" "$dir/again.tar.gz"
step "make" make -j"$(nproc)"
step "make unit" make -j"$(nproc)" unit

# Blanks in it, and nothing that is there already.
root="$dir/a root"
step "make install" make install PREFIX=/opt/x DESTDIR="$root"
"$root/opt/x/bin/livealter" --version >"$dir/is"
echo "livealter ${name#*-}" >"$dir/want"
step "it says its version" same "$dir/want" "$dir/is"
(cd "$root" && find . ! -type d ! -path './opt/x/*') >"$dir/outside"
step "nothing is outside of PREFIX" test ! -s "$dir/outside"
step "make uninstall" make uninstall PREFIX=/opt/x DESTDIR="$root"
files "$root" >"$dir/left"
step "nothing is left" test ! -s "$dir/left"
step "make clean" make clean
files . >"$dir/cleaned"
step "the tree is as it was" same "$dir/unpacked" "$dir/cleaned"
echo "distcheck: $name is complete"
