#!/bin/sh
# Peers on a LAN without IPv4: they find each other by the multicast groups.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1
[ -d /proc/sys/net/ipv6 ] || skip_all "the kernel has no IPv6"

plan 11
lan_up o p s
for one in o p s; do
	in_ns "$one" ip -4 addr flush dev eth0
done
in_ns p ip -6 addr show dev eth0 | grep -q 'fd77::2' || skip_all "no IPv6 address can be set here"
lab_capture_start wire lan -x
start_stock s s --ipv6 --user=alice --host=ALPHA --nick=アリス --group=開発
# shellcheck disable=SC2119
start_ours
start_called ピア sales p p pia

# theirs PATTERN: the other peer's line of a list.
check "we see the other peer" lab_until 7 neighbour o '"name":"ピア@sales".*"endpoint":"\[fd77::2\]:2425"'
check "and it us" lab_until 7 neighbour p '"name":"ボブ@営業".*"endpoint":"\[fd77::1\]:2425"'
check "entries go to the site's group" wire \
	'^[0-9.]+ \[fd77::1\]:2425 > \[ff15::979\]:2425 .* 16777217 ENTRY 1:[0-9]+:bob:'
check "and to the link's" wire '^[0-9.]+ \[fd77::1\]:2425 > \[ff02::1\]:2425 ttl 1 .* ENTRY 1:[0-9]+:bob:'

message()
{
	ctl o send ピア "$konnichiwa" | grep -q '^delivered$' || return 1
	mail p "\"name\":\"ボブ@営業\",\"text\":\"$konnichiwa\"" || return 1
	ctl p send ボブ@営業 'やあ' | grep -q '^delivered$' && mail o '"name":"ピア@sales","text":"やあ"'
}
check "messages both ways" message

sealed()
{
	ctl p send --sealed --no-wait ボブ@営業 'closed' >/dev/null || return 1
	lab_until 7 mail o '"text":"".*"state":"sealed"' || return 1
	ctl o read "$(id_of '"state":"sealed"')" >/dev/null || return 1
	lab_until 7 mail p '"text":"closed".*"state":"read"'
}
check "a sealed one" sealed

away()
{
	ctl o absence on --title 昼食 食事中です >/dev/null || return 1
	lab_until 5 neighbour p '"nick":"ボブ\[昼食\]".*"absent":true' || return 1
	ctl o absence off >/dev/null
	lab_until 5 neighbour p '"nick":"ボブ".*"absent":false'
}
check "being away" away

to_all()
{
	ctl o send --all '全員へ' >/dev/null || return 1
	lab_until 5 mail p '"text":"全員へ".*"broadcast":true'
}
check "a message to all" to_all

stock()
{
	tell s enter
	lab_until 7 neighbour o '"name":"アリス@開発".*"endpoint":"\[[0-9a-f:]*\]:2425"' || return 1
	listed s "^user \[[0-9a-f:]*\]:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 present\$"
}
check "a stock client too" stock

with_stock()
{
	ctl o send アリス "$konnichiwa" | grep -q '^delivered$' &&
		heard s "^message $BOB_UTF8 $(escaped "$konnichiwa")\$" || return 1
	to_ours s ボブ アリス@開発 'やあ、ボブ'
}
check "messages both ways with it" with_stock

left()
{
	stop o
	lab_until 5 lab_not neighbour p '"name":"ボブ@営業"' && gone s ' bob nodeo '
}
check "who leaves is gone" left
