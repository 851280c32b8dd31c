#!/bin/sh
# The program ipmsg-peerd as its user meets it: options, mistakes, background,
# reload, orderly end; and beside a supernode and another peer on this host:
# registration, asking, sending, watching.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

peerd=$top_builddir/src/peerd/ipmsg-peerd
superd=$top_builddir/src/superd/ipmsg-superd
call=$top_builddir/tests/program/call

says() {
	pattern=$1
	shift
	"$@" 2>&1 | grep -q -- "$pattern"
}

ready_or_gone() {
	grep -q 'version .* ready' "$scratch/$1.log" || gone "$2"
}

conf_superd() {
	cat >"$scratch/superd.conf" <<EOT
superd {
	listen = { "127.0.0.1:$1" }
	control-group = ""
	state-directory = ""
}
EOT
}

# conf_peer NAME PORT
conf_peer() {
	cat >"$scratch/$1.conf" <<EOT
peerd {
	user = "user-$1"
	host = "host"
	nick = "$1"
	group = "sales"
	supernodes = { "localhost:$superd_port" }
	wan-port = $2
	lan = "off"
	refresh = 2
	control-group = ""
	state-directory = "$scratch/$1.state"
}
log { level = "debug" }
EOT
}

conf_alice() {
	conf_peer alice "$1"
}

conf_bob() {
	conf_peer bob "$1"
}

# start NAME PROGRAM PORT: on the first free port from PORT; leaves $port and $pid
start() {
	port=$3
	while [ "$port" -lt $(($3 + 50)) ]; do
		"conf_$1" "$port"
		: >"$scratch/$1.log"
		"$2" -n -f "$scratch/$1.conf" -s "$scratch/$1.sock" >"$scratch/$1.log" 2>&1 &
		pid=$!
		started="$started $pid"
		wait_until 5 ready_or_gone "$1" "$pid"
		grep -q 'version .* ready' "$scratch/$1.log" && return 0
		grep -q 'in use' "$scratch/$1.log" || return 1
		port=$((port + 1))
	done
	return 1
}

# peer NAME METHOD [PARAMETERS [more]]
peer() {
	socket=$scratch/$1.sock
	method=net.ipmsg.peer.$2
	shift 2
	"$call" "$socket" "$method" "$@"
}

start_superd() {
	start superd "$superd" 24200 && superd_port=$port
}

start_alice() {
	start alice "$peerd" 24250 && alice=$pid alice_port=$port
}

start_bob() {
	start bob "$peerd" 24300 && bob_port=$port
}

port_taken() {
	"$peerd" -n -f "$scratch/alice.conf" -s "$scratch/other" >"$scratch/err" 2>&1
	grep -q "in use.*wan-port.*$scratch/alice.conf" "$scratch/err"
}

registered() {
	peer "$1" Status | grep -q '"state":"registered"'
}

status_complete() {
	peer alice Status >"$scratch/out" || return 1
	for field in version pid uptime_ms user host nick group port addresses links absence mailbox \
		supernodes peers messages counters; do
		grep -q "\"$field\":" "$scratch/out" || {
			echo "no $field"
			return 1
		}
	done
	grep -q "\"user\":\"user-alice\",.*\"port\":$alice_port,.*\"persistent\":true" "$scratch/out"
}

# An ask, and how it has to end.
ask_fails() {
	status 1 peer alice Ask "$1" more >"$scratch/out" || return 1
	tail -n 1 "$scratch/out" | grep "^error net.ipmsg.peer.$2 " | grep -q '"explanation":"..'
}

refused() {
	status 1 peer alice "$1" "$2" >"$scratch/out" &&
		grep -q "InvalidParameter {\"parameter\":\"$3\"}" "$scratch/out"
}

# Both are on one host, so no supernode can introduce them: the address is given.
ask_opens() {
	peer alice Ask "{\"name\":\"bob@sales\",\"at\":\"127.0.0.1:$bob_port\"}" more \
		>"$scratch/out" || return 1
	head -n 1 "$scratch/out" | grep -q '^{"step":{"step":' || return 1
	tail -n 1 "$scratch/out" | grep '^{"peer":{"id":' | grep -q '"state":"open"'
}

ask_once() {
	peer alice Ask '{"name":"bob@sales"}' >"$scratch/out" &&
		[ "$(wc -l <"$scratch/out")" -eq 1 ] && grep -q '^{"peer":' "$scratch/out"
}

listed() {
	peer alice List >"$scratch/out" && grep -q '"name":"bob@sales"' "$scratch/out" &&
		grep -q '"complete":true' "$scratch/out"
}

start_watch() {
	peer bob Watch '{}' more >"$scratch/watched" 2>&1 &
	started="$started $!"
	wait_until 5 grep -q '"type":"watching"' "$scratch/watched"
}

