#!/bin/sh
# Resident bytes of a registration, the empty daemon deducted: user, host and
# nick of 12 bytes, a group of 8. Not a test: the figures are for people. Of the
# environment:
#   BENCH_MANY         how many enter unsigned (1000000)
#   BENCH_KEYED        how many enter with a key (300000; 1000000 take two minutes, for each
#                      is signed and verified)
#   BENCH_SUPERD       another ipmsg-superd, to compare
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

limits=$(no_limits)
many=${BENCH_MANY:-1000000}
start_superd "$many" "$limits" || exit 1
"$bench/fill" "$many" "$superd_port" "$superd_pid" || exit 1
finish
keyed=${BENCH_KEYED:-300000}
# its own key is kept there, and without one nobody signs
state_directory=$scratch/state
mkdir -m 700 "$state_directory" || exit 1
start_superd "$keyed" "$limits" || exit 1
"$bench/fill" -k "$keyed" "$superd_port" "$superd_pid"
