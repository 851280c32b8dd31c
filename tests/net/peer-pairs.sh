#!/bin/sh
# Which pairs of NATs our peers join with our supernode: every pair in which each side keeps one
# mapping for all, whoever asks, the open-input trap among them. A message passes each way.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

kinds="full-cone addr-restricted port-restricted reject open-input"

# Why the pair at hand did not open goes to $step.
opens()
{
	step="B does not register"
	lab_until 5 registered b || return 1
	step="D does not register"
	lab_until 5 registered d || return 1
	step="the ask fails"
	timed_ctl b ask dave@sales || return 1
	asked=$took
	step="D has no path to B"
	lab_until 5 has_path d bob || return 1
	step="a message from B to D is not confirmed"
	timed_ctl b send dave@sales hello || return 1
	step="a message from D to B is not confirmed"
	timed_ctl d send bob@sales hello || return 1
	step=
}

# New peers for each pair, so that nothing is known of the one before; the supernode stays.
pair()
{
	lab_nat A "$1" || bail "no $1 at A"
	lab_nat C "$2" || bail "no $2 at C"
	start_peerd d D dave 'supernodes = { "192.168.1.4" }'
	start_peerd b B bob 'supernodes = { "192.168.1.4" }'
	if opens; then
		ok "$1 asks for $2"
		row="$row$(printf '%-17s' "$((asked * 10)) ms")"
	else
		not_ok "$1 asks for $2: $step"
		row="$row$(printf '%-17s' -)"
	fi
	stop b >/dev/null
	stop d >/dev/null
}

plan 25
lab_up full-cone full-cone
start_superd e E
table=$(printf '%-17s' "asks for:")
# shellcheck disable=SC2086 # a list of words
table="$table$(printf '%-17s' $kinds)"
for asker in $kinds; do
	row=$(printf '%-17s' "$asker")
	for target in $kinds; do
		pair "$asker" "$target"
	done
	table=$(printf '%s\n%s' "$table" "$row")
done
diag "$table"