send_hello() {
	peer alice Send '{"name":"bob@sales","text":"hello \u3053"}' more >"$scratch/out" ||
		return 1
	head -n 1 "$scratch/out" | grep -q '"state":"waiting"' || return 1
	tail -n 1 "$scratch/out" | grep -q '"state":"delivered"'
}

received() {
	peer bob Messages >"$scratch/out" &&
		grep -q '"name":"alice@sales","text":"hello こ","user":"user-alice","host":"host","endpoint":"127\.0\.0\.1:[0-9]*","time":"2[0-9-]*T[0-9:]*Z"' \
			"$scratch/out"
}

# Those sent only when all are asked for.
sent_listed() {
	peer alice Messages | grep -q '"messages":\[\]' &&
		peer alice Messages '{"which":"sent"}' | grep -q '"direction":"sent".*"state":"delivered"'
}

watched() {
	wait_until 5 grep -q '"type":"message".*hello' "$scratch/watched"
}

too_long() {
	printf '{"name":"bob@sales","text":"%060000d"}' 0 >"$scratch/long"
	status 1 peer alice Send "$(cat "$scratch/long")" >"$scratch/out" &&
		grep -q '^error net.ipmsg.peer.TooLong .*"max":[1-9]' "$scratch/out"
}

not_delivered() {
	status 1 peer alice Send '{"name":"nobody","text":"x","queue":false}' >"$scratch/out" &&
		grep -q '^error net.ipmsg.peer.NotDelivered .*"reason":"unknown-name"' "$scratch/out"
}

# The id of bob's one sealed message, in $sealed.
find_sealed() {
	sealed=$(peer bob Messages | sed -n 's/.*"id":\([0-9]*\),[^}]*"state":"sealed".*/\1/p')
	[ -n "$sealed" ]
}

sealed_is_closed() {
	peer alice Send '{"name":"bob@sales","text":"secret","sealed":true}' |
		grep -q '"state":"delivered"' && find_sealed && ! peer bob Messages | grep -q secret
}

reading_opens() {
	peer bob Read "{\"message\":$sealed}" | grep -q '"text":"secret",.*"state":"read"' &&
		peer bob Messages | grep -q secret
}

unknown_message() {
	status 1 peer bob Read "{\"message\":$1}" >"$scratch/out" &&
		grep -q "^error net.ipmsg.peer.UnknownMessage .*\"message\":$1[,}]" "$scratch/out"
}

broadcast() {
	peer alice Broadcast '{"text":"to all"}' | grep -q '"count":1' &&
		wait_until 5 sh -c "'$call' '$scratch/bob.sock' net.ipmsg.peer.Messages |
			grep -q '\"text\":\"to all\",[^}]*\"broadcast\":true'"
}

away() {
	peer alice SetAbsence '{"title":"lunch","text":"back\nat two"}' |
		grep -q '{"absence":{"title":"lunch","text":"back\\nat two"}}' &&
		peer alice Status | grep -q '"absence":{"title":"lunch"'
}

away_by_title() {
	peer alice SetAbsence '{"title":"out"}' | grep -q '"title":"out","text":"out"'
}

back() {
	peer alice SetAbsence '{}' | grep -q '{"absence":null}' &&
		peer alice Status | grep -q '"absence":null'
}

long_title() {
	refused SetAbsence "{\"title\":\"$(printf '%040d' 0)\"}" title
}

not_now() {
	status 1 peer alice Refresh >"$scratch/out" &&
		grep -q '^error net.ipmsg.peer.NotNow .*no local network' "$scratch/out"
}

start_waiting() {
	peer alice Ask '{"name":"dave","at":"127.0.0.1:9"}' more >"$scratch/waiting" 2>&1 &
	started="$started $!"
	wait_until 5 grep -q '"step":"punched"' "$scratch/waiting"
}

told_stopping() {
	wait_until 5 grep -q '^error net.ipmsg.peer.Stopping ' "$scratch/waiting"
}

# The client of an ask is killed; the daemon goes on.
leaver() {
	peer alice Ask '{"name":"carol","at":"127.0.0.1:9"}' more >/dev/null 2>&1 &
	leaver=$!
	sleep 0.1
	kill "$leaver"
	wait "$leaver"
	registered alice
}

log_level() {
	"$call" "$scratch/alice.sock" net.ipmsg.daemon.SetLogLevel '{"level":"warn"}' |
		grep -q '"level":"warn"'
}

reload() {
	conf_alice "$alice_port"
	kill -HUP "$alice"
	wait_until 5 grep -q 'read again' "$scratch/alice.log" && wait_until 5 registered alice
}

