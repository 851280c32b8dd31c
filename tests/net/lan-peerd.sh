#!/bin/sh
# Two peers on one LAN, by real broadcasts and multicast groups: they find each other, write to each
# other and take leave; over IPv6 alone too, and on a network that comes later.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_peerd
call=$top_builddir/tests/program/call
[ -x "$call" ] || skip_all "$call is not built"

# peer NAME METHOD [PARAMETERS [more]]
peer()
{
	peer_socket=$LAB_DIR/$1.sock
	peer_method=net.ipmsg.peer.$2
	shift 2
	"$call" "$peer_socket" "$peer_method" "$@"
}

# One object a line, so that patterns stay within one.
objects()
{
	peer "$1" "$2" '{"which":"all"}' 2>/dev/null | sed 's/},{/}\n{/g'
}

# contact NAME PATTERN: somebody in the list is so; not when nobody is.
contact()
{
	peer "$1" List 2>/dev/null | sed 's/},{/}\n{/g' | grep -Eq -e "$2"
}

# neighbour NAME NICK [ENDPOINT]
neighbour()
{
	contact "$1" "\"nick\":\"$2\".*\"kind\":\"lan\".*\"endpoint\":\"${3-}"
}

no_neighbour()
{
	! contact "$1" "\"nick\":\"$2\""
}

# message NAME PATTERN
message()
{
	objects "$1" Messages | grep -Eq -e "$2"
}

# replies PATTERN NAME METHOD ...: what it replies, or its error, matches at last.
replies()
{
	reply_pattern=$1
	shift
	peer "$@" >"$LAB_DIR/reply" 2>&1
	tail -n 1 "$LAB_DIR/reply" | grep -Eq -e "$reply_pattern"
}

send()
{
	replies '"state":"delivered"' "$1" Send "{\"name\":\"$2\",\"text\":\"$3\"}"
}

on_link()
{
	peer "$1" Status | grep -q "\"address\":\"$2\""
}

opened_is_told()
{
	peer b Send '{"name":"bob","text":"secret","sealed":true,"until":"read"}' more \
		>"$LAB_DIR/reading" 2>&1 &
	lab_until 5 message f '"text":"".*"state":"sealed"' || return 1
	sealed=$(objects f Messages | sed -n 's/.*"id":\([0-9]*\),.*"state":"sealed".*/\1/p')
	lab_until 5 has "$LAB_DIR/reading" '"state":"delivered"' || return 1
	! has "$LAB_DIR/reading" '"state":"read"' || return 1
	replies '"text":"secret".*"state":"read"' f Read "{\"message\":$sealed}" &&
		lab_until 5 has "$LAB_DIR/reading" '"state":"read"' &&
		message b '"text":"secret".*"state":"read"'
}

watched()
{
	lab_until 5 has "$LAB_DIR/watched" "\"neighbour\":.\"change\":\"$1\",.*\"nick\":\"bob"
}

in_groups()
{
	in_ns "$1" ip -6 maddr show dev eth0 >"$LAB_DIR/groups"
	has "$LAB_DIR/groups" ' ff15::979( |$)' && has "$LAB_DIR/groups" ' ff02::1( |$)'
}

# Its entries, the second of which comes 5 s after the first, have all left.
has_entered()
{
	[ "$(peer "$1" Status | sed 's/.*"uptime_ms":\([0-9]*\).*/\1/')" -gt 6000 ]
}

exits()
{
	[ "$(count "$LAB_DIR/lan.out" \
		'192\.168\.246\.130:2425 > 192\.168\.246\.255:2425 .* EXIT$')" -eq "$1" ]
}

# no_ip4 HOST [INTERFACE]
no_ip4()
{
	in_ns "$1" ip -4 addr flush dev "${2-eth0}"
}

# Whoever was heard within 7 s is taken for a host of two addresses.
unheard()
{
	contact "$1" "\"nick\":\"$2\".*\"heard_ms\":([7-9]|[1-9][0-9])[0-9]{3}[,}]"
}

# moves HOST FROM TO: to another address.
moves()
{
	lab_until 15 unheard b bob || return 1
	in_ns "$1" ip addr del "$2/24" dev eth0 && in_ns "$1" ip addr add "$3/24" brd + dev eth0
}

# A host on both LANs, whose networks are told apart by nothing but their addresses.
lab_both()
{
	lab_host M A 192.168.246.140 || return 1
	in_ns C ip -batch - <<-END || return 1
		link add h-M type veth peer name eth1 netns $LAB_DIR/ns/M
		link set h-M master lan up
	END
	in_ns M ip -batch - <<-END
		addr add 192.168.239.140/24 dev eth1
		link set eth1 up
	END
}

