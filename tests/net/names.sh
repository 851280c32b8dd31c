#!/bin/sh
# A name belongs to who had it first: two peers with keys behind two NATs, and a third that comes
# with the name of one, with a key of its own and without. The path of the two is sealed, and the
# name stays theirs over a restart of the supernode and of its owner.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

key_of()
{
	ctl "$1" --json keys 2>/dev/null | sed 's/.*"identity":"\([^"]*\)","supernodes".*/\1/'
}

# has_key NAME: its daemon shows the other's key for the path to it
knows()
{
	ctl "$1" --json list 2>/dev/null | grep -q "\"identity\":\"$2\""
}

keyed()
{
	ctl "$1" --json status 2>/dev/null | grep -q '"keyed":true'
}

taken()
{
	ctl "$1" --json status 2>/dev/null | grep -q '"reason":"taken"'
}

both_keyed()
{
	lab_until 5 keyed b && lab_until 5 keyed d
}

meet()
{
	ctl b ask dave@sales >/dev/null && lab_until 5 knows b "$(key_of d)" &&
		lab_until 5 knows d "$(key_of b)" &&
		ctl b send --now dave@sales hello >/dev/null && ctl d send --now bob@sales hello >/dev/null
}

is_refused()
{
	lab_until 5 taken x && ctl x status | grep -q 'belongs to somebody else'
}

# What the thief gets, and the owner keeps
thief()
{
	LAB_NICK=bob start_peerd x D thief 'supernodes = { "192.168.1.4" }' 'wan-port = 12425'
	is_refused && keyed b && ctl d send --now bob@sales "still there?" >/dev/null
	thief_status=$?
	stop x >/dev/null
	return "$thief_status"
}

# A file in place of its state directory: it has no key then.
thief_without_key()
{
	rm -rf "$LAB_DIR/x.state" && : >"$LAB_DIR/x.state" && thief
	without_status=$?
	grep -q 'this peer has no key' "$LAB_DIR/x.err" || without_status=1
	rm -f "$LAB_DIR/x.state"
	return "$without_status"
}

away()
{
	stop b >/dev/null
	LAB_NICK=bob start_peerd x D thief 'supernodes = { "192.168.1.4" }' 'wan-port = 12425'
	is_refused
	away_status=$?
	stop x >/dev/null
	start_peerd b B bob 'supernodes = { "192.168.1.4" }'
	[ "$away_status" = 0 ] && lab_until 5 keyed b
}

# Its state directory outlives it, and so do its key and the names.
restarts()
{
	stop e >/dev/null
	LAB_STATE=$LAB_DIR/e.state start_superd e E
	lab_until 60 keyed b && thief
}

plan 7
lab_up port-restricted addr-restricted
LAB_STATE=$LAB_DIR/e.state start_superd e E
start_peerd b B bob 'supernodes = { "192.168.1.4" }'
start_peerd d D dave 'supernodes = { "192.168.1.4" }'
check "both are registered by their keys" both_keyed
check "they meet, and each knows the other's key" meet
check "a third with the name and a key of its own is refused" thief
check "so is one without a key" thief_without_key
check "and while the owner is away" away
check "the owner meets the other again" meet
check "the name outlives the supernode's process" restarts
