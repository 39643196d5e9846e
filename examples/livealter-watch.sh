#!/bin/bash
# Run livealter for a program: show how far it is, and run it again later when
# what stopped it may be gone by then.  Needs jq.
#
#	livealter-watch.sh OPTIONS...		as for livealter
#
# WAIT=60 is the pause between two of TRIES=5 runs, in seconds.  Ends with the
# status of the last run; its result is the last line on standard output.
set -u

show='
    if .type == "step" then "... " + .title
    elif .type == "progress" then "... \(.rows) rows, \(.percent) %"
    elif .type == "wait" and .phase == "begin" then "... waits for " + .what
    elif .type == "warning" then "warning: " + .text
    else empty end'

for try in $(seq "${TRIES:-5}"); do
	lines=$(livealter --output=json "$@" | tee \
	    >(jq -r --unbuffered "$show" >&2))
	result=$(tail -n 1 <<<"$lines")
	status=$(jq .exit <<<"$result")
	if [ "$(jq '.error.retryable // false' <<<"$result")" = false ]; then
		break
	fi
	jq -r '"try '"$try"': " + .error.message' <<<"$result" >&2
	[ "$try" = "${TRIES:-5}" ] || sleep "${WAIT:-60}"
done
printf '%s\n' "$result"
exit "${status:-1}"
