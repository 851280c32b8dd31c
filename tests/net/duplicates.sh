#!/bin/sh
# Which messages are the same: neither two of one second from a seed, which have the same number,
# nor two from iptux that was started again and counts from 1, again with the same number; but one
# that is sent again, also when its receiver was killed in between. All on a LAN.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1

# shows TEXT COUNT: so many received messages of ours have that text.
shows()
{
	[ "$("$LAB_POST" list received "$LAB_DIR/o.sock" | grep -c " $1\$")" -eq "$2" ]
}

# pair_in_a_second NAME LINE LINE: told at once, so that a seed gives both one number; tried until
# they have it, since a second may end in between. The texts are in $first and $second then.
pair_in_a_second()
{
	for try in 1 2 3 4 5; do
		first="one-$try"
		second="two-$try"
		tell "$1" "send $2 $first
send $2 $second"
		lab_until 3 has "$LAB_DIR/$1.out" "^sent MESSAGE .* $second\$" || return 1
		[ "$(number_under "$1" "$first")" != "$(number_under "$1" "$second")" ] || return 0
	done
	return 1
}

# "sent MESSAGE ADDRESS:PORT NUMBER ..."; so do both doubles say.
number_under()
{
	awk -v text="$2" '$1 == "sent" && $2 == "MESSAGE" && $NF == text { print $4; exit }' \
		"$LAB_DIR/$1.out"
}

# again NUMBER TEXT: a packet of dora's, by hand.
again()
{
	tell t raw 10.77.0.1:2425 "1:$1:dora:delta:288:$2\\x00"
}

confirmations()
{
	count "$LAB_DIR/t.out" "^recv RECVMSG 10\.77\.0\.1:2425 .* $1\$"
}

confirmed_times()
{
	catch_up t
	[ "$(confirmations "$1")" -ge "$2" ]
}

kill_ours()
{
	read -r pid <"$LAB_DIR/o.pid"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f "$LAB_DIR/o.pid"
	# shellcheck disable=SC2119
	start_ours
}

plan 20
lab_need_post
lan_up o t s
# shellcheck disable=SC2119
start_ours
start_seed s s --user=sam --host=sigma --nick=sam --group=old
tell s enter 10.77.0.1
lab_until 5 has "$LAB_DIR/s.out" '^recv ANSENTRY 10\.77\.0\.1:2425' || bail "the seed is not answered"

check "two messages of a seed have one number" pair_in_a_second s 10.77.0.1:2425
check "the first is there" lab_until 5 shows "$first" 1
check "the second too" lab_until 5 shows "$second" 1

start_stock t t --as=iptux --user=carol --host=gamma --nick=carol --group=Group
tell t enter
heard t '^recv ANSENTRY 10\.77\.0\.1:2425' || bail "iptux is not answered"
tell t send bob before
check "iptux's message" lab_until 7 shows before 1
before=$(number_under t before)
stop t
start_stock t t --as=iptux --user=carol --host=gamma --nick=carol --group=Group
tell t enter
heard t '^recv ANSENTRY 10\.77\.0\.1:2425' || bail "iptux is not answered again"
# By hand, since how many packets it sends before differs.
tell t raw 10.77.0.1:2425 "1_iptux 0.9.4:$before:carol:gamma:288:after\\x00"
check "the one after its restart, with the same number" lab_until 7 shows after 1
check "the one before is still there" shows before 1

again 1700000001 resent
check "a message" lab_until 5 shows resent 1
check "is confirmed" lab_until 5 confirmed_times 1700000001 1
again 1700000001 resent
check "sent again it is confirmed again" lab_until 5 confirmed_times 1700000001 2
check "and shown once" shows resent 1
again 1700000001 'resent\x00\x00\x00\x00'
check "with NULs behind it, as official clients do, likewise" lab_until 5 confirmed_times 1700000001 3
check "and shown once" shows resent 1

kill_ours
check "it outlives a kill" shows resent 1
again 1700000001 resent
check "sent again to one that was killed since, it is confirmed" \
	lab_until 5 confirmed_times 1700000001 4
check "and shown once" shows resent 1
again 7 resent-low
check "a message with a low number" lab_until 5 shows resent-low 1
kill_ours
check "outlives a kill" shows resent-low 1
again 7 resent-low
check "again after a kill is confirmed" lab_until 5 confirmed_times 7 2
check "and shown once" shows resent-low 1
again 1700000001 'another text'
check "another text under that number is another message" lab_until 5 shows 'another text' 1
