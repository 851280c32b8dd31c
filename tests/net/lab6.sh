# shellcheck shell=sh
# The lab with IPv6 beside IPv4. A test sources this file instead of lab.sh, whose top says more.
#
#	              E 2001:db8::4
#	              |
#	B -- lan A wan - inet - wan C lan -- D
#
#	B 2001:db8:a::129   A 2001:db8:a::1, 2001:db8::2
#	D 2001:db8:c::128   C 2001:db8:c::1, 2001:db8::3
#
# Addresses for documentation, since a private one is nothing a stranger may tell.
#
# Topology   lab6_up KIND_A KIND_C, lab6_only
# Routers    lab6_firewall
#
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
[ -d /proc/sys/net/ipv6 ] || skip_all "the kernel has no IPv6"

# lab6_address NAMESPACE INTERFACE ADDRESS: of use at once, and not after a second of looking for
# its double.
lab6_address()
{
	in_ns "$1" ip addr add "$3/64" dev "$2" nodad
}

# lab6_up KIND_A KIND_C: as lab_up, with a firewall for IPv6 in both routers. Each pair of routers
# knows the way to the other's LAN, as it is with IPv6.
lab6_up()
{
	lab_up "$1" "$2"
	lab6_address E eth0 2001:db8::4 2>/dev/null || skip_all "no IPv6 address can be set here"
	lab6_site A 2001:db8::2 2001:db8:a::1 B 2001:db8:a::129 || bail "no IPv6 at A"
	lab6_site C 2001:db8::3 2001:db8:c::1 D 2001:db8:c::128 || bail "no IPv6 at C"
	for lab_one in E C; do
		in_ns "$lab_one" ip route add 2001:db8:a::/64 via 2001:db8::2 || bail "no way to B"
	done
	for lab_one in E A; do
		in_ns "$lab_one" ip route add 2001:db8:c::/64 via 2001:db8::3 || bail "no way to D"
	done
	lab6_firewall A firewall6
	lab6_firewall C firewall6
}

# lab6_site ROUTER WAN LAN HOST ADDRESS
lab6_site()
{
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding' &&
		lab6_address "$1" wan "$2" && lab6_address "$1" lan "$3" &&
		lab6_address "$4" eth0 "$5" && in_ns "$4" ip route add default via "$3"
}

# lab6_firewall ROUTER KIND: for IPv6, firewall6 or blocked6, with nothing remembered. It goes with
# the next lab_nat or lab_flush of that router.
lab6_firewall()
{
	in_ns "$1" nft -f "$LAB_HERE/nat/$2.nft" || bail "no $2 at $1"
	in_ns "$1" conntrack -F -f ipv6 >/dev/null 2>&1 || bail "$1 does not forget"
}

# lab6_only HOST...: these have no IPv4 any more.
lab6_only()
{
	for lab_one in "$@"; do
		in_ns "$lab_one" ip -4 addr flush dev eth0 || bail "$lab_one keeps IPv4"
	done
}
