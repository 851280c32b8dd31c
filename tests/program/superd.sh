#!/bin/sh
# The program ipmsg-superd as an administrator meets it: options, mistakes,
# background, reload, orderly end, and ipmsgctl beside it.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

superd=$top_builddir/src/superd/ipmsg-superd
ctl=$top_builddir/src/ipmsgctl/ipmsgctl
conf=$scratch/ipmsg.conf
sock=$scratch/control
log=$scratch/log

says() {
	pattern=$1
	shift
	"$@" 2>&1 | grep -q -- "$pattern"
}

write_conf() {
	cat >"$conf" <<EOF
superd {
	listen = { "127.0.0.1:$1" }
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

plan 21
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
check "control socket is for owner and group only" \
	sh -c "ls -l '$sock' | grep -q '^srw-rw----'"
check "SIGHUP reloads" reload renamed
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
