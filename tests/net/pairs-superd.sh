#!/bin/sh
# Which pairs of NATs the supernode joins when it orders both sides, with seed doubles as peers:
# all that one packet from each side can open, whoever asks.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd

kinds="public full-cone addr-restricted port-restricted reject"
b=$LAB_DIR/b.out
d=$LAB_DIR/d.out

# Why the pair at hand did not open goes to $step.
opens()
{
	step="B does not enter"
	lab_until 5 seed_entered b '192\.168\.1\.4' || return 1
	step="D does not enter"
	lab_until 5 seed_entered d '192\.168\.1\.4' || return 1
	tell b ask dave@sales
	step="B does not hear D"
	lab_until 5 has "$b" '^recv (ANS)?ENTRY .* dave@sales$' || return 1
	step="D does not hear B"
	lab_until 5 has "$d" '^recv (ANS)?ENTRY .* bob@sales$' || return 1
	tell b send dave hello
	step="a message from B to D is not confirmed"
	lab_until 3 has "$b" '^confirmed ' || return 1
	tell d send bob hello
	step="a message from D to B is not confirmed"
	lab_until 3 has "$d" '^confirmed ' || return 1
	step=
}

pair()
{
	lab_nat A "$1" || bail "no $1 at A"
	lab_nat C "$2" || bail "no $2 at C"
	start_superd e E
	start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
	start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4
	tell b enter
	tell d enter
	if opens; then
		ok "$1 asks for $2"
		row="$row$(printf '%-18s' open)"
	else
		not_ok "$1 asks for $2: $step"
		row="$row$(printf '%-18s' -)"
	fi
	for one in b d e; do
		stop "$one" >/dev/null
	done
}

plan 25
lab_up public public
table=$(printf '%-18s' "asks for:")
# shellcheck disable=SC2086 # a list of words
table="$table$(printf '%-18s' $kinds)"
for asker in $kinds; do
	row=$(printf '%-18s' "$asker")
	for target in $kinds; do
		pair "$asker" "$target"
	done
	table=$(printf '%s\n%s' "$table" "$row")
done
diag "$table"
