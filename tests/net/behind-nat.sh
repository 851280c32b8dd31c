#!/bin/sh
# Where a NAT is not alone: a customer's behind a carrier's, two customers of one carrier, ports
# out of a block, two peers behind one NAT with and without a way back inside, and on one LAN.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

# The peer of that namespace: its process in $peer, its nick in $nick.
peer_of()
{
	case $1 in
	B) peer=b nick=bob ;;
	D) peer=d nick=dave ;;
	F) peer=f nick=fay ;;
	R) peer=r nick=rose ;;
	T) peer=t nick=tom ;;
	esac
}

start_peer()
{
	peer_of "$1"
	start_peerd "$peer" "$1" "$nick" 'supernodes = { "192.168.1.4" }' "lan = \"${lan:-off}\""
}

# Peers that know nothing yet, and a supernode that knows nobody.
begin()
{
	start_superd e E
	for one in "$@"; do
		start_peer "$one"
	done
}

end()
{
	for one in "$@"; do
		peer_of "$one"
		stop "$peer" >/dev/null
	done
	stop e >/dev/null
}

# asks ASKER TARGET OUTCOME CASE: OUTCOME is the word of the diagnosis, or the beginning of the
# address at which the asker has the other in the end.
asks()
{
	begin "$2" "$1"
	peer_of "$2"
	other=$peer
	other_nick=$nick
	peer_of "$1"
	outcome=
	meets "$peer" "$nick" "$other" "$other_nick" || outcome=${diagnosis:-failed}
	if [ -n "$outcome" ] && [ "$outcome" = "$3" ]; then
		ok "$4: $outcome"
	elif [ -n "$outcome" ]; then
		not_ok "$4: $outcome instead of $3 ($step)"
	else
		check "$4: open" lab_until 5 has_path "$peer" "$other_nick" "$3"
	fi
	end "$1" "$2"
}

# behind CARRIER CUSTOMER OTHER OUTCOME OUTCOME: R, behind both, asks D, and D asks R.
behind()
{
	for kind in "K $1" "P $2" "C $3"; do
		# shellcheck disable=SC2086 # two words
		lab_nat $kind || bail "no $kind"
	done
	asks R D "$4" "$2 behind $1 asks for $3"
	lab_flush K && lab_flush P && lab_flush C
	asks D R "$5" "$3 asks for $2 behind $1"
}

# customers CARRIER CUSTOMER CUSTOMER OUTCOME: T asks R, both behind the same carrier.
customers()
{
	for kind in "K $1" "P $2" "S $3"; do
		# shellcheck disable=SC2086 # two words
		lab_nat $kind || bail "no $kind"
	done
	asks T R "$4" "two customers of a carrier ($1): $3 asks for $2"
}

# apart KIND KIND OUTCOME: B asks D.
apart()
{
	lab_nat A "$1" || bail "no $1"
	lab_nat C "$2" || bail "no $2"
	asks B D "$3" "$1 asks for $2"
}

# together KIND OUTCOME CASE: B asks F, both behind A and at the same port.
together()
{
	lab_nat A "$1" || bail "no $1"
	asks B F "$2" "$3 behind one NAT ($1)"
}

# That nothing of it went through the internet shows the capture.
over_the_lan()
{
	timed_ctl b send --now fay@sales 'over the wall' && timed_ctl f send --now bob@sales 'and back' &&
		lab_until 2 has "$LAB_DIR/lan.out" \
			' 192\.168\.246\.130:2425 > 192\.168\.246\.129:2425 .* MESSAGE' &&
		! has "$LAB_DIR/inet.out" ' MESSAGE'
}

on_the_lan()
{
	timed_ctl b ask fay@sales && has "$LAB_DIR/ctl.out" 'local network.* 192\.168\.246\.130:2425'
}

if [ -z "${LAB_PART-}" ]; then
	plan 44
	lab_parts 2
	exit
fi

lab_up public public
lab_host F A 192.168.246.130 || bail "no F"
lab_site K 192.168.1.6 100.64.0.1 public || bail "no carrier K"
lab_site P 100.64.0.2 192.168.10.1 public K || bail "no customer P"
lab_site S 100.64.0.3 192.168.11.1 public K || bail "no customer S"
lab_host R P 192.168.10.2 || bail "no R"
lab_host T S 192.168.11.2 || bail "no T"

carriers()
{
	behind port-restricted port-restricted port-restricted 192.168.1.3 192.168.1.6
	behind port-block port-restricted port-block 192.168.1.3 192.168.1.6
	behind open-input port-restricted port-restricted 192.168.1.3 192.168.1.6
	behind port-restricted open-input port-restricted 192.168.1.3 192.168.1.6
	behind open-input open-input open-input 192.168.1.3 192.168.1.6
	behind address-dependent full-cone addr-restricted 192.168.1.3 192.168.1.6
	behind symmetric-random port-restricted full-cone 192.168.1.3 192.168.1.6
	behind full-cone symmetric-seq full-cone 192.168.1.3 192.168.1.6
	behind full-cone port-restricted symmetric-random their-dependent own-dependent
	behind symmetric-random full-cone port-restricted own-dependent their-dependent
}

beside()
{
	customers hairpin port-restricted port-restricted 192.168.1.6
	customers hairpin full-cone port-block 192.168.1.6
	customers hairpin port-restricted open-input 192.168.1.6
	customers hairpin open-input port-restricted 192.168.1.6
	customers port-restricted port-restricted port-restricted no-hairpin
	customers port-block full-cone full-cone no-hairpin

	apart port-block port-block 192.168.1.3
	apart port-block port-restricted 192.168.1.3
	apart port-restricted port-block 192.168.1.3
	apart port-block open-input 192.168.1.3
	apart open-input port-block 192.168.1.3
	apart port-block symmetric-random their-dependent
	apart symmetric-seq port-block own-dependent

	together port-restricted 192.168.246.130:2425 "two"
	together hairpin 192.168.246.130:2425 "two"
	together open-input 192.168.246.130:2425 "two"
	together port-block 192.168.246.130:2425 "two"
	together full-cone 192.168.246.130:2425 "two"
	together symmetric-random 192.168.246.130:2425 "two"
	lab_isolate A on B F || bail "no isolation"
	together hairpin 192.168.1.2 "two who do not reach each other"
	together port-restricted no-hairpin "two who do not reach each other"
	lab_isolate A off B F || bail "no end of the isolation"

	lab_nat A port-restricted || bail "no port-restricted"
	lan=private
	begin B F
	lab_until 10 registered b || bail "B does not register"
	lab_until 10 registered f || bail "F does not register"
	lab_capture_start lan B
	lab_capture_start inet
	check "on one LAN they know each other" lab_until 5 neighbour b fay
	check "an ask leads to the address there" on_the_lan
	check "messages pass there" over_the_lan
	lab_capture_stop inet
	lab_capture_stop lan
	end B F
}

case $LAB_PART in
1) carriers ;;
2) beside ;;
esac
