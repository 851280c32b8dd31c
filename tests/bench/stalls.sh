#!/bin/sh
# The longest time that a probe waited for its answer while the table grew from
# nothing to 1 000 000, peers entering as fast as they are let in; and the same at
# the echo loop, under as many packets, which tells what of it is the machine's.
# Not a test: the figures are for people. Of the environment:
#   BENCH_MANY         how many enter (1000000)
#   BENCH_GROWTHS      how often it is done (2): what is the supernode's own is seen each time
#   BENCH_SUPERD       another ipmsg-superd, to compare
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

many=${BENCH_MANY:-1000000}
limits=$(no_limits)
growth=0
while [ "$growth" -lt "${BENCH_GROWTHS:-2}" ]; do
	start_superd "$many" "$limits" && start_echo || exit 1
	"$bench/stalls" -p "$many" "$superd_port" "$superd_pid" || exit 1
	"$bench/stalls" -e -p "$many" "$echo_port" "$echo_pid" || exit 1
	finish
	growth=$((growth + 1))
done
