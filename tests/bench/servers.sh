# Sourced by the scripts of the bench: starts ipmsg-superd and the echo loop on
# loopback and ends them. Of the environment:
#   BENCH_SUPERD       another ipmsg-superd, to compare
# shellcheck shell=sh disable=SC2034
top_builddir=${top_builddir:-.}
superd=${BENCH_SUPERD:-$top_builddir/src/superd/ipmsg-superd}
bench=$top_builddir/tests/bench
receive_buffer=4194304
state_directory=
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

# write_conf PORT REGISTRATIONS LINES
write_conf() {
	cat >"$scratch/ipmsg.conf" <<-END
	superd {
		listen = { "0.0.0.0:$1" }
		control-group = ""
		state-directory = "$state_directory"
		receive-buffer = $receive_buffer
		max-registrations = $2
		max-introductions = 1000000
		$3
	}
	END
}

# The lines that switch off every limit for those who ask, enter or sign. One
# that this ipmsg-superd does not know is left out: it may be an older one.
no_limits() {
	for option in $limit_options; do
		write_conf 24300 1 "$option = 0"
		"$superd" --check-config -f "$scratch/ipmsg.conf" >/dev/null 2>&1 &&
			echo "		$option = 0"
	done
}
limit_options='answers-per-source answers-in-all asks-per-source orders-per-asker orders-per-target
	signatures-per-address signatures-per-source signature-cpu max-per-source max-pins
	new-names-per-source'

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
	grep -qs " ready\$" "$log" || ! kill -0 "$superd_pid" 2>/dev/null
}

# start_superd REGISTRATIONS LINES: on a port that nobody has, found by trying;
# sets superd_port and superd_pid
start_superd() {
	superd_port=${superd_port:-24299}
	while superd_port=$((superd_port + 1)) && [ "$superd_port" -lt 24500 ]; do
		write_conf "$superd_port" $(($1 + 100)) "$2"
		log=$scratch/log.$superd_port
		"$superd" -n -f "$scratch/ipmsg.conf" -s "$scratch/control.$superd_port" >"$log" 2>&1 &
		superd_pid=$!
		wait_until ready_or_gone
		if grep -q " ready\$" "$log"; then
			started="$started $superd_pid"
			return 0
		fi
		grep -q 'in use' "$log" || break
	done
	cat "$log" >&2
	return 1
}

# sets echo_port and echo_pid
start_echo() {
	rm -f "$scratch/echo"
	"$bench/echo" "$receive_buffer" >"$scratch/echo" &
	echo_pid=$!
	started="$started $echo_pid"
	wait_until test -s "$scratch/echo" || return 1
	echo_port=$(cat "$scratch/echo")
}

# Of one CPU nobody can be apart.
usual_places() {
	[ "$(nproc)" -eq 1 ] || echo apart
	echo together
}
