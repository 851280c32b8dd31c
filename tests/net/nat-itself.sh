#!/bin/sh
# The routers of the lab before anything is measured behind them: every kind of NAT maps, filters,
# keeps ports and leads back inside as its name says, in RFC 4787's words.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1

b=$LAB_DIR/b.out

# A message that wants no confirmation and leaves no user behind: note FROM ENDPOINT TEXT
note()
{
	sent=$(count "$LAB_DIR/$1.out" '^sent raw ')
	tell "$1" raw "$2" "1:1:$1:$1:524320:$3"
	# what comes next may depend on what this one has opened
	lab_until 2 has_sent "$1"
}

has_sent()
{
	[ "$(count "$LAB_DIR/$1.out" '^sent raw ')" -gt "$sent" ]
}

# hears WHO TEXT: who sent it last, in $from; fails when it was not heard within 2 s.
hears()
{
	lab_until 2 has "$LAB_DIR/$1.out" "^recv MESSAGE .* $2\$" || return 1
	from=$(awk -v text="$2" '$2 == "MESSAGE" && $NF == text { from = $3 } END { print from }' \
		"$LAB_DIR/$1.out")
}

# maps FROM TO WHO TEXT: as what WHO, who is at TO, sees FROM goes to $from.
maps()
{
	note "$1" "$2" "$4"
	hears "$3" "$4"
}

# What the router makes of B's packets to two ports of two addresses goes to $mapping: "ei", "ad"
# or "ap", and whether B's port is kept to $ports.
find_mapping()
{
	mapping=none
	ports=-
	maps b 192.168.1.4:2425 e1 "$1-1" || return 0
	first=$from
	maps b 192.168.1.4:2426 e2 "$1-2" || return 0
	port=$from
	maps b 192.168.1.5:2425 e4 "$1-3" || return 0
	address=$from
	maps b 192.168.1.5:2426 e5 "$1-4" || return 0
	case $port,$address,$from in
	"$first,$first,$first") mapping=ei ;;
	"$first,$address,$address") mapping=ad ;;
	*) mapping=ap ;;
	esac
	ports=other
	[ "${first##*:}" != 2425 ] || ports=keep
}

# Who gets in at the mapping toward e1, in $filtering: a stranger at another address, another port
# of the address that B wrote to, or only e1 itself. e1 speaks last, when the others were on their
# way: when it is heard, they would have been.
find_filtering()
{
	filtering=closed
	[ "$mapping" != none ] || return 0
	note g "$first" "$1-address"
	lab_until 2 has "$LAB_DIR/kind.out" " 192.168.1.3:2425 > $first " || return 0
	note e3 "$first" "$1-port"
	lab_until 2 has "$LAB_DIR/kind.out" " 192.168.1.4:2427 > $first " || return 0
	note e1 "$first" "$1-self"
	hears b "$1-self" || return 0
	filtering=port
	if has "$b" " $1-port\$"; then
		filtering=address
	fi
	if has "$b" " $1-address\$"; then
		filtering=none
	fi
}

# Whether B, who writes to where F is seen from outside, reaches it, in $hairpin: "outside" if F
# then sees B as those outside do, "inside" if at its own address. What B writes through the
# router and on the LAN comes after it: when both are heard, it would have been.
find_hairpin()
{
	hairpin=no
	[ "$mapping" != none ] || return 0
	maps f 192.168.1.4:2425 e1 "$1-f" || return 0
	note b "$from" "$1-back"
	maps b 192.168.1.4:2425 e1 "$1-passed" || return 0
	note b 192.168.246.130:2430 "$1-lan"
	hears f "$1-lan" || return 0
	has "$LAB_DIR/f.out" " $1-back\$" || return 0
	hears f "$1-back"
	hairpin=inside
	[ "$from" = 192.168.246.129:2425 ] || hairpin=outside
}

# kind NAME MAPPING FILTERING PORTS HAIRPIN
kind()
{
	lab_nat A "$1" || bail "no $1"
	lab_capture_start kind
	find_mapping "$1"
	find_filtering "$1"
	find_hairpin "$1"
	lab_capture_stop kind
	is "$@"
}

is()
{
	found="mapping $mapping, filtering $filtering, ports $ports, hairpin $hairpin"
	if [ "$found" = "mapping $2, filtering $3, ports $4, hairpin $5" ]; then
		ok "$1: $found"
	else
		not_ok "$1: $found instead of $2, $3, $4, $5"
	fi
}

