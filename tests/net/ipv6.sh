#!/bin/sh
# IPv6, with a stateful firewall on both sides and no NAT: peers without IPv4; peers with both,
# which end on IPv6; a supernode that has nothing else; and a network where it does not get through,
# which leaves IPv4. A message passes each way in all of them.
# shellcheck source-path=SCRIPTDIR source=lab6.sh
. "${top_srcdir:-.}/tests/net/lab6.sh" || exit 1
lab_need_superd
lab_need_peerd
lab_need_stock

e6='"[2001:db8::4]:2425"'
both='"192.168.1.4:2425", "[2001:db8::4]:2425"'
b6='\[2001:db8:a::129\]:2425'
d6='\[2001:db8:c::128\]:2425'
b4='192\.168\.1\.2:2425'
d4='192\.168\.1\.3:2425'

# meet NAME SUPERNODES B D: new peers of these supernodes behind routers that remember nothing; at
# the end they have paths to these endpoints.
meet()
{
	lab_flush A
	lab_flush C
	lab6_firewall A firewall6
	lab6_firewall C "${blocked:-firewall6}"
	start_peerd d D dave "supernodes = { $2 }" 'lan = "off"' 'refresh = 2'
	start_peerd b B bob "supernodes = { $2 }" 'lan = "off"' 'refresh = 2'
	lab_until 7 registered b && lab_until 7 registered d
	check "$1: B and D register" [ $? -eq 0 ]
	check "$1: the ask succeeds" timed_ctl b ask dave@sales
	check "$1: a message from B to D" passes b dave d "$1, to D"
	check "$1: a message from D to B" passes d bob b "$1, to B"
	check "$1: B's path leads to $4" lab_until 10 has_path b dave "$4"
	check "$1: D's path leads to $3" lab_until 10 has_path d bob "$3"
	check "$1: a message from B to D there" passes b dave d "$1, to D there"
	check "$1: a message from D to B there" passes d bob b "$1, to B there"
	stop b >/dev/null
	stop d >/dev/null
}

# passes FROM NICK TO TEXT
passes()
{
	timed_ctl "$1" send --now "$2@sales" "$4" && received "$3" "$4"
}

# What is sent to B unasked dies at A, and what B then sends gets its answer.
firewalled()
{
	start_stock x D --ipv6 --user=x --host=x --nick=x --group=x
	start_stock y B --ipv6 --user=y --host=y --nick=y --group=y
	tell x raw '[2001:db8:a::129]:2425' '1:1:x:x:524320:unasked'
	lab_until 3 has "$LAB_DIR/fw.out" ' > \[2001:db8:a::129\]:2425 .*unasked' &&
		never y unasked || return 1
	tell y raw '[2001:db8:c::128]:2425' '1:1:y:y:524320:opener'
	lab_until 3 has "$LAB_DIR/fw.out" ' > \[2001:db8:c::128\]:2425 .*opener' || return 1
	tell x raw '[2001:db8:a::129]:2425' '1:2:x:x:524320:answer'
	heard y answer
}

plan 35
lab6_up port-restricted port-restricted
lab_capture_start fw inet -x
check "the firewalls let nothing in unasked" firewalled
stop x >/dev/null
stop y >/dev/null
lab_capture_stop fw

LAB_LISTEN='"0.0.0.0:2425", "[::]:2425"' start_superd e E
meet "both families" "$both" "$b6" "$d6"
blocked=blocked6
meet "IPv6 blocked at C" "$both" "$b4" "$d4"
blocked=
stop e >/dev/null

LAB_LISTEN='"[::]:2425"' start_superd e E
lab_capture_start s E
meet "a supernode of IPv6" "$e6" "$b6" "$d6"
lab_capture_stop s
lab6_only B D
meet "IPv6 only" "$e6" "$b6" "$d6"
check "the supernode has heard nothing of IPv4" lab_not has "$LAB_DIR/s.out" ' 192\.168\.'
check "but of IPv6" has "$LAB_DIR/s.out" "^[0-9.]+ $b6 > \[2001:db8::4\]:2425 "
