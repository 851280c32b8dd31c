#!/bin/sh
# Refreshes that the supernode answers in a second of its CPU, and datagrams of
# the echo loop. Not a test: the figures are for people. Of the environment:
#   BENCH_PEERS        how many peers, a list: one table for each (1000 1000000)
#   BENCH_ROUNDS       alternations between the two servers (12)
#   BENCH_MS           of each of them in each round (400)
#   BENCH_IN_FLIGHT    entries under way (256)
#   BENCH_PLACES       "apart together": the load on another CPU than the servers, on the
#                      same; "free": as the kernel likes. A table for each
#   BENCH_SUPERD       another ipmsg-superd, to compare
#   BENCH_VERBOSE      if set, a line for each alternation too
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

goal() {
	[ "$1" -lt 1000000 ] && echo 'at least 0.90' || echo 'at least 0.75'
}

for peers in ${BENCH_PEERS:-1000 1000000}; do
	for place in ${BENCH_PLACES:-$(usual_places)}; do
		start_superd "$peers" "$(no_limits)" && start_echo || exit 1
		"$bench/load" -w "$place" -p "$peers" -f "${BENCH_IN_FLIGHT:-256}" \
			-r "${BENCH_ROUNDS:-12}" -t "${BENCH_MS:-400}" -g "$(goal "$peers")" \
			${BENCH_VERBOSE:+-v} \
			"$superd_port" "$superd_pid" "$echo_port" "$echo_pid" || exit 1
		finish
	done
done
