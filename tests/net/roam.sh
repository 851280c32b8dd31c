#!/bin/sh
# What changes around a peer with an open path: a NAT of every kind forgets its mappings, a router
# gets another address, a host another one, another router or a long sleep. Messages pass each way
# again within one refresh interval and one introduction; what a host can know of itself need not
# wait for a refresh. The message toward the change goes first, since the other would open the way
# for it.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

introduction=4

# refresh_every SECONDS: peers that are begun from now on. An interval is up to 15 % longer than
# what is set.
refresh_every()
{
	interval=$1
	bound=$((($1 * 115 + 99) / 100 + introduction))
}

# begin KIND_A KIND_C: new peers behind such routers, with an open path that has carried messages.
begin()
{
	lab_nat A "$1" || bail "no $1 at A"
	lab_nat C "$2" || bail "no $2 at C"
	start_peerd d D dave 'supernodes = { "192.168.1.4" }' "refresh = $interval" 'lan = "off"'
	start_peerd b B bob 'supernodes = { "192.168.1.4" }' "refresh = $interval" 'lan = "off"'
	step="they do not register"
	lab_until 7 registered b && lab_until 7 registered d || return 1
	step="the ask fails"
	timed_ctl b ask dave@sales || return 1
	step="there is no path"
	lab_until 5 has_path b dave && lab_until 5 has_path d bob || return 1
	step="there are no messages"
	passes b dave d before && passes d bob b before-too
}

end()
{
	stop b >/dev/null
	stop d >/dev/null
}

# changed SECONDS: by then it has to be good again.
changed()
{
	lab_clock
	changed_at=$lab_now
	heal_by=$((lab_now + $1 * 100))
}

# passes FROM NICK TO TEXT
passes()
{
	timed_ctl "$1" send --now "$2@sales" "$4" && received "$3" "$4"
}

# arrives FROM NICK TO TEXT: one of as many as it takes until the time is over.
arrives()
{
	arrives_tries=0
	arrives_text=$4
	until passes "$1" "$2" "$3" "$arrives_text"; do
		lab_clock
		[ "$lab_now" -lt "$heal_by" ] || return 1
		arrives_tries=$((arrives_tries + 1))
		arrives_text="$4 again $arrives_tries"
		sleep 0.1
	done
	lab_clock
	arrives_after=$(((lab_now - changed_at) * 10))
	[ "$lab_now" -le "$heal_by" ]
}

# flow TITLE FROM NICK TO OTHER: within the time, a message each way; the one of FROM, to NICK at
# TO, first. It was OTHER that changed.
flow()
{
	if arrives "$2" "$3" "$4" "$1, there"; then
		there=$arrives_after
		if arrives "$4" "$5" "$2" "$1, back"; then
			ok "$1"
			diag "$1: there after $there ms, back after $arrives_after ms"
		else
			not_ok "$1: none comes back"
		fi
	else
		not_ok "$1: none arrives"
	fi
}

# Toward B, and from there.
flow_to_b()
{
	flow "$1" d bob b dave
}

flow_to_d()
{
	flow "$1" b dave d bob
}

# forgets KIND OTHER
forgets()
{
	if begin "$1" "$2"; then
		lab_flush A
		changed "$bound"
		flow_to_b "$1 toward $2 forgets"
	else
		not_ok "$1 toward $2 forgets: before that, $step"
	fi
	end
}

# moves_to ROUTER ADDRESS: B is unplugged, and plugged in there.
moves_to()
{
	lab_get B at
	in_ns "$lab_word" ip link del h-B || bail "B cannot leave"
	lab_cable_lan B "$1" eth0 "$2" || bail "B cannot join"
	lab_set B at "$1"
}

signal()
{
	read -r signal_pid <"$LAB_DIR/b.pid"
	kill "-$1" "$signal_pid"
}

# heals COMMAND...: true before the time is over.
heals()
{
	until "$@"; do
		lab_clock
		[ "$lab_now" -lt "$heal_by" ] || return 1
		sleep 0.025
	done
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

# seen_at TITLE A C: by E and by each other.
seen_at()
{
	check "$1: the supernode sees it" heals both_listed "$2" "$3"
	check "$1: the path moves" heals both_have_paths "$2" "$3"
}

# B is stopped for long enough to know at once, when it goes on, that it slept; its router forgets
# it meanwhile.
sleeps()
{
	signal STOP
	lab_clock
	asleep_until=$((lab_now + (interval + 6) * 100))
	lab_until 20 slept || bail "the clock stands still"
	lab_flush A
}

slept()
{
	lab_clock
	[ "$lab_now" -ge "$asleep_until" ]
}

plan 20
lab_up full-cone full-cone
lab_site F 192.168.1.6 192.168.10.1 port-restricted
lab_set B at A
start_superd e E
refresh_every 3

for kind in full-cone addr-restricted port-restricted reject open-input port-block; do
	forgets "$kind" port-restricted
done
for kind in address-dependent symmetric-seq symmetric-random; do
	forgets "$kind" addr-restricted
done

begin port-restricted port-restricted || bail "before all, $step"
lab_address A 192.168.1.12
changed "$bound"
flow_to_b "another address at A"
seen_at "another address at A" 192.168.1.12 192.168.1.3
lab_address C 192.168.1.13
changed "$bound"
flow_to_d "another address at C"
seen_at "another address at C" 192.168.1.12 192.168.1.13
end

# Nobody could wait for a refresh here.
refresh_every 20
begin port-restricted port-restricted || bail "before moving, $step"
in_ns B ip -batch - <<-END
	addr del 192.168.246.129/24 dev eth0
	addr add 192.168.246.130/24 dev eth0
	route add default via 192.168.246.1
END
changed "$introduction"
flow_to_b "another address at B"
moves_to F 192.168.10.2
changed "$introduction"
flow_to_b "B behind another router"
moves_to A 192.168.246.129
changed "$introduction"
flow_to_b "and back"
end

refresh_every 2
begin port-restricted port-restricted || bail "before sleeping, $step"
sleeps
signal CONT
changed "$introduction"
flow_to_b "B slept"
sleeps
moves_to F 192.168.10.2
signal CONT
changed "$introduction"
flow_to_b "B slept and woke up elsewhere"
