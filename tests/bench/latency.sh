#!/bin/sh
# The time from ask to order at half the load that the supernode can bear, with
# 1 000 000 registered and with 1000: its 99th percentile, and their ratio. Not
# a test: the figures are for people. Of the environment:
#   BENCH_FEW, BENCH_MANY   how many are registered (1000, 1000000)
#   BENCH_RUNS              of each (7)
#   BENCH_RUN_MS            how long each takes (1000)
#   BENCH_SUPERD            another ipmsg-superd, to compare
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

few=${BENCH_FEW:-1000}
many=${BENCH_MANY:-1000000}
limits=$(no_limits)
start_superd "$few" "$limits" || exit 1
first="$few $superd_port $superd_pid"
start_superd "$many" "$limits" || exit 1
# shellcheck disable=SC2086 # three arguments
"$bench/latency" -r "${BENCH_RUNS:-7}" -t "${BENCH_RUN_MS:-1000}" \
	$first "$many" "$superd_port" "$superd_pid"
