#!/bin/sh
# How deep behind private networks a peer is, as it counts itself: behind its own router and a
# carrier's, behind the carrier's alone, behind none, and where routers keep silent.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

#	B -- A -- X -- P -- S
#	|         |    |
#	|         Y    Z
#	B 192.168.246.129    A 192.168.246.1, 100.64.7.2    X 100.64.7.1, 203.0.113.2
#	Y 100.64.7.3         P 203.0.113.1, 198.51.100.1    Z 203.0.113.3    S 198.51.100.9

# segment NAME NAMESPACE INTERFACE ADDRESS...: a bridge in the namespace "wires" with hosts on it.
segment()
{
	bridge=$1
	shift
	in_ns wires ip -batch - <<-END || bail "no bridge $bridge"
		link add $bridge type bridge
		link set $bridge up
	END
	while [ $# -gt 0 ]; do
		[ -e "$LAB_DIR/ns/$1" ] || lab_ns "$1" || bail "no namespace $1"
		in_ns wires ip -batch - <<-END || bail "no cable to $1"
			link add $bridge-$1 type veth peer name $2 netns $LAB_DIR/ns/$1
			link set $bridge-$1 master $bridge up
		END
		in_ns "$1" ip -batch - <<-END || bail "no address of $1"
			addr add $3/24 dev $2
			link set $2 up
		END
		shift 3
	done
}

# router NAME WAN KIND
router()
{
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || bail "$1 does not forward"
	[ -z "$3" ] || in_ns "$1" nft -D "wan=$2" -f "$LAB_HERE/nat/$3.nft" || bail "no NAT $1"
}

# counted NAME PATTERN
counted()
{
	lab_until 15 has "$LAB_DIR/$1.err" "$2"
}

# peer NAME NAMESPACE
peer()
{
	start_peerd "$1" "$2" "$1" 'lan = "off"' 'supernodes = { "198.51.100.9" }'
	lab_until 7 registered "$1" || not_ok "$1 does not register"
}

plan 9
lab_ns wires || bail "no network namespace"
lab_no_bridge_nf wires
segment home B eth0 192.168.246.129 A lan 192.168.246.1
segment cgn A wan 100.64.7.2 X lan 100.64.7.1 Y eth0 100.64.7.3
segment out X wan 203.0.113.2 P lan 203.0.113.1 Z eth0 203.0.113.3
segment far P wan 198.51.100.1 S eth0 198.51.100.9
in_ns B ip route add default via 192.168.246.1
in_ns A ip route add default via 100.64.7.1
in_ns Y ip route add default via 100.64.7.1
in_ns X ip route add default via 203.0.113.1
in_ns Z ip route add default via 203.0.113.1
in_ns S ip route add default via 198.51.100.1
router A 100.64.7.2 port-restricted
router X 203.0.113.2 port-restricted
router P 198.51.100.1 ''
start_superd s S
lab_capture_start far S

peer b B
peer y Y
peer z Z
check "two routers of private addresses" counted b 'private routers on .*: 2$'
check "the carrier's alone" counted y 'private routers on .*: 1$'
check "none" counted z 'private routers on .*: 0$'
# What would come as far as the supernode has a TTL of 4 at the start, and 1 at the end.
# sees_none CAPTURE
sees_none()
{
	lab_capture_stop "$1"
	! has "$LAB_DIR/$1.out" ' > 198\.51\.100\.9:2425 .* NOOPERATION'
}
check "nothing of it comes as far as the supernode" sees_none far

silent()
{
	in_ns "$1" nft -f - <<-END
		table ip silent {
			chain out {
				type filter hook output priority 0
				icmp type time-exceeded drop
			}
		}
	END
}

stop b
silent A || bail "A does not keep silent"
peer b B
check "a silent one counts when one behind it does" counted b 'private routers on .*: 2$'
stop b
silent X || bail "X does not keep silent"
peer b B
check "silent ones alone do not" counted b 'private routers on .*: 0$'
stop b
silent P || bail "P does not keep silent"
peer b B
check "nobody says anything" counted b 'no router on the way'
stop b
in_ns A nft delete table ip silent
lab_capture_start again S
peer b B
check "what is behind the first silent one is not asked for" counted b 'private routers on .*: 1$'
check "so nothing comes to a supernode that is near" sees_none again
