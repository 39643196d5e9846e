#!/bin/sh
# deps.sh - install the Debian packages that are missing, and nothing else.
#
#	t/lib/deps.sh WHY PACKAGE...
#
# Says what it installs.  Never removes a package that is in the way: then
# apt-get refuses, and so does this.
set -eu

why=$1
shift

if ! command -v apt-get >/dev/null 2>&1; then
	echo "deps: no apt-get here; $why needs what Debian calls: $*" >&2
	exit 0
fi

missing=
for package in "$@"; do
	# shellcheck disable=SC2016 # the format is dpkg-query's
	state=$(dpkg-query -W -f='${db:Status-Status}' "$package" \
	    2>/dev/null) || true
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "deps: $why needs these packages; installing them with apt-get:"
echo "deps:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
{ $sudo apt-get update -q &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends --no-remove $missing; } >"$log" 2>&1 || {
	cat "$log" >&2
	echo "deps: that failed; nothing else was done" >&2
	exit 1
}
echo "deps: done"
