#!/bin/sh
# Starts ipmsg-superd and the echo loop on loopback and lets the load have them.
# Not a test: the figures are for people. Of the environment:
#   BENCH_PEERS        how many peers, a list: one table for each (1000 100000)
#   BENCH_ROUNDS       alternations between the two servers (12)
#   BENCH_MS           of each of them in each round (400)
#   BENCH_IN_FLIGHT    entries under way (256)
#   BENCH_PLACES       "apart together": the load on another CPU than the servers, on the
#                      same; "free": as the kernel likes. A table for each
#   BENCH_SUPERD       another ipmsg-superd, to compare
#   BENCH_VERBOSE      if set, a line for each alternation too
top_builddir=${top_builddir:-.}
superd=${BENCH_SUPERD:-$top_builddir/src/superd/ipmsg-superd}
bench=$top_builddir/tests/bench
receive_buffer=4194304
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipmsg-bench.XXXXXX") || exit 1
started=

finish() {
	for pid in $started; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	started=
	rm -f "$scratch/log" "$scratch/echo"
}
trap 'finish; rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

write_conf() {
	cat >"$scratch/ipmsg.conf" <<-END
	superd {
		listen = { "0.0.0.0:$1" }
		control-group = ""
		state-directory = ""
		receive-buffer = $receive_buffer
		max-registrations = $2
	}
	END
}

# wait_until COMMAND…: polls, at most 5 s
wait_until() {
	tries=250
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

ready_or_gone() {
	grep -qs ready "$scratch/log" || ! kill -0 "$superd_pid" 2>/dev/null
}

# on a port that nobody has: found by trying
start_superd() {
	port=24300
	while [ "$port" -lt 24400 ]; do
		write_conf "$port" $(($1 + 100))
		"$superd" -n -f "$scratch/ipmsg.conf" -s "$scratch/control" >"$scratch/log" 2>&1 &
		superd_pid=$!
		wait_until ready_or_gone
		if grep -q ready "$scratch/log"; then
			started="$started $superd_pid"
			return 0
		fi
		grep -q 'in use' "$scratch/log" || break
		port=$((port + 1))
	done
	cat "$scratch/log" >&2
	return 1
}

start_echo() {
	"$bench/echo" "$receive_buffer" >"$scratch/echo" &
	echo_pid=$!
	started="$started $echo_pid"
	wait_until test -s "$scratch/echo"
}

# Of one CPU nobody can be apart.
usual_places() {
	[ "$(nproc)" -eq 1 ] || echo apart
	echo together
}

for peers in ${BENCH_PEERS:-1000 100000}; do
	for place in ${BENCH_PLACES:-$(usual_places)}; do
		start_superd "$peers" && start_echo || exit 1
		"$bench/load" -w "$place" -p "$peers" -f "${BENCH_IN_FLIGHT:-256}" \
			-r "${BENCH_ROUNDS:-12}" -t "${BENCH_MS:-400}" ${BENCH_VERBOSE:+-v} \
			"$port" "$superd_pid" "$(cat "$scratch/echo")" "$echo_pid" || exit 1
		finish
	done
done
