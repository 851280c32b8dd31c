#!/bin/sh
# The lab before anything is measured in it: low TTLs die between the routers, packets get lost,
# addresses change. What its routers are is in nat-itself.sh.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1

# A message that wants no confirmation and leaves no user behind: note FROM ENDPOINT TEXT
note()
{
	tell "$1" raw "$2" "1:1:$1:$1:524320:$3"
}

# heard FILE TEXT: who sent it last, in $from; fails when it was not heard within 2 s.
heard()
{
	lab_until 2 has "$1" "^recv MESSAGE .* $2\$" || return 1
	from=$(awk -v text="$2" '$2 == "MESSAGE" && $NF == text { from = $3 } END { print from }' "$1")
}

hears_nothing()
{
	catch_up e1
	! has "$LAB_DIR/e1.out" " $1\$"
}

seen_leaving()
{
	lab_until 2 has "$LAB_DIR/inet.out" "> 192.168.1.4:2425 ttl $1 "
}

# knows_way ROUTER HOST VIA
knows_way()
{
	in_ns "$1" ip route get "$2" | grep -q "via $3 "
}

plan 10
lab_up public public
if knows_way A 192.168.239.128 192.168.1.3 && knows_way C 192.168.246.129 192.168.1.2; then
	ok "routers without NAT know the way to each other's LAN"
else
	not_ok "routers without NAT know the way to each other's LAN"
fi
start_seed b B
start_seed e1 E

lab_nat A port-restricted
lab_capture_start inet
in_ns B sh -c 'echo 3 >/proc/sys/net/ipv4/ip_default_ttl'
start_seed low B --port=2428
note low 192.168.1.4:2425 low-ttl
check "a TTL of 3 leaves the router" seen_leaving 2
check "and dies before the next" hears_nothing low-ttl
in_ns B sh -c 'echo 4 >/proc/sys/net/ipv4/ip_default_ttl'
start_seed higher B --port=2429
note higher 192.168.1.4:2425 higher-ttl
check "a TTL of 4 arrives" heard "$LAB_DIR/e1.out" higher-ttl
in_ns B sh -c 'echo 64 >/proc/sys/net/ipv4/ip_default_ttl'

lab_loss A 100
note b 192.168.1.4:2425 lost
seen_leaving 63
check "what the internet loses does not arrive" hears_nothing lost
check "though the router has mapped it" [ "$(lab_mappings A)" -gt 0 ]
lab_loss A 0
note b 192.168.1.4:2425 found
check "and does when it no longer loses" heard "$LAB_DIR/e1.out" found

lab_address A 192.168.1.12
note b 192.168.1.4:2425 moved
heard "$LAB_DIR/e1.out" moved
check "a changed address shows" [ "$from" = 192.168.1.12:2425 ]

lab_site F 192.168.1.6 192.168.10.1 symmetric-seq
lab_host H F 192.168.10.2
start_seed h H
note h 192.168.1.4:2425 third
heard "$LAB_DIR/e1.out" third
check "a third site joins" [ "$from" = 192.168.1.6:30000 ]

lab_down
lab_up full-cone full-cone
start_seed b B
start_seed e1 E
note b 192.168.1.4:2425 again
check "the lab can be built again" heard "$LAB_DIR/e1.out" again
