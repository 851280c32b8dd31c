#!/bin/sh
# What an administrator sees of ipmsg-superd: events by ipmsgctl super watch,
# metrics over HTTP, and a log that strangers cannot fill.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

superd=$top_builddir/src/superd/ipmsg-superd
ctl=$top_builddir/src/ipmsgctl/ipmsgctl
seed=$top_builddir/tests/net/seed
http=$top_builddir/tests/program/http
udp=$top_builddir/tests/program/udp
sock=$scratch/control
log=$scratch/log

FLOOD=3000

# write_conf PORT METRICS
write_conf() {
	cat >"$scratch/ipmsg.conf" <<EOT
superd {
	listen = { "127.0.0.1:$1" }
	metrics = "$2"
	control-group = ""
	state-directory = ""
}
EOT
}

ready_or_gone() {
	grep -q ' ready$' "$log" || gone "$pid"
}

# ports that nobody listens at: the kernel is asked by trying
start() {
	port=24400
	while [ "$port" -lt 24500 ]; do
		web=$((port + 1))
		write_conf "$port" "127.0.0.1:$web"
		: >"$log"
		"$superd" -n -f "$scratch/ipmsg.conf" -s "$sock" >"$log" 2>&1 &
		pid=$!
		started="$started $pid"
		wait_until 5 ready_or_gone
		before=$(open_files)
		grep -q ' ready$' "$log" && return 0
		grep -q 'in use' "$log" || return 1
		port=$((port + 2))
	done
	return 1
}

mistaken() {
	write_conf 24399 "$1"
	status 1 "$superd" --check-config -f "$scratch/ipmsg.conf" 2>"$scratch/err" || return 1
	grep "ipmsg.conf:3: metrics: \"$1\"" "$scratch/err" | grep -q 'write "127.0.0.1:9425"'
}

port_taken() {
	write_conf "$((port + 100))" "127.0.0.1:$web"
	status 1 timeout 20 "$superd" -n -f "$scratch/ipmsg.conf" -s "$scratch/other" 2>"$scratch/err" &&
		grep -q "127.0.0.1:$web.*in use.*metrics" "$scratch/err"
}

# --- over HTTP ---

# ask REQUEST-LINE [OPTION…]: the answer, without carriage returns
ask() {
	line=$1
	shift
	printf '%s\r\nHost: localhost\r\n\r\n' "$line" | "$http" "$@" "$web" 2>/dev/null |
		tr -d '\r' >"$scratch/answer"
}

answered() {
	ask "$1" || return 1
	head -n 1 "$scratch/answer" | grep -q "^HTTP/1.[01] $2 "
}

body_of() {
	sed '1,/^$/d' "$scratch/answer"
}

# sample NAME: its value
sample() {
	ask 'GET /metrics HTTP/1.1'
	body_of | sed -n "s/^ipmsg_superd_$1 //p"
}

metrics() {
	answered 'GET /metrics HTTP/1.1' 200 || return 1
	grep -q '^Content-Type: text/plain; version=0.0.4' "$scratch/answer" || return 1
	grep -q '^Connection: close' "$scratch/answer" || return 1
	body_of >"$scratch/body"
	length=$(sed -n 's/^Content-Length: //p' "$scratch/answer")
	[ "$length" -eq "$(wc -c <"$scratch/body")" ] || return 1
	grep -q '^ipmsg_superd_registrations{state="fresh",kind="seed"} 0$' "$scratch/body"
}

head_alone() {
	answered 'HEAD /metrics HTTP/1.1' 200 || return 1
	[ -z "$(body_of)" ] && [ "$(sed -n 's/^Content-Length: //p' "$scratch/answer")" -gt 1000 ] ||
		return 1
	answered 'HEAD / HTTP/1.1' 404 && [ -z "$(body_of)" ]
}

no_post() {
	for method in POST PUT DELETE OPTIONS BREW; do
		answered "$method /metrics HTTP/1.1" 405 || return 1
		grep -q '^Allow: GET, HEAD$' "$scratch/answer" || return 1
	done
}

nothing_else() {
	for path in / /metrics/ /metricsx /favicon.ico '*' http://example.org/; do
		answered "GET $path HTTP/1.1" 404 || return 1
	done
}

garbage() {
	for request in 'GARBAGE' 'GET' 'GET /metrics HTTP/9.9' ''; do
		ask "$request"
		grep -q '^ipmsg_superd' "$scratch/answer" && return 1
	done
	metrics
}