reload_mistaken() {
	echo 'peerd { refresh = 1 }' >"$scratch/alice.conf"
	status 1 "$call" "$scratch/alice.sock" net.ipmsg.daemon.Reload >"$scratch/out" &&
		grep -q "ConfigurationInvalid.*$scratch/alice.conf:1: refresh" "$scratch/out" &&
		registered alice
}

ends_on() {
	kill "-$1" "$alice" && wait "$alice" && [ ! -e "$scratch/alice.sock" ]
}

has_left() {
	! "$call" "$scratch/superd.sock" net.ipmsg.super.List | grep -q '"nick":"alice"'
}

default_place() {
	conf_alice "$alice_port"
	mkdir -m 0700 "$scratch/run"
	XDG_RUNTIME_DIR=$scratch/run "$peerd" -n -f "$scratch/alice.conf" \
		>"$scratch/alice.log" 2>&1 &
	alice=$!
	started="$started $alice"
	wait_until 5 test -S "$scratch/run/ipmsg-peerd/control" && kill "$alice" && wait "$alice"
}

background() {
	conf_alice "$alice_port"
	"$peerd" -f "$scratch/alice.conf" -s "$scratch/alice.sock" || return 1
	bg=$(peer alice Status | sed 's/.*"pid":\([0-9]*\).*/\1/')
	[ -n "$bg" ] || return 1
	started="$started $bg"
	kill "$bg" && wait_until 5 gone "$bg"
}

plan 55
check "--version" says '^ipmsg-peerd [0-9]' "$peerd" --version
check "--help names the manual" says 'ipmsg.conf(5)' "$peerd" --help
check "unknown option: status 2" status 2 "$peerd" --no-such
check "argument: status 2" status 2 "$peerd" argument
check "missing file: status 1" status 1 "$peerd" -n -f "$scratch/none"
check "the shipped configuration has no mistakes" \
	"$peerd" --check-config -f "$top_srcdir/etc/ipmsg.conf"
check "a supernode starts" start_superd
check "a peer starts" start_alice
check "another starts" start_bob
check "a third cannot take the port, and says which option helps" port_taken
check "one registers, its supernode found by name" wait_until 10 registered alice
check "so does the other" wait_until 10 registered bob
check "status says everything" status_complete
check "control socket is for owner and group only" \
	sh -c "ls -l '$scratch/alice.sock' | grep -q '^srw-rw----'"
check "ask for nobody: UnknownName" ask_fails '{"name":"nobody"}' UnknownName
check "ask without a name is refused" refused Ask '{"name":""}' name
check "ask for a name with a control character is refused" refused Ask '{"name":"a\nb"}' name
check "ask for a name that no supernode takes is refused" ask_fails '{"name":"a:b"}' UnknownName
check "ask at no address is refused" refused Ask '{"name":"bob","at":"there"}' at
check "ask at an address opens a path, step by step" ask_opens
check "asked again it is open at once, in one reply" ask_once
check "the list has it" listed
check "watching begins" start_watch
check "a message is delivered" send_hello
check "and received" received
check "the sender's list has it when all are asked for" sent_listed
check "whoever watches is told" watched
check "an empty message is refused" refused Send '{"name":"bob@sales","text":""}' text
check "one too long says how much fits" too_long
check "one to nobody is not delivered, and says why" not_delivered
check "a sealed one is closed" sealed_is_closed
check "reading opens it" reading_opens
check "what is no message cannot be read" unknown_message 999
check "nor what cannot be one" unknown_message 0
check "reading is waited for of sealed ones only" \
	refused Send '{"name":"bob@sales","text":"x","until":"read"}' until
check "and nothing else is" refused Send '{"name":"bob@sales","text":"x","until":"seen"}' until
check "one for everybody goes over open paths" broadcast
check "an empty one goes to nobody" refused Broadcast '{"text":""}' text
check "away, with a text of two lines" away
check "with a title alone" away_by_title
check "a title of two lines is refused" refused SetAbsence '{"title":"a\nb"}' title
check "a text with a bell is refused" refused SetAbsence '{"text":"a\u0007"}' text
check "a title that is too long is refused" long_title
check "back again" back
check "without a LAN there is nothing to refresh" not_now
check "a client that leaves amid an ask does no harm" leaver
check "log level" log_level
check "SIGHUP reloads" reload
check "a mistaken reload is refused with file and line" reload_mistaken
check "an ask is under way" start_waiting
check "SIGTERM ends in order" ends_on TERM
check "who waited is told" told_stopping
check "and the supernode knows" wait_until 5 has_left
if [ "$(id -u)" -eq 0 ]; then
	skip "a person's socket lies with the person's others" "root has no personal socket"
else
	check "a person's socket lies with the person's others" default_place
fi
check "goes to the background, ready when the starter returns" background
end
