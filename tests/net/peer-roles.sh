#!/bin/sh
# Each of B, D and E is ours or a seed, in all eight combinations: a path opens whoever asks, and
# messages are confirmed both ways. A seed supernode tells its asker nothing, so that one has to
# be given D's outer address, which is step 2 of the seed's figure.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

# start_peer KIND NAME NAMESPACE NICK
start_peer()
{
	if [ "$1" = ours ]; then
		start_peerd "$2" "$3" "$4" 'supernodes = { "192.168.1.4" }' 'refresh = 2'
	else
		start_seed "$2" "$3" --user="$4" --host="node$2" --nick="$4" --group=sales \
			--supernode=192.168.1.4
		tell "$2" enter
	fi
}

# entered KIND NAME: at $e, and proven there where that is wanted.
entered()
{
	case $1-$e in
	ours-*) registered "$2" ;;
	seed-ours) seed_entered "$2" '192\.168\.1\.4' ;;
	seed-seed) has "$LAB_DIR/$2.out" '^recv ANSENTRY 192\.168\.1\.4:2425' ;;
	esac
}

ask()
{
	case $b-$e in
	ours-ours) timed_ctl b ask dave@sales ;;
	ours-seed) timed_ctl b ask dave@sales --at 192.168.1.3 ;;
	seed-ours) tell b ask dave@sales ;;
	seed-seed)
		tell b enter 192.168.1.3
		tell b ask dave@sales
		;;
	esac
}

# knows KIND NAME NICK: the other one, and where it is.
knows()
{
	if [ "$1" = ours ]; then
		has_path "$2" "$3"
	else
		has "$LAB_DIR/$2.out" "^recv (ANS)?ENTRY .* $3@sales\$"
	fi
}

opens()
{
	lab_until 10 entered "$b" b || return 1
	lab_until 10 entered "$d" d || return 1
	ask || return 1
	lab_until 10 knows "$b" b dave && lab_until 10 knows "$d" d bob
}

# arrived KIND NAME TEXT
arrived()
{
	if [ "$1" = ours ]; then
		received "$2" "$3"
	else
		has "$LAB_DIR/$2.out" "^recv MESSAGE .* $3\$"
	fi
}

# message KIND NAME NICK KIND NAME: from the one to NICK, who is the other.
message()
{
	text="from $2 to $5"
	if [ "$1" = ours ]; then
		timed_ctl "$2" send --now "$3@sales" "$text" || return 1
	else
		tell "$2" send "$3" "$text"
		lab_until 5 has "$LAB_DIR/$2.out" '^confirmed ' || return 1
	fi
	lab_until 2 arrived "$4" "$5" "$text"
}

combination()
{
	case $e in
	ours) start_superd e E ;;
	seed) start_seed e E --user=super --host=nodee ;;
	esac
	start_peer "$d" d D dave
	start_peer "$b" b B bob
	check "B $b, D $d, E $e: an ask of B opens the path" opens
	check "B $b, D $d, E $e: B's message is confirmed" message "$b" b dave "$d" d
	check "B $b, D $d, E $e: D's message is confirmed" message "$d" d bob "$b" b
	for one in b d e; do
		stop "$one" >/dev/null
	done
	lab_flush A
	lab_flush C
}

plan 24
lab_up "${KIND_A:-port-restricted}" "${KIND_C:-port-restricted}"
for e in ours seed; do
	for b in ours seed; do
		for d in ours seed; do
			combination
		done
	done
done
