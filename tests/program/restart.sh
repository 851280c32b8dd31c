#!/bin/sh
# ipmsg-superd over its end: what it keeps, how soon it is back, what it does
# with files that are not as it left them, and that a restart under load with
# sockets that stay open costs nobody anything.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
first_port=24800
# shellcheck source=tests/program/supernode.sh
. "$top_srcdir/tests/program/supernode.sh"

fill=$top_builddir/tests/program/restart_fill
hold=$top_builddir/tests/program/restart_hold
many=100000
bound=1000 # ms
# sanitizers multiply the time that every access to memory takes
if grep -q __asan_init "$superd"; then
	bound=5000
fi

never_logged() {
	! grep -F -e "$1" "$log"
}

mode_of() {
	stat -c %a "$1"
}

first_start() {
	find_port && [ "$(mode_of "$state")" = 700 ] && [ "$(mode_of "$state/secret")" = 600 ] &&
		[ "$(stat -c %s "$state/secret")" -eq 32 ] && [ ! -e "$state/registry" ] &&
		cp "$state/secret" "$scratch/secret"
}

saves() {
	ends && logged '0 registrations saved' && [ "$(mode_of "$state/registry")" = 600 ] &&
		[ ! -e "$state/registry.new" ]
}

same_secret() {
	cmp "$state/secret" "$scratch/secret"
}

starts_again() {
	launch && logged '0 registrations are back, saved ' && same_secret && ends
}

fill_state() {
	"$fill" "$1" "127.0.0.1:$port" >"$state/registry"
}

fresh() {
	"$ctl" -s "$sock" --json super status | grep -q "\"fresh\":$1,"
}

# What the whole start took of a processor, in ms.
cpu_time() {
	awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hz) }' "/proc/$pid/stat"
}

# By the clock; where others have the processors, by the daemon's own part of them.
back_in_time() {
	fill_state "$many" && launch && logged "$many registrations are back" && fresh "$many" ||
		return 1
	took=$(sed -n 's/.* are back, .*(\([0-9]*\) ms)$/\1/p' "$log")
	cpu=$(cpu_time)
	echo "$many registrations are back after $took ms; the start took $cpu ms of a processor" \
		>"$scratch/figure"
	[ "$took" -le "$bound" ] || [ "$cpu" -le "$bound" ]
}

saved_again() {
	cp "$state/registry" "$scratch/before" && ends && logged "$many registrations saved" &&
		[ "$(stat -c %s "$state/registry")" -eq "$(stat -c %s "$scratch/before")" ]
}

# set_aside SUFFIX WHY: what $scratch/bad holds is set aside for that reason,
# everything else stays, and the next registry takes its place.
set_aside() {
	rm -f "$state"/registry*
	cp "$scratch/bad" "$state/registry"
	launch && logged "$state/registry $2; set aside as registry.$1" &&
		cmp "$scratch/bad" "$state/registry.$1" && [ ! -e "$state/registry" ] &&
		fresh 0 && same_secret && ends && [ -s "$state/registry" ]
}

truncated() {
	head -c 1000000 "$scratch/before" >"$scratch/bad"
	set_aside damaged 'is cut off or damaged'
}

corrupted() {
	cp "$scratch/before" "$scratch/bad"
	printf '\377' | dd of="$scratch/bad" bs=1 seek=1000000 conv=notrunc 2>/dev/null
	set_aside damaged 'is cut off or damaged'
}

empty() {
	: >"$scratch/bad"
	set_aside damaged 'is empty'
}

foreign() {
	echo 'this is something else' >"$scratch/bad"
	set_aside damaged 'is no registry'
}

# unhex: bytes of hexadecimal digits
unhex() {
	sed 's/../\\x&/g' | xargs -0 /usr/bin/printf '%b'
}

newer() {
	head -c -32 "$scratch/before" >"$scratch/bad"
	printf '\003' | dd of="$scratch/bad" bs=1 seek=11 conv=notrunc 2>/dev/null
	b2sum -l 256 <"$scratch/bad" | tr -d ' \n-' | unhex >"$scratch/sum"
	[ "$(stat -c %s "$scratch/sum")" -eq 32 ] || return 1
	cat "$scratch/sum" >>"$scratch/bad"
	set_aside newer 'was saved by a newer version than this'
}

