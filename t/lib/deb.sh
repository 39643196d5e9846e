#!/bin/sh
# deb.sh - make the Debian package.
#
#	t/lib/deb.sh VERSION DIR
#
# The source package, the package and what describes them come to be in DIR, of
# a copy of this tree in DIR/deb.  lintian must have nothing to say.
set -eu
# Those of the make that runs this are not for the package's.
unset MAKEFLAGS MAKELEVEL MFLAGS

version=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
tarball=$dir/livealter_$version.orig.tar.gz

run() {
	echo "deb: $1"
	shift
	"$@" >"$dir/deb.log" 2>&1 || {
		cat "$dir/deb.log" >&2
		echo "deb: that failed" >&2
		exit 1
	}
}

rm -rf "$dir/deb" "$dir"/livealter_* "$dir"/livealter-dbgsym_*
run "the source" make dist TARBALL="$tarball"
mkdir "$dir/deb"
tar -xzf "$tarball" -C "$dir/deb" --strip-components=1
cd "$dir/deb"
cp -r examples/debian debian
run "dpkg-buildpackage" dpkg-buildpackage -us -uc
run "lintian" lintian --fail-on error,warning --allow-root \
    "$dir"/livealter_*.changes
cat "$dir/deb.log"
ls "$dir"/livealter_*.deb "$dir"/livealter_*.changes