oversized_header() {
	{
		printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nX: '
		head -c 100000 /dev/zero | tr '\0' x
		printf '\r\n\r\n'
	} | "$http" "$web" >"$scratch/answer"
	! grep -q '^ipmsg_superd' "$scratch/answer" && metrics
}

oversized_body() {
	{
		printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'
		head -c 1000000 /dev/zero
	} | "$http" "$web" >"$scratch/answer"
	! grep -q '^ipmsg_superd' "$scratch/answer" && metrics
}

# soon COMMAND…: it succeeds, within five seconds
soon() {
	began=$(date +%s)
	"$@" && [ "$(($(date +%s) - began))" -lt 5 ]
}

# Sixty-four that leave have the sixteen places four times: eight seconds, if
# they kept them for as long as a client may.
come_and_go() {
	ask 'GET /metrics HTTP/1.1' -c 64
	grep -q '^ipmsg_superd_uptime' "$scratch/answer"
}

many_mistakes() {
	ask GARBAGE -n 64
	metrics
}

open_files() {
	find "/proc/$pid/fd" -mindepth 1 | wc -l
}

more_files_than() {
	[ "$(open_files)" -gt "$1" ]
}

no_more_files_than() {
	[ "$(open_files)" -le "$1" ]
}

# Of thirty that begin a request and do not end it, sixteen are let in, for two
# seconds; whoever comes after them is served, and the supernode never waits.
many_idle() {
	wait_until 2 no_more_files_than "$before" || return 1
	(
		ask 'GET /metrics HTTP/1.1' -i 30
		mv "$scratch/answer" "$scratch/late"
	) &
	crowd=$!
	wait_until 5 more_files_than "$before" || return 1
	"$ctl" -s "$sock" super status >"$scratch/out" || return 1
	wait_until 4 more_files_than "$((before + 15))" || return 1
	[ "$(open_files)" -le "$((before + 16 + 2))" ] || return 1
	wait "$crowd"
	grep -q '^ipmsg_superd_uptime' "$scratch/late" && wait_until 2 no_more_files_than "$((before + 1))"
}

# --- events ---

watch() {
	"$ctl" -s "$sock" --json super watch >"$scratch/json" 2>"$scratch/json.err" &
	json=$!
	"$ctl" -s "$sock" super watch >"$scratch/text" 2>&1 &
	started="$started $json $!"
	wait_until 5 grep -q watching "$scratch/json" && wait_until 5 grep -q watching "$scratch/text"
}

# told PATTERN: an event as JSON that matches
told() {
	wait_until "${2:-5}" grep -q "$1" "$scratch/json"
}

# shown PATTERN: a line of text
shown() {
	wait_until 5 grep -q "^20[0-9-]* [0-9:]*  $1" "$scratch/text"
}

# peer NAME ADDRESS NICK: a seed, driven through the pipe $scratch/NAME
peer() {
	mkfifo "$scratch/$1" || return 1
	"$seed" "--bind=$2" "--port=$((port + 200))" "--supernode=127.0.0.1:$port" "--user=$1" "--nick=$3" \
		--group=sales <"$scratch/$1" >"$scratch/$1.out" 2>&1 &
	started="$started $!"
}

enters() {
	peer alice 127.0.0.2 "$(printf 'al\033[31mice')" || return 1
	exec 8>"$scratch/alice"
	echo enter >&8
	told '"type":"entered".*"nick":"al\\u001B\[31mice","group":"sales"},"endpoint":"127.0.0.2:24[0-9]*","kind":"seed"' &&
		shown 'entered     al\\x1b\[31mice@sales at 127.0.0.2:24[0-9]*, legacy$'
}

introduced() {
	peer bob 127.0.0.3 bob || return 1
	exec 9>"$scratch/bob"
	echo enter >&9
	shown 'entered     bob@sales at 127.0.0.3:24[0-9]*, legacy$' || return 1
	echo 'ask bob@sales' >&8
	told '"type":"introduced".*"peer":{"user":"bob".*"from":"127.0.0.2:24[0-9]*"' &&
		shown 'introduced  .*ice@sales at 127.0.0.2:24[0-9]* asked for bob@sales: bob@sales at 127.0.0.3:24[0-9]*$'
}

declined() {
	echo 'ask nobody@sales' >&8
	told '"type":"declined".*"name":"nobody@sales","reason":"unknown"' &&
		shown 'declined    .*ice@sales at 127.0.0.2:24[0-9]* asked for nobody@sales (unknown)$'
}

