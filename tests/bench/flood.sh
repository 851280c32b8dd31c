#!/bin/sh
# A flood from a million spoofed sources, that is, addresses of 127/8 that never
# prove themselves: what the supernode can discard of it, whether 1000 proven
# peers are still answered at 80 % of that and at full speed, and the memory it
# takes, which no more than max-registrations, max-unproven and the fixed tables
# of the limits may. All limits are as delivered. Not a test: the figures are
# for people. Of the environment:
#   BENCH_FLOOD_SECONDS   that refreshes are sent in each part (4)
#   BENCH_SOURCES         how many (1000000)
#   BENCH_SUPERD          another ipmsg-superd, to compare
# shellcheck source=tests/bench/servers.sh
. "$(dirname "$0")/servers.sh"

start_superd 100000 '' || exit 1
"$bench/flood" -t "${BENCH_FLOOD_SECONDS:-4}" -s "${BENCH_SOURCES:-1000000}" \
	"$superd_port" "$superd_pid"
