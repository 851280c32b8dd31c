#!/bin/sh
# The program ipmsg-superd as an administrator meets it: options, mistakes,
# background, reload, orderly end, and ipmsgctl beside it.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

superd=$top_builddir/src/superd/ipmsg-superd
ctl=$top_builddir/src/ipmsgctl/ipmsgctl
udp=$top_builddir/tests/program/udp
conf=$scratch/ipmsg.conf
sock=$scratch/control
log=$scratch/log

says() {
	pattern=$1
	shift
	"$@" 2>&1 | grep -q -- "$pattern"
}

# write_conf PORT NICK: the test-port is one that nobody else takes, unless another test does
write_conf() {
	cat >"$conf" <<EOF
superd {
	listen = { "127.0.0.1:$1" }
	test-port = ${test_port:-$(($1 + 1000))}
	alternates = { "127.0.0.2:$1" }
	nick = "$2"
	control-group = ""
	state-directory = ""
}
log { level = "info" }
EOF
}

# a port that nobody listens at: the kernel is asked by trying
start() {
	port=24000
	while [ "$port" -lt 24100 ]; do
		write_conf "$port" supernode
		: >"$log"
		"$superd" -n -f "$conf" -s "$sock" >"$log" 2>&1 &
		pid=$!
		started="$started $pid"
		wait_until 5 ready_or_gone "$pid"
		grep -q 'version .* ready' "$log" && return 0
		grep -q 'in use' "$log" || return 1
		port=$((port + 1))
	done
	return 1
}

ready_or_gone() {
	grep -q 'version .* ready' "$log" || gone "$1"
}

same_address() {
	"$superd" -n -f "$conf" -s "$scratch/other" 2>&1 | grep -q "listen.*$conf"
}

reload() {
	write_conf "$port" "$1"
	kill -HUP "$pid"
	wait_until 5 grep -q 'read again' "$log"
}

reload_mistaken() {
	echo 'superd { lisen = 1 }' >"$conf"
	status 1 "$ctl" -s "$sock" super reload 2>"$scratch/err"
	grep -q "$conf:1:" "$scratch/err" && grep -q lisen "$scratch/err"
}

still_answers() {
	"$ctl" -s "$sock" --json super status | grep -q '"listen":\["127.0.0.1:'
}

shows_tests() {
	"$ctl" -s "$sock" --json super status >"$scratch/status" &&
		grep -q "\"listen\":\[\"127.0.0.1:$port\",\"127.0.0.1:$((port + 1000))\"\]" "$scratch/status" &&
		grep -q "\"test_port\":$((port + 1000)),\"alternates\":\[\"127.0.0.2:$port\"\]" "$scratch/status" &&
		"$ctl" -s "$sock" super status | grep -q "^NAT tests  *port $((port + 1000))\$"
}

# A test as a peer sends it, padded; AP is 0.0.0.0 and that port
nat_test() {
	high=$(printf '%03o' $(($2 / 256)))
	low=$(printf '%03o' $(($2 % 256)))
	alternate=$(printf '%b' "\\0000\\0000\\0000\\0000\\0$high\\0$low" | base64 | tr '+/' '-_')
	printf '1:1700000003:u:h:16777217:n\0\0\nVS:1\nPX:1\nTK:AAECAwQFBgc\nPD:%0120d\nAP:%s' 0 "$alternate" |
		"$udp" "$1" 1 5 >"$scratch/answer"
}

plain_test() {
	printf '1:1700000003:u:h:16777217:n\0\0\nVS:1\nPX:1\nTK:AAECAwQFBgc\nPD:%0120d' 0 |
		"$udp" "$1" 1 5 >"$scratch/answer"
}

# came_from PORT: and tells how the asker was seen
came_from() {
	grep -qx "port $1" "$scratch/answer" && grep -q '^TK:AAECAwQFBgc$' "$scratch/answer" &&
		grep -q '^OA:........$' "$scratch/answer" && grep -q '^ER:unverified$' "$scratch/answer"
}

second_port_answers() {
	plain_test "$((port + 1000))" && came_from "$((port + 1000))"
}

answers_from_elsewhere() {
	nat_test "$port" "$((port + 1000))" && came_from "$((port + 1000))" &&
		"$ctl" -s "$sock" --json super status | grep -q '"tested":1'
}

# The port is of another program: which option, which file, and the supernode runs
test_port_taken() {
	test_port=$((port + 1000))
	write_conf "$((port + 1))" second
	test_port=
	sed 's/control-group/control = "'"$(printf '%s' "$scratch/second" | sed 's/\//\\\//g')"'"\n\tcontrol-group/' "$conf" >"$scratch/second.conf"
	"$superd" -n -f "$scratch/second.conf" >"$scratch/second.log" 2>&1 &
	second=$!
	started="$started $second"
	wait_until 5 grep -q 'version .* ready' "$scratch/second.log" &&
		grep -q "cannot listen on 127.0.0.1:$((port + 1000)).*peers that come to 127.0.0.1 .*test-port.*$scratch/second.conf" "$scratch/second.log" &&
		"$ctl" -s "$scratch/second" --json super status | grep -q '"test_port":0'
	ok=$?
	kill "$second" && wait "$second"
	write_conf "$port" supernode
	return "$ok"
}

