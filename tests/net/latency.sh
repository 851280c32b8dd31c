#!/bin/sh
# Asking over distances: the asker hears the other peer as soon as three legs can be travelled, from
# the asker to the supernode, on to the target, and from there to the asker; a tenth and 30 ms more
# are allowed, for the opener's lead and a busy machine. Each ask is for another target, so that
# each is an introduction. ASKS says how many there are for each of the distances (7).
# shellcheck source-path=SCRIPTDIR source=delay.sh
. "${top_srcdir:-.}/tests/net/delay.sh" || exit 1
lab_need_superd
lab_need_peerd

asks=${ASKS:-7}
kind=port-restricted

# begin A E C: a cable of so many ms to each, an asker, and as many targets as there are asks.
begin()
{
	lab_delay A "$1"
	lab_delay E "$2"
	lab_delay C "$3"
	lab_flush A
	lab_flush C
	start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'lan = "off"'
	number=0
	while [ "$number" -lt "$asks" ]; do
		number=$((number + 1))
		start_peerd "d$number" D "dave$number" 'supernodes = { "192.168.1.4" }' \
			'lan = "off"' "wan-port = $((2500 + number))"
	done
	lab_until 10 all_registered || bail "not all register"
}

all_registered()
{
	registered b || return 1
	number=0
	while [ "$number" -lt "$asks" ]; do
		number=$((number + 1))
		registered "d$number" || return 1
	done
}

end()
{
	stop b >/dev/null
	number=0
	while [ "$number" -lt "$asks" ]; do
		number=$((number + 1))
		stop "d$number" >/dev/null
	done
}

# ask NUMBER: after how many ms B heard that target, to $LAB_DIR/heard. What it hears first may be
# an answer to what it sent itself, which opens the path at once.
ask()
{
	timed_ctl b --json ask -v "dave$1@sales" || return 1
	grep -E -m 1 '"step": *"(heard|open)"' "$LAB_DIR/ctl.out" |
		sed 's/.*"elapsed_ms": *\([0-9]*\).*/\1/' >"$LAB_DIR/heard.one"
	[ -s "$LAB_DIR/heard.one" ] && cat "$LAB_DIR/heard.one" >>"$LAB_DIR/heard"
}

# distance A E C
distance()
{
	begin "$@"
	: >"$LAB_DIR/heard"
	number=0
	while [ "$number" -lt "$asks" ]; do
		number=$((number + 1))
		ask "$number" || diag "not heard: dave$number: $(cat "$LAB_DIR/ctl.out" "$LAB_DIR/ctl.err")"
	done
	end
	legs=$((2 * ($1 + $2 + $3)))
	allowed=$((legs + legs / 10 + 30))
	heard=$(wc -l <"$LAB_DIR/heard")
	# shellcheck disable=SC2046 # three numbers
	set -- "cables of $1, $2 and $3 ms" $(sort -n "$LAB_DIR/heard" |
		awk '{ time[NR] = $1 } END { print time[1] + 0, time[int((NR + 1) / 2)] + 0, time[NR] + 0 }')
	diag "$1: three legs take $legs ms, $heard targets were heard after $2 to $4 ms, median $3 ms"
	check "$1: all are heard" [ "$heard" -eq "$asks" ]
	check "$1: none before it can be" [ "$2" -ge "$legs" ]
	check "$1: the median is at most $allowed ms" [ $(($3 > 0 && $3 <= allowed)) -eq 1 ]
}

# The cables of the asker's router, the supernode and the target's router.
plan 9
lab_up "$kind" "$kind"
lab_delay E 0
start_superd e E
distance 10 40 120
distance 120 10 40
distance 40 90 15
