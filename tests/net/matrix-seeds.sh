#!/bin/sh
# Which pairs of NATs the supernode joins when it orders both sides, with seed doubles as peers:
# all that one packet from each side can open, whoever asks.
# shellcheck source-path=SCRIPTDIR source=matrix-table.sh
. "${top_srcdir:-.}/tests/net/matrix-table.sh" || exit 1
lab_need_superd

b=$LAB_DIR/b.out
d=$LAB_DIR/d.out

# Both have had all the orders that a seed gets; what they send then arrives at once, or never.
all_ordered()
{
	[ "$(count "$b" '^recv ORDERPUNCHING ')" -ge 3 ] &&
		[ "$(count "$d" '^recv ORDERPUNCHING ')" -ge 3 ]
}

know_each_other()
{
	has "$b" '^recv (ANS)?ENTRY .* dave@sales$' && has "$d" '^recv (ANS)?ENTRY .* bob@sales$'
}

known_or_over()
{
	know_each_other || all_ordered
}

opens()
{
	step="a message from B to D is not confirmed"
	tell b send dave hello
	lab_until 2 has "$b" '^confirmed ' || return 1
	step="a message from D to B is not confirmed"
	tell d send bob hello
	lab_until 2 has "$d" '^confirmed ' || return 1
	step=
}

meet()
{
	step="B does not enter"
	lab_until 5 seed_entered b '192\.168\.1\.4' || return 1
	step="D does not enter"
	lab_until 5 seed_entered d '192\.168\.1\.4' || return 1
	outcome=closed
	step="they do not hear each other"
	tell b ask dave@sales
	lab_until 5 known_or_over || return 1
	catch_up b
	catch_up d
	know_each_other && opens
}

try_pair()
{
	start_superd e E
	start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
	start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4
	tell b enter
	tell d enter
	outcome=failed
	! meet || outcome=open
	shown=$outcome
	for one in b d e; do
		stop "$one" >/dev/null
	done
}

matrix "$LAB_HERE/matrix-seeds.expected"
