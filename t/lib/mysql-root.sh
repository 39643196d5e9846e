#!/bin/sh
# mysql-root.sh - unpack MySQL for the tests, next to the system.
#
#	t/lib/mysql-root.sh [DIR]		make DIR (default: build/mysql)
#	t/lib/mysql-root.sh --unmount [DIR]	take the tests' mounts away
#	t/lib/mysql-root.sh --remove [DIR]	take it away, mounts first
#
# Debian's stable releases have no MySQL server, sid has; it runs by chroot in
# a small root file system of its own and touches nothing outside.
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
dir=${1:-${LIVEALTER_MYSQL_ROOT:-$root/build/mysql}}

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

if [ -x "$dir/usr/sbin/mysqld" ]; then
	exit 0
fi

if ! command -v mmdebstrap >/dev/null 2>&1; then
	echo "mysql-root.sh: installing mmdebstrap" >&2
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
echo "mysql-root.sh: unpacking MySQL into $dir" >&2
$sudo mmdebstrap --quiet --variant=minbase \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=mysql-server-core sid "$new"
# The tests make the servers' directories here, and not always as root.
$sudo chmod 1777 "$new/srv"
$sudo chroot "$new" /usr/sbin/mysqld --no-defaults --version
if [ -x "$dir/usr/sbin/mysqld" ]; then
	# Somebody else was faster.
	exit 0
fi
$sudo mv -T "$new" "$dir"
trap - EXIT
