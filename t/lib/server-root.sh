#!/bin/sh
# server-root.sh - unpack a server for the tests, next to the system.
#
#	t/lib/server-root.sh KIND [DIR]			make DIR
#	t/lib/server-root.sh --unmount KIND [DIR]	take its mounts away
#	t/lib/server-root.sh --remove KIND [DIR]	take it away
#
# KIND is mysql (Debian's sid has it, no stable release does) or mariadb-11.8
# (trixie's); DIR is build/KIND unless said.  It runs by chroot in a small root
# file system of its own and touches nothing outside.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
remove=
unmount=
case ${1-} in
--remove)
	remove=yes
	shift
	;;
--unmount)
	unmount=yes
	shift
	;;
esac
kind=${1-}
case $kind in
mysql)
	suite=sid package=mysql-server-core program=mysqld plugins=
	dir=${2:-${LIVEALTER_MYSQL_ROOT:-$root/build/$kind}}
	;;
mariadb-11.8)
	suite=trixie program=mariadbd
	package=mariadb-server-core,mariadb-client-core
	# The package would start a server: only its plugins are unpacked.
	plugins=mariadb-server
	dir=${2:-${LIVEALTER_MARIADB_ROOT:-$root/build/$kind}}
	;;
*)
	echo "server-root.sh: which server, mysql or mariadb-11.8?" >&2
	exit 1
	;;
esac

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

# mount(1) and friends are not needed to know what is mounted.
proc_mounted() {
	[ -d "$1/proc/self" ]
}

unmount() {
	if proc_mounted "$1"; then
		$sudo umount "$1/proc"
	fi
}

take_away() {
	# Deleting must not reach into a live /proc.
	unmount "$1"
	$sudo rm -rf --one-file-system "$1"
}

if [ -n "$unmount" ]; then
	unmount "$dir"
	exit 0
fi
if [ -n "$remove" ]; then
	if [ -e "$dir" ]; then
		take_away "$(cd "$dir" && pwd)"
	fi
	exit 0
fi

if [ -x "$dir/usr/sbin/$program" ]; then
	exit 0
fi

if ! command -v mmdebstrap >/dev/null 2>&1; then
	echo "server-root.sh: installing mmdebstrap" >&2
	$sudo apt-get install -y -qq --no-install-recommends mmdebstrap ||
	    { $sudo apt-get update -qq &&
	    $sudo apt-get install -y -qq --no-install-recommends mmdebstrap; }
fi

mkdir -p "$(dirname "$dir")"
# Made under another name, so that half of it is never taken for all of it.
new=$dir.new.$$
trap 'take_away "$new"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
echo "server-root.sh: unpacking $kind into $dir" >&2
# shellcheck disable=SC2016 # $1 is for mmdebstrap's shell
download='chroot "$1" apt-get -q -o APT::Sandbox::User=root download'
$sudo mmdebstrap --quiet --variant=minbase \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    ${plugins:+"--customize-hook=$download $plugins"} \
    --include="$package" "$suite" "$new"
if [ -n "$plugins" ]; then
	$sudo sh -c "dpkg-deb -x '$new/$plugins'_*.deb '$new/unpacked'"
	$sudo mkdir -p "$new/usr/lib/mysql/plugin"
	$sudo sh -c "mv '$new'/unpacked/usr/lib/mysql/plugin/*.so \
	    '$new/usr/lib/mysql/plugin'"
	$sudo sh -c "rm -rf '$new/unpacked' '$new/$plugins'_*.deb"
fi
# The tests make the servers' directories here, and not always as root.
$sudo chmod 1777 "$new/srv"
$sudo chroot "$new" "/usr/sbin/$program" --no-defaults --version
if [ -x "$dir/usr/sbin/$program" ]; then
	# Somebody else was faster.
	exit 0
fi
$sudo mv -T "$new" "$dir"
trap - EXIT