# Two hosts of one port: the second is given another one, and keeps it for all.
second_port()
{
	lab_nat A "$1" || return 1
	maps b 192.168.1.4:2425 e1 "$1-b" || return 1
	first=$from
	maps g2 192.168.1.4:2425 e1 "$1-g" || return 1
	second=$from
	[ "$first" != "$second" ] || return 1
	maps g2 192.168.1.5:2426 e5 "$1-h" || return 1
	[ "$from" = "$second" ]
}

# Each by the other's port outside, and from its own.
hairpins_both_ways()
{
	second_port hairpin || return 1
	note b "$second" both-b
	hears g2 both-b && [ "$from" = "$first" ] || return 1
	note g2 "$first" both-g
	hears b both-g && [ "$from" = "$second" ]
}

# A mapping through two routers is the worse of the two.
behind_carrier()
{
	lab_nat K "$1" && lab_nat P "$2" || return 1
	maps r 192.168.1.4:2425 e1 "$1-$2-1" || return 1
	first=$from
	[ "${from%:*}" = 192.168.1.6 ] || return 1
	maps r 192.168.1.4:2426 e2 "$1-$2-2" || return 1
	mapping=ap
	[ "$from" != "$first" ] || mapping=ei
	[ "$mapping" = "$3" ]
}

# Two customers of one carrier, by each other's port outside: the first packet opens the own NAT.
customers_meet()
{
	lab_nat K "$1" && lab_nat P port-restricted && lab_nat S port-restricted || return 1
	maps r 192.168.1.4:2425 e1 "$1-r" || return 1
	first=$from
	maps t 192.168.1.4:2425 e1 "$1-t" || return 1
	second=$from
	note r "$second" "$1-opens"
	note t "$first" "$1-there"
	hears r "$1-there" && [ "$from" = "$second" ] || return 1
	note r "$second" "$1-back"
	hears t "$1-back" && [ "$from" = "$first" ]
}

isolated()
{
	lab_isolate A on B F || return 1
	note b 192.168.246.130:2430 isolated
	lab_isolate A off B F || return 1
	note b 192.168.246.130:2430 together
	hears f together && ! has "$LAB_DIR/f.out" ' isolated$'
}

plan 22
lab_up public public
lab_host F A 192.168.246.130 || bail "no F"
start_seed b B
start_seed f F --port=2430
start_seed e1 E --bind=192.168.1.4
start_seed e2 E --bind=192.168.1.4 --port=2426
start_seed e3 E --bind=192.168.1.4 --port=2427
start_seed e4 E --bind=192.168.1.5
start_seed e5 E --bind=192.168.1.5 --port=2426
start_seed g C

kind public ei none keep inside
kind full-cone ei none keep no
kind addr-restricted ei address keep no
kind port-restricted ei port keep no
kind reject ei port keep no
kind open-input ei port keep no
kind address-dependent ad port other no
kind symmetric-random ap port other no
kind symmetric-seq ap port other no
kind port-block ei port other no
kind hairpin ei port keep outside
kind blocked none closed - no

start_seed g2 F
check "port-restricted: two hosts of one port have one outside each" second_port port-restricted
check "port-block: so they have" second_port port-block
check "hairpin: and find each other there" hairpins_both_ways
check "who is isolated reaches nobody else on the LAN" isolated

lab_site K 192.168.1.6 100.64.0.1 public || bail "no carrier K"
lab_site P 100.64.0.2 192.168.10.1 public K || bail "no customer P"
lab_host R P 192.168.10.2 || bail "no R"
start_seed r R
check "no NAT behind a carrier" behind_carrier port-restricted public ei
check "one that keeps its mapping" behind_carrier port-block port-restricted ei
check "behind one that does not" behind_carrier symmetric-random port-restricted ap
check "one that does not, behind one that does" behind_carrier port-restricted symmetric-random ap
lab_site S 100.64.0.3 192.168.11.1 port-restricted K || bail "no customer S"
lab_host T S 192.168.11.2 || bail "no T"
start_seed t T
check "a carrier that leads back inside joins two customers" customers_meet hairpin
check "one that does not keeps them apart" lab_not customers_meet port-restricted
