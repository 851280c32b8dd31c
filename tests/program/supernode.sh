# shellcheck shell=sh disable=SC2034,SC2119,SC2120,SC2154
# An ipmsg-superd that a test starts and ends as it needs it, with a state directory of its own;
# sourced by tests, which set first_port: two that run at once want ports of their own.
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

superd=$top_builddir/src/superd/ipmsg-superd
ctl=$top_builddir/src/ipmsgctl/ipmsgctl
conf=$scratch/ipmsg.conf
sock=$scratch/control
log=$scratch/log
state=$scratch/state
keeps="state-directory = \"$state\""

# write_conf PORT [LINE...]
write_conf() {
	{
		printf 'superd {\n\tlisten = { "127.0.0.1:%s" }\n\tcontrol-group = ""\n' "$1"
		shift
		printf '\t%s\n' "$@"
		echo '}'
	} >"$conf"
}

# Not the end of "already".
is_ready() {
	grep -q 'version .* ready' "$log"
}

ready_or_gone() {
	is_ready || gone "$1"
}

# launch_by [COMMAND...]: the daemon as $conf says, ready on return
launch_by() {
	: >"$log"
	"$@" "$superd" -n -f "$conf" -s "$sock" >"$log" 2>&1 &
	pid=$!
	started="$started $pid"
	wait_until 20 ready_or_gone "$pid"
	cat "$log"
	is_ready
}

launch() {
	launch_by
}

# a port that nobody listens at: the kernel is asked by trying
find_port() {
	port=$first_port
	while [ "$port" -lt "$((first_port + 100))" ]; do
		write_conf "$port" "$keeps"
		launch && return 0
		grep -q 'in use' "$log" || return 1
		port=$((port + 1))
	done
	return 1
}

ends() {
	kill "$pid" && wait "$pid"
}

dies() {
	kill -9 "$pid"
	wait "$pid"
	true
}

# logged TEXT...: each stands in the log
logged() {
	for text in "$@"; do
		grep -qF -e "$text" "$log" || {
			echo "not in the log: $text"
			cat "$log"
			return 1
		}
	done
}
