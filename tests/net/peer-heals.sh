#!/bin/sh
# The supernode is killed and another starts at its address, which knows nobody: registration and
# path are good again within two refresh intervals, and a message passes each way; three times that
# is allowed. What changes around the peers themselves is in roam.sh.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

interval=2
bound=$((3 * 2 * interval))

# Until then what was broken has to be good again.
broken()
{
	lab_clock
	heal_by=$((lab_now + bound * 100))
}

# heals COMMAND...: true before the time is over.
heals()
{
	until "$@"; do
		lab_clock
		[ "$lab_now" -lt "$heal_by" ] || return 1
		sleep 0.025
	done
	lab_clock
	diag "good again $(((lab_now - heal_by + bound * 100) * 10)) ms after it broke"
	[ "$lab_now" -le "$heal_by" ]
}

# Registered for a while, so that it takes a refresh to notice anything.
settled()
{
	refreshed=$(ctl e --json super status | sed -n 's/.*"entries_refreshed": *\([0-9]*\).*/\1/p')
	[ "${refreshed:-0}" -ge "$1" ]
}

# listed NICK ADDRESS: as E says.
listed()
{
	ctl e super list 2>/dev/null | grep -Eq "^$1@sales .* $2:2425 .*fresh"
}

both_listed()
{
	listed bob "$1" && listed dave "$2"
}

both_have_paths()
{
	has_path b dave "$2:2425" && has_path d bob "$1:2425"
}

# passes FROM NICK TO TEXT
passes()
{
	timed_ctl "$1" send --now "$2@sales" "$4" && received "$3" "$4"
}

messages()
{
	check "$1: a message from B to D" passes b dave d "$1, to D"
	check "$1: a message from D to B" passes d bob b "$1, to B"
}

plan 6
lab_up port-restricted port-restricted
start_superd e E
start_peerd d D dave 'supernodes = { "192.168.1.4" }' "refresh = $interval"
start_peerd b B bob 'supernodes = { "192.168.1.4" }' "refresh = $interval"
lab_until 5 registered b || bail "B does not register"
lab_until 5 registered d || bail "D does not register"
timed_ctl b ask dave@sales || bail "the ask fails"
lab_until 5 both_have_paths 192.168.1.2 192.168.1.3 || bail "there is no path"
messages "before"
lab_until 20 settled 6 || bail "B and D do not refresh"

kill -KILL "$(cat "$LAB_DIR/e.pid")"
stop e >/dev/null 2>&1
start_superd e E
broken
check "another supernode: B and D register" heals both_listed 192.168.1.2 192.168.1.3
check "another supernode: the path is there" heals both_have_paths 192.168.1.2 192.168.1.3
messages "another supernode"