# no second socket where the listen port is the same; no test-port, none at all
no_second_port() {
	for test_port in $((port + 1)) 0; do
		write_conf "$((port + 1))" second
		"$superd" -n -f "$conf" -s "$scratch/second" >"$scratch/second.log" 2>&1 &
		second=$!
		started="$started $second"
		wait_until 5 grep -q 'version .* ready' "$scratch/second.log" &&
			[ "$(grep -c 'listening on' "$scratch/second.log")" -eq 1 ] || return 1
		kill "$second" && wait "$second"
	done
	test_port=
	write_conf "$port" supernode
}

test_port_waits() {
	test_port=1
	reload renamed
	test_port=
	grep -q 'changes of test-port take effect at the next start' "$log"
}

log_tells_tests() {
	grep -q "listening on 127.0.0.1:$((port + 1000)) for NAT tests\$" "$log" &&
		grep -q "listening on 127.0.0.1:$port\$" "$log" &&
		grep -q "peers are told of 127.0.0.2:$port for NAT tests" "$log"
}

# warned ADDRESS WHAT
warned() {
	grep -q "$1, of .alternates' in $conf: .*$2" "$log"
}

# What is no address of this host, is where peers come anyway, or of a family that is not served
alternates_warned() {
	warned "127.0.0.2:$port" "not an address of this host" || return 1
	sed "s/\"127.0.0.2:$port\"/\"127.0.0.1:$port\", \"[::1]:5\"/" "$conf" >"$scratch/changed" && cat "$scratch/changed" >"$conf"
	"$ctl" -s "$sock" super reload && warned "127.0.0.1:$port" "anyway" && warned ".::1.:5" "nothing listens"
	ok=$?
	write_conf "$port" supernode
	return "$ok"
}

alternates_change_at_once() {
	sed "s/127.0.0.2:$port/127.0.0.3:$port/" "$conf" >"$scratch/changed" && cat "$scratch/changed" >"$conf"
	"$ctl" -s "$sock" super reload &&
		"$ctl" -s "$sock" --json super status | grep -q "\"alternates\":\[\"127.0.0.3:$port\"\]"
}

ends_on() {
	kill "-$1" "$pid" && wait "$pid" && [ ! -e "$sock" ]
}

background() {
	write_conf "$port" supernode
	"$superd" -f "$conf" -s "$sock" || return 1
	bg=$("$ctl" -s "$sock" --json super status | sed 's/.*"pid":\([0-9]*\).*/\1/')
	[ -n "$bg" ] || return 1
	started="$started $bg"
	kill "$bg" && wait_until 5 gone "$bg"
}

background_fails() {
	echo 'superd { control-group = "" nick = 7:7 }' >"$conf"
	status 1 "$superd" -f "$conf" -s "$sock"
}

# As with PrivateUsers= in a unit: what is no group there cannot be given a file.
no_such_number() {
	write_conf "$port" supernode
	sed 's/control-group = ""/control-group = "daemon"/; s/127.0.0.1/127.0.0.2/' "$conf" >"$scratch/group.conf"
	says "PrivateUsers=.*Group=" unshare -r "$superd" -n -f "$scratch/group.conf" -s "$scratch/other"
}

plan 30
check "--version" says '^ipmsg-superd [0-9]' "$superd" --version
check "--help names the manual" says 'ipmsg.conf(5)' "$superd" --help
check "unknown option: status 2" status 2 "$superd" --no-such
check "argument: status 2" status 2 "$superd" argument
check "missing file: status 1" status 1 "$superd" -n -f "$scratch/none"
check "missing file is named" says "$scratch/none" "$superd" -n -f "$scratch/none"
check "--check-config of a missing file: status 1" status 1 "$superd" -f "$scratch/none" --check-config
check "the shipped configuration has no mistakes" \
	"$superd" --check-config -f "$top_srcdir/etc/ipmsg.conf"
check "starts" start
check "a second one cannot take the address, and says which option" same_address
check "status answers" still_answers
check "status shows where NATs are tested" shows_tests
check "the log says what is for tests" log_tells_tests
check "the port for tests answers, and tells how it sees the asker" second_port_answers
check "a test is answered from the port that it names" answers_from_elsewhere
check "a port for tests that is taken: warned of, with what to do, and it runs" test_port_taken
check "without one, or where it is the one listened at, there is no other socket" no_second_port
check "control socket is for owner and group only" \
	sh -c "ls -l '$sock' | grep -q '^srw-rw----'"
check "SIGHUP reloads" reload renamed
check "another test-port waits for the next start, and says so" test_port_waits
check "alternates that do not do what one wants are warned of" alternates_warned
check "other alternates hold at once" alternates_change_at_once
check "a mistaken reload is refused with file and line" reload_mistaken
check "and changes nothing" still_answers
check "log level by ipmsgctl" says debug "$ctl" -s "$sock" super loglevel debug
check "SIGTERM ends in order" ends_on TERM
check "ipmsgctl without a daemon: status 3" status 3 "$ctl" -s "$sock" super status
check "goes to the background, ready when the starter returns" background
check "a start that fails in the background is reported" background_fails
if unshare -r true 2>/dev/null && getent group daemon >/dev/null; then
	check "a control-group that a user namespace lacks: what to do is said" no_such_number
else
	skip "a control-group that a user namespace lacks: what to do is said" \
		"no user namespaces, or no group \"daemon\""
fi
end
