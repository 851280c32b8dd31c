#!/bin/sh
# Packets of introductions (ask, answer, order, acknowledgement) for a second of
# the supernode's CPU, and those of the echo loop (datagram, echo). Not a test:
# the figures are for people. Of the environment, as in super.sh:
#   BENCH_ASK_PEERS    how many peers ask each other (100000): with few, one of them would
#                      be ordered oftener within 10 s than any limit allows
#   BENCH_ROUNDS, BENCH_MS, BENCH_IN_FLIGHT, BENCH_PLACES, BENCH_SUPERD, BENCH_VERBOSE
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

peers=${BENCH_ASK_PEERS:-100000}
for place in ${BENCH_PLACES:-$(usual_places)}; do
	start_superd "$peers" "$(no_limits)" && start_echo || exit 1
	"$bench/load" -a -w "$place" -p "$peers" -f "${BENCH_IN_FLIGHT:-256}" \
		-r "${BENCH_ROUNDS:-12}" -t "${BENCH_MS:-400}" -g 'at least 0.50' \
		${BENCH_VERBOSE:+-v} \
		"$superd_port" "$superd_pid" "$echo_port" "$echo_pid" || exit 1
	finish
done
