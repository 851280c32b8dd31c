#!/bin/sh
# The internet loses 30 % of all that the two NATs send: of entries, asks, acknowledgements,
# punches, messages and confirmations. Twenty introductions and twenty messages, all succeed, and
# each message is there once. Each introduction is between peers that have just started, behind
# routers that remember nothing; they register before the loss begins, so that the rounds measure
# what comes after.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

rounds=20
patience=150 # seconds: what all tries of a message have lost is tried again after 30, then 60
asked=0
delivered=0
slowest_ask=0
slowest_message=0
once=0

loss()
{
	lab_loss A "$1" && lab_loss C "$1"
}

begin()
{
	lab_flush A
	lab_flush C
	start_peerd d D dave 'supernodes = { "192.168.1.4" }'
	start_peerd b B bob 'supernodes = { "192.168.1.4" }'
	lab_until 5 registered b || bail "B does not register"
	lab_until 5 registered d || bail "D does not register"
	loss 30
}

count_lost()
{
	lost_a=$((lost_a + $(lab_lost A)))
	lost_c=$((lost_c + $(lab_lost C)))
	loss 0
}

# message FROM NICK TO TEXT
message()
{
	lab_clock
	began=$lab_now
	timeout "$patience" "$LAB_CTL" -s "$LAB_DIR/$1.sock" send --wait delivered "$2@sales" "$4" \
		>"$LAB_DIR/ctl.out" 2>"$LAB_DIR/ctl.err" || return 1
	lab_clock
	took=$((lab_now - began))
	[ "$took" -le "$slowest_message" ] || slowest_message=$took
	received "$3" "$4"
}

# how_often NAME TEXT: in what the peer has received.
how_often()
{
	ctl "$1" --json messages --all | sed 's/{"id"/\n&/g' | grep '"direction":"received"' |
		grep -c "\"text\":\"$2\""
}

# Both anew: what is on disk counts.
count_messages()
{
	start_peerd d D dave
	start_peerd b B bob
	for number in $(seq "$rounds"); do
		of_d=$(how_often d "message $number")
		of_b=$(how_often b "message $number")
		case $((number % 2)):$of_d:$of_b in
		0:1:0 | 1:0:1) once=$((once + 1)) ;;
		*) diag "message $number: D has it $of_d times, B $of_b times" ;;
		esac
	done
}

any_message()
{
	if [ $(($1 % 2)) -eq 0 ]; then
		message b dave d "message $1"
	else
		message d bob b "message $1"
	fi
}

fail_round()
{
	diag "round $1: $2"
	lab_show_logs
}

round()
{
	begin
	if timed_ctl b ask dave@sales; then
		asked=$((asked + 1))
		[ "$took" -le "$slowest_ask" ] || slowest_ask=$took
	else
		fail_round "$1" "the ask fails"
	fi
	if any_message "$1"; then
		delivered=$((delivered + 1))
	else
		fail_round "$1" "the message is not delivered"
	fi
	count_lost
	stop b >/dev/null
	stop d >/dev/null
}

plan 5
lost_a=0
lost_c=0
lab_up port-restricted port-restricted
start_superd e E
number=0
while [ "$number" -lt "$rounds" ]; do
	number=$((number + 1))
	round "$number"
done
count_messages
diag "slowest ask $((slowest_ask * 10)) ms, slowest message $((slowest_message * 10)) ms"
diag "lost behind A $lost_a packets, behind C $lost_c"
check "$asked of $rounds asks succeed" [ "$asked" -eq "$rounds" ]
check "$delivered of $rounds messages are confirmed" [ "$delivered" -eq "$rounds" ]
check "$once of $rounds messages are there once, after all restarts" [ "$once" -eq "$rounds" ]
check "packets of B were lost" [ "$lost_a" -gt "$rounds" ]
check "packets of D were lost" [ "$lost_c" -gt "$rounds" ]