no_file() {
	rm -rf "$state"/registry*
	mkdir "$state/registry"
	launch && logged "$state/registry cannot be read" 'set aside as registry.damaged' &&
		ends && [ -d "$state/registry.damaged" ] && [ -f "$state/registry" ]
}

damaged_secret() {
	rm -rf "$state"/registry*
	fill_state 10 && echo short >"$state/secret" && launch || return 1
	logged "$state/secret has not the size of a secret" '10 registrations are back' &&
		[ "$(cat "$state/secret.damaged")" = short ] &&
		[ "$(stat -c %s "$state/secret")" -eq 32 ] && [ "$(mode_of "$state/secret")" = 600 ] &&
		! same_secret && ends && cp "$state/secret" "$scratch/secret"
}

moved_away() {
	"$fill" 10 "127.0.0.1:9" >"$state/registry"
	launch && logged '0 registrations are back' '10 had come to an address that is not listened on' &&
		ends
}

# Killed while the new registry lay beside the old one: whether that was so is
# seen afterwards, so it is tried until it was.
killed_while_saving() {
	tries=20
	rm -f "$state"/registry*
	while [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
		fill_state 200000 && cp "$state/registry" "$scratch/old" && launch || return 1
		kill "$pid"
		until [ -e "$state/registry.new" ] || gone "$pid"; do :; done
		kill -9 "$pid" 2>/dev/null
		wait "$pid"
		[ -e "$state/registry.new" ] && return 0
	done
	echo "it was never hit"
	return 1
}

old_one_is_back() {
	cmp "$state/registry" "$scratch/old" && launch &&
		logged "$state/registry.new was being written" '200000 registrations are back' &&
		same_secret && [ ! -e "$state/registry.new" ] && ends
}

not_to_be_made() {
	: >"$scratch/file"
	write_conf "$port" "state-directory = \"$scratch/file/state\""
	launch && logged "$scratch/file/state" "\`state-directory' in $conf" && fresh 0 && ends &&
		[ "$(grep -c 'will not outlive' "$log")" -eq 1 ]
}

nothing_kept() {
	write_conf "$port" 'state-directory = ""'
	rm -rf "$state"
	launch_by env "STATE_DIRECTORY=$state" && never_logged 'will not outlive' && ends &&
		never_logged saved && [ ! -e "$state" ]
}

systemd_directory() {
	write_conf "$port"
	launch_by env "STATE_DIRECTORY=$state" && ends && [ -f "$state/registry" ]
}

banned() {
	"$ctl" -s "$sock" super bans >"$scratch/bans" || return 1
	cat "$scratch/bans"
	grep -q '^192.0.2.0/24  *20[0-9-]* [0-9:]*  rude$' "$scratch/bans" &&
		grep -q '^bob@sales  *for good ' "$scratch/bans"
}

# Also one that was set just before the daemon was killed; a reload changes nothing.
bans_kept() {
	write_conf "$port" "$keeps"
	launch && "$ctl" -s "$sock" super ban 192.0.2.0/24 --for 1h --reason rude &&
		"$ctl" -s "$sock" super drain on && "$ctl" -s "$sock" super ban bob@sales || return 1
	kill -KILL "$pid"
	wait "$pid"
	launch && logged '2 bans are in force' && banned || return 1
	"$ctl" -s "$sock" --json super status | grep -q '"draining":false' || return 1
	reloads 1 && banned && [ "$(mode_of "$state/bans")" = 600 ] && ends && rm "$state/bans"
}

shared_directory() {
	write_conf "$port" "$keeps"
	launch || return 1
	first=$pid
	sed 's/127.0.0.1/127.0.0.2/' "$conf" >"$scratch/other.conf"
	: >"$log"
	"$superd" -n -f "$scratch/other.conf" -s "$scratch/other" >"$log" 2>&1 &
	pid=$!
	started="$started $pid"
	wait_until 5 ready_or_gone "$pid"
	logged "another daemon keeps its state there" && is_ready && ends && never_logged saved || return 1
	pid=$first
	ends
}

# The descriptor is the test's: it need only not be a socket.
wrong_socket() {
	# shellcheck disable=SC2016
	status 1 sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" -n -f "$1" -s "$2"' \
		"$superd" "$conf" "$sock" 3</dev/null 2>"$log" &&
		logged 'socket 1 of the 1 that the service manager hands over: it is no UDP socket'
}

# bash opens a UDP socket by itself; that it is connected does not matter here
hand_over() {
	# shellcheck disable=SC2016
	launch_by bash -c 'exec 3<>/dev/udp/127.0.0.1/9; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' bash
}

# reloads COUNT: the configuration, until it was read so often
reloads() {
	kill -HUP "$pid"
	wait_until 5 sh -c "[ \"\$(grep -c 'configuration read again' '$log')\" -eq $1 ]"
}

unused() {
	[ "$(grep -c "\`listen' is not used" "$log")" -eq "$1" ]
}

listen_is_not_used() {
	hand_over && unused 1 || return 1
	write_conf 9 "$keeps"
	reloads 1 && unused 2 && never_logged 'next start' || return 1
	write_conf 9 "$keeps" 'receive-buffer = 65536'
	reloads 2 && unused 2 && logged 'changes of receive-buffer take effect at the next start' &&
		ends && write_conf "$port" "$keeps"
}

under_load() {
	rm -rf "$state"
	"$hold" "$superd" "$conf" "$sock" 20 250 2000 >"$scratch/figure" 2>"$log"
	held=$?
}

all_granted() {
	cat "$scratch/figure"
	[ "$held" -eq 0 ] || tail -n 40 "$log"
	return "$held"
}

tells_which_sockets() {
	logged "\`listen' is not used" && [ "$(grep -c '250 registrations are back' "$log")" -eq 20 ]
}

show_figure() {
	sed 's/^#* */# /' "$scratch/figure"
	: >"$scratch/figure"
}

plan 26
check "first start: a directory and a secret, for its owner alone" first_start
check "SIGTERM saves the registry and ends with 0" saves
check "the next one loads it, and has the same secret" starts_again
check "$many registrations are back within $bound ms" back_in_time
show_figure
check "and saved again" saved_again
check "a truncated registry is set aside, nothing else is lost" truncated
check "a corrupted one" corrupted
check "an empty one" empty
check "a foreign one" foreign
check "one of a newer version" newer
check "one that is no file" no_file
check "a secret of the wrong size; the registrations stay" damaged_secret
check "registrations at an address that is not served any more are left out" moved_away
check "kill -9 in the middle of saving" killed_while_saving
check "leaves the old registry, and the new one's rest is removed" old_one_is_back
check "a directory that cannot be made: warned of once, and the daemon runs" not_to_be_made
check "an empty state-directory keeps nothing" nothing_kept
check "the service manager's directory is taken where none is configured" systemd_directory
check "bans are in force again, draining is over" bans_kept
check "two daemons do not share a directory" shared_directory
check "an inherited descriptor that is no UDP socket is an error" wrong_socket
if command -v bash >/dev/null; then
	check "listen is said to be unused, and the option that waits for a start" listen_is_not_used
else
	skip "listen is said to be unused, and the option that waits for a start" "no bash"
fi
under_load
if [ "$held" -eq 77 ]; then
	skip "20 restarts under 2000 refreshes a second" "$(cat "$scratch/figure")"
	skip "the sockets are said to be inherited, everybody is back each time" "no restarts"
else
	check "20 restarts under 2000 refreshes a second: each is granted" all_granted
	show_figure
	check "the sockets are said to be inherited, everybody is back each time" tells_which_sockets
fi
check "nothing is left beside the files" sh -c "ls '$state' | sort | tr '\n' ' ' | grep -qx 'key names registry secret '"
check "nothing else was opened to others" sh -c "! find '$state' -perm /077 | grep ."
end