# A peer of ours that leaves without its cookie.
forged() {
	printf '1:5:eve:pc:16777218:eve\000\000\nPX:1'
}

refused() {
	forged | "$udp" "$port" 1
	told '"type":"refused".*"from":"127.0.0.1:[0-9]*","reason":"forged"' &&
		shown 'refused     a packet of 127.0.0.1:[0-9]* (forged)$'
}

# Gone before it can answer the probe, which would show that it has not left.
leaves() {
	printf 'exit\nquit\n' >&9
	exec 9>&-
	told '"type":"left".*"nick":"bob".*"reason":"exit"' 15 &&
		shown 'left        bob@sales at 127.0.0.3:24[0-9]*, legacy (exit)$'
}

all_counted() {
	[ "$(sample 'packets_dropped_total{reason="forged"}')" -eq "$1" ]
}

# refused events, and those suppressed
all_told() {
	single=$(grep -c '"type":"refused"' "$scratch/json")
	sum=$(sed -n 's/.*"type":"suppressed".*"count":\([0-9]*\).*/\1/p' "$scratch/json" |
		awk '{ n += $1 } END { print n + 0 }')
	[ "$((single + sum))" -eq "$1" ]
}

held_back_is_told() {
	grep -q 'held back [0-9]* more lines about packets of strangers' "$log"
}

flood() {
	peer carol 127.0.0.4 carol || return 1
	exec 9>"$scratch/carol"
	forged | "$udp" "$port" "$FLOOD"
	echo enter >&9
	wait_until 10 all_counted "$((FLOOD + 1))"
}

# She entered in the same second, and has left before the figures are compared.
flood_hides_nobody() {
	told '"type":"entered".*"nick":"carol"' || return 1
	printf 'exit\nquit\n' >&9
	exec 9>&-
	told '"type":"left".*"nick":"carol".*"reason":"exit"' 15
}

log_is_short() {
	[ "$(grep -c 'refused: it does not prove its sender' "$log")" -eq 1 ] &&
		grep -q ' from 127.0.0.0/24 refused' "$log" && ! grep -q 'from 127\.0\.0\.[1-9]' "$log"
}

few_events() {
	wait_until 5 all_told "$((FLOOD + 1))" || return 1
	[ "$(grep -c '"type":"refused"' "$scratch/json")" -lt "$FLOOD" ] &&
		shown 'suppressed  [0-9]* more events in the last second, [0-9]* of them declined or refused$'
}

same_figures() {
	"$ctl" -s "$sock" --json super status >"$scratch/out" || return 1
	grep -q '"kernel_dropped":0' "$scratch/out" && grep -q "\"dropped_forged\":$((FLOOD + 1))" "$scratch/out" &&
		[ "$(sample watchers)" -eq 2 ] && [ "$(sample control_connections)" -ge 2 ] &&
		[ "$(sample log_lines_held_back_total)" -eq "$FLOOD" ] &&
		[ "$(sample 'registrations{state="fresh",kind="seed"}')" -eq 1 ]
}

super() {
	"$ctl" -s "$sock" super "$@" >"$scratch/out" 2>&1
}

# What comes from there is not answered, not told, and counted.
banned() {
	super ban 127.0.0.1/32 --for 1h --reason 'a flood' &&
		grep -q '^127.0.0.1 is banned until 20.*: nobody was registered$' "$scratch/out" || return 1
	forged | "$udp" "$port" 7
	wait_until 5 sh -c "[ \"\$('$ctl' -s '$sock' --json super status | grep -c '\"dropped_banned\":7')\" -eq 1 ]" &&
		[ "$(sample 'packets_dropped_total{reason="banned"}')" -eq 7 ] && [ "$(sample bans)" -eq 1 ] &&
		all_counted "$((FLOOD + 1))" && super bans && grep -q '^127.0.0.1  20.*  a flood$' "$scratch/out" &&
		super unban 127.0.0.1 && [ "$(sample bans)" -eq 0 ]
}

kicked() {
	super kick 127.0.0.2/31 && grep -q '^127.0.0.2/31: 1 registration ended$' "$scratch/out" &&
		told '"type":"left".*"endpoint":"127.0.0.2:24[0-9]*".*"reason":"kicked"' || return 1
	echo enter >&8
	wait_until 10 sh -c "'$ctl' -s '$sock' super list | grep -q 127.0.0.2"
}