plan 53
lab_up public public
lab_host F A 192.168.246.130 || bail "no F"
start_peerd b B alice
start_peerd f F bob
check "one sees the other" lab_until 5 neighbour b bob 192.168.246.130:2425
check "and is seen" lab_until 5 neighbour f alice 192.168.246.129:2425
check "status says on which network" on_link b 192.168.246.129/24
check "and how many are there" replies '"neighbours":1' b Status
peer b Watch '{}' more >"$LAB_DIR/watched" 2>&1 &
check "and it is in both groups" lab_until 5 in_groups B
check "a message is delivered" send b bob hello
check "and received" message f '"name":"alice@sales","text":"hello".*"sealed":false'
check "who asks for a neighbour has him at once" \
	replies '"peer":.*"name":"bob@sales".*"kind":"lan"' b Ask '{"name":"bob"}'
check "user@host means somebody too" send b bob@nodef again
check "nobody of a name, and no supernode: told" \
	replies 'NoSupernode.*local network.*carol' b Send '{"name":"carol","text":"x","queue":false}'
check "else it is queued, which is told with the same" \
	replies '"state":"waiting".*"reason":"no-supernode"' b Send '{"name":"carol","text":"x"}'
check "a sealed one is closed until it is read, which is told" opened_is_told
check "reading cannot be waited for unless sealed" \
	replies 'InvalidParameter.*until' b Send '{"name":"bob","text":"x","until":"read"}'
check "who knows no number: told" replies UnknownMessage f Read '{"message":999}'
check "one for everybody goes to one" replies '"count":1' b Broadcast '{"text":"to all"}'
check "is kept" message b '"name":"\*","text":"to all".*"state":"broadcast"'
check "and received" lab_until 5 message f '"text":"to all".*"broadcast":true'
check "away" replies '"title":"lunch"' f SetAbsence '{"title":"lunch","text":"back at two"}'
check "is seen" lab_until 5 contact b '"nick":"bob.*"absent":true'
check "who watches is told" watched changed
check "who writes is answered" send b bob 'are you there'
check "by itself" lab_until 5 message b '"text":"back at two".*"automatic":true'
replies '"absence":null' f SetAbsence
check "back again" lab_until 5 contact b '"nick":"bob".*"absent":false'
check "refresh" replies '^.}$' b Refresh
check "not twice at once" replies 'NotNow.*5 seconds' b Refresh
check "finds all again" lab_until 5 neighbour b bob

moves F 192.168.246.130 192.168.246.150 || bail "F does not move"
check "who has another address says so at once" lab_until 10 neighbour b bob 192.168.246.150
check "and is written to there" send b bob moved
check "and writes from there" send f alice 'moved too'
moves F 192.168.246.150 192.168.246.130 || bail "F does not move back"
check "and back" lab_until 10 neighbour b bob 192.168.246.130
stop f
in_ns F ip link set eth0 down || bail "F stays connected"
start_peerd f F bob
in_ns F ip link set eth0 up || bail "F stays unconnected"
check "a network may come after the start" lab_until 10 neighbour f alice 192.168.246.129
check "and messages with it" lab_until 5 send f alice 'here now'

lab_both || bail "no M"
start_peerd d D dora
start_peerd m M mona
check "a host on two networks sees those of one" lab_until 5 neighbour m alice
check "and of the other" lab_until 5 neighbour m dora
check "is seen on one" lab_until 5 neighbour b mona 192.168.246.140
check "and on the other, from its address there" lab_until 5 neighbour d mona 192.168.239.140
check "writes to both" send m alice one
check "from where it is known" send m dora two
check "which does not bring those together" no_neighbour b dora
stop m

lab_capture_start lan B
stop f
check "who leaves is gone at once" lab_until 1 no_neighbour b bob
check "and says it twice" lab_until 2 exits 2
lab_capture_stop lan

no_ip4 B
no_ip4 F
kill -HUP "$(cat "$LAB_DIR/b.pid")"
start_peerd f F bob
check "without IPv4 they meet by a group" lab_until 10 neighbour f alice '\[fe80::'
check "and write" lab_until 5 send f alice six

no_ip4 D
no_ip4 M eth1
no_ip4 M
kill -HUP "$(cat "$LAB_DIR/d.pid")"
start_peerd m M mona
check "so do those of two networks" lab_until 10 neighbour m alice
check "on both" lab_until 10 neighbour m dora
check "where all have the same prefix" lab_until 10 neighbour d mona '\[fe80::'
check "and each is written to on its own" lab_until 5 send m alice 'six one'
check "one as the other" lab_until 5 send m dora 'six two'
check "and answers there" lab_until 5 send d mona back
lab_until 10 has_entered m || bail "m does not get on"
stop b
stop d
start_peerd b B alice
start_peerd d D dora
check "who comes later is answered on the one" lab_until 10 neighbour b mona
check "and on the other" lab_until 10 neighbour d mona
check "and written to" lab_until 5 send m alice 'six again'
check "on both again" lab_until 5 send m dora 'six again'
