#!/bin/sh
# galera.sh - find, or unpack, Galera's provider.
#
#	t/lib/galera.sh		prints the path of libgalera_smm.so
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$root/build/galera
file=usr/lib/galera/libgalera_smm.so

for f in "/$file" /usr/lib64/galera/libgalera_smm.so "$dir/$file"; do
	if [ -e "$f" ]; then
		echo "$f"
		exit 0
	fi
done

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
new=$dir.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$new/deb" "$dir"
echo "galera.sh: unpacking Galera" >&2
(
	cd "$new/deb"
	get() {
		apt-get -q -o APT::Sandbox::User=root download galera-4 >&2
	}
	get || { $sudo apt-get update -qq >&2 && get; }
)
dpkg-deb -x "$new"/deb/*.deb "$dir"
[ -e "$dir/$file" ]
echo "$dir/$file"
