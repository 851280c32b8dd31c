#!/bin/sh
# What the two daemons cost when nothing happens: anonymous resident memory,
# and the CPU of a registered peer. Not a test: the figures are for people.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
seconds=${BENCH_IDLE_SECONDS:-60}
# shellcheck source=tests/net/lab.sh
. "$top_srcdir/tests/net/lab.sh"

anonymous() {
	sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# ns of CPU since the start, or nothing where the kernel does not tell
cpu() {
	cut -d' ' -f1 "/proc/$1/schedstat" 2>/dev/null
}

# report PROGRAM PID BEFORE AFTER
report() {
	awk -v program="$1" -v kb="$(anonymous "$2")" -v ns=$(($4 - $3)) -v s="$seconds" 'BEGIN {
		printf "%-14s %8d kB anonymous  %8.4f %% of a CPU over %d s\n",
			program, kb, ns / s / 1e7, s
	}'
}

lab_need_superd
lab_up port-restricted port-restricted >/dev/null
start_superd super E 'nick = "supernode"'
cat >"$LAB_DIR/bob.conf" <<-END
	peerd {
		user = "bob"
		group = "sales"
		supernodes = { "192.168.1.4" }
		control-group = ""
		state-directory = "$LAB_DIR/bob.state"
	}
END
start bob B "$top_builddir/src/peerd/ipmsg-peerd" -n -f "$LAB_DIR/bob.conf" -s "$LAB_DIR/bob.sock"
wait_for "$LAB_DIR/bob.err" 'registered with' 10 || exit 1

super=$(cat "$LAB_DIR/super.pid")
peer=$(cat "$LAB_DIR/bob.pid")
super_before=$(cpu "$super")
peer_before=$(cpu "$peer")
sleep "$seconds"
report ipmsg-superd "$super" "$super_before" "$(cpu "$super")"
report ipmsg-peerd "$peer" "$peer_before" "$(cpu "$peer")"