drains() {
	super drain on && [ "$(sample draining)" -eq 1 ] || return 1
	peer dave 127.0.0.5 dave || return 1
	exec 9>"$scratch/dave"
	echo enter >&9
	told '"type":"refused".*"nick":"dave".*"reason":"draining"' || return 1
	super status && grep -q '^draining  *nobody new is let in$' "$scratch/out" &&
		grep -q '^a second, in the last ' "$scratch/out" &&
		super drain off && [ "$(sample draining)" -eq 0 ] || return 1
	printf 'quit\n' >&9
	exec 9>&-
}

# Without the right to go beyond net.core.rmem_max.
small_buffer() {
	right=
	[ "$(id -u)" -ne 0 ] || right='setpriv --bounding-set -net_admin'
	[ "$(cat /proc/sys/net/core/rmem_max)" -lt 1000000000 ] || return 0
	write_conf "$((port + 300))" ''
	sed -i 's/^}$/\treceive-buffer = 1073741824\n}/; s/= { "\(.*\)" }/= { "\1", "127.0.0.9:'"$port"'" }/' \
		"$scratch/ipmsg.conf"
	$right "$superd" -n -f "$scratch/ipmsg.conf" -s "$scratch/other" >"$scratch/small.log" 2>&1 &
	small=$!
	started="$started $small"
	wait_until 5 grep -q ' ready$' "$scratch/small.log"
	kill "$small"
	wait "$small"
	cat "$scratch/small.log"
	[ "$(grep -c 'the kernel grants a receive buffer of [0-9]* bytes.*sysctl -w net.core.rmem_max=1073741824' "$scratch/small.log")" -eq 1 ]
}

one_watcher() {
	[ "$(sample watchers)" -eq 1 ]
}

watcher_leaves() {
	kill "$json" && wait_until 5 one_watcher
}

no_address_in_labels() {
	ask 'GET /metrics HTTP/1.1'
	! body_of | grep -qE '127\.0|alice|ice@|bob|sales'
}

ends() {
	exec 8>&-
	kill "$pid" && wait "$pid" && [ ! -e "$sock" ]
}

off() {
	write_conf "$port" ''
	: >"$log"
	"$superd" -n -f "$scratch/ipmsg.conf" -s "$sock" >"$log" 2>&1 &
	pid=$!
	started="$started $pid"
	wait_until 5 grep -q ' ready$' "$log" || return 1
	ask 'GET /metrics HTTP/1.1'
	# nor anywhere else: the sockets for sixteen connections are not there
	[ ! -s "$scratch/answer" ] && [ "$(open_files)" -le "$((before - 17))" ]
}

reload() {
	write_conf "$port" "127.0.0.1:$web"
	kill -HUP "$pid"
	wait_until 5 grep -q 'changes of metrics take effect at the next start' "$log"
}

plan 37
check "metrics for strangers are a mistake" mistaken 192.0.2.1:9425
check "and so are those for everybody" mistaken 0.0.0.0:9425
check "and what is no address" mistaken localhost
check "starts" start
check "a taken port is said with its option" port_taken
check "metrics are there" metrics
check "and by HEAD" head_alone
check "no other method" no_post
check "no other path" nothing_else
check "garbage is refused" garbage
check "a header without end is refused" oversized_header
check "a body is refused" oversized_body
check "who leaves without a word keeps no place" soon come_and_go
check "nor does who sends nonsense" soon many_mistakes
check "who waits is let go, who comes later is served" many_idle
check "two may watch" watch
check "an entry is shown, and harmless" enters
check "an ask for nobody" declined
check "an introduction" introduced
check "a forged packet" refused
check "an exit" leaves
check "a flood is counted in full" flood
check "and hides nobody" flood_hides_nobody
check "it is a line in the log, with a part of the address" log_is_short
check "and some events, and the count of the others" few_events
check "status and metrics say the same" same_figures
check "a ban is silent, counted and shown" banned
check "who is kicked is told of, and may come back" kicked
check "draining is told everywhere, and lets nobody new in" drains
check "no name and no address is in the metrics" no_address_in_labels
check "a watcher that leaves is forgotten" watcher_leaves
check "the supernode ends in order" ends
check "and says what its log held back" held_back_is_told
check "and its watcher is told so" wait_until 5 grep -q 'ipmsgctl: ' "$scratch/text"
check "without the option nobody listens" off
check "a receive buffer that is smaller than asked for is said once" small_buffer
check "it is said that a change waits for the next start" reload
end
