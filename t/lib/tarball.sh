#!/bin/sh
# tarball.sh - the source as others get it.
#
#	t/lib/tarball.sh FILE NAME	in FILE, under NAME/
#
# What git knows and what is not ignored, as it is here; without git, all but
# what was built.  The same tree makes the same file, whoever makes it; so does
# the tree that is unpacked from it.
set -eu
export LC_ALL=C

file=$1
name=$2
list=$(mktemp)
trap 'rm -f "$list"' EXIT

if [ -e .git ] && git -c core.quotePath=off ls-files -co --exclude-standard \
    >"$list"; then
	when=$(git log -1 --format=%ct)
else
	find . \( -name .git -o -path './build*' -o -path ./debian \) -prune \
	    -o ! -type d ! -path "./${name%-*}" ! -name '*.o' \
	    ! -path './*.tar.gz' -print | sed 's,^\./,,' >"$list"
	when=$(stat -c %Y Makefile)
fi
when=${SOURCE_DATE_EPOCH:-$when}

# A file that was deleted here is still in git's list.
sort -u "$list" | while IFS= read -r f; do
	[ ! -e "$f" ] || printf '%s\n' "$f"
done | tar -cf - --format=ustar --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go=rX --mtime="@$when" --transform="s,^,$name/,S" \
    --no-recursion -T - | gzip -n -9 >"$file.new"
mv "$file.new" "$file"
echo "$file"
