#!/bin/sh
# Run livealter, and say in a word what came of it.
#
#	livealter.sh OPTIONS...		as for livealter
#
# Ends with livealter's own status.  Try again is for a scheduler that does.
set -u

livealter "$@"
status=$?
case $status in
0)
	echo "done" ;;
1 | 3 | 4 | 10 | 11 | 17)
	echo "refused: correct the command, the change or the grants" ;;
2)
	echo "refused: this server is too old" ;;
30 | 35 | 36)
	echo "stopped: rows would not be what they were; see the messages" ;;
31)
	echo "try later: another livealter is at work on this table" ;;
12 | 14 | 18 | 19 | 32 | 39)
	echo "try again: nothing was changed" ;;
38)
	echo "done, but something is left; run the statements above" ;;
*)
	echo "failed with status $status; see the messages" ;;
esac
exit $status
