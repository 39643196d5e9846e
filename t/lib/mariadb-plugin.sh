#!/bin/sh
# mariadb-plugin.sh - find, or unpack, a plugin of the installed MariaDB.
#
#	t/lib/mariadb-plugin.sh NAME	prints the directory with NAME.so
#
# The plugins are in a package whose installation would start a server.  It is
# therefore unpacked in build/, in the version of the server that is there.
set -eu

name=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$root/build/mariadb-plugin

for d in ${LIVEALTER_PLUGIN_DIR-} /usr/lib/mysql/plugin \
    /usr/lib64/mysql/plugin /usr/lib/mariadb/plugin "$dir"; do
	if [ -e "$d/$name.so" ]; then
		echo "$d"
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
# shellcheck disable=SC2016 # the format is dpkg-query's
version=$(dpkg-query -W -f='${Version}' mariadb-server-core)
echo "mariadb-plugin.sh: unpacking the plugins of $version" >&2
(
	cd "$new/deb"
	# As root, apt-get would give the file to a user who may not write here.
	get() {
		apt-get -q -o APT::Sandbox::User=root download \
		    "mariadb-server=$version" >&2
	}
	get || { $sudo apt-get update -qq >&2 && get; }
)
dpkg-deb -x "$new"/deb/*.deb "$new/root"
mv -f "$new"/root/usr/lib/mysql/plugin/*.so "$dir"
[ -e "$dir/$name.so" ]
echo "$dir"
