#!/bin/sh
# The wire before anything is timed over it: it delays, each direction by its own, never early and
# not much late; it jitters, loses and overflows as it is told, and says how much. It lies at E,
# and a capture of the internet sees what E sends before the wire and behind it.
# shellcheck source-path=SCRIPTDIR source=delay.sh
. "${top_srcdir:-.}/tests/net/delay.sh" || exit 1

b=192.168.246.129:2425
e=192.168.1.4:2425

# notes NUMBER TEXT: so many messages from E to B that want no confirmation.
notes()
{
	number=0
	while [ "$number" -lt "$1" ]; do
		number=$((number + 1))
		tell e raw $b "1:$number:e:e:524320:$2-$number"
	done
	catch_up e
}

# arrived TEXT: how many of these notes B has.
arrived()
{
	catch_up b
	count "$LAB_DIR/b.out" "^recv MESSAGE .* $1-[0-9]+\$"
}

all_arrived()
{
	[ "$(arrived "$1")" -eq "$2" ]
}

# pings FIRST: twenty messages from B, numbered from there; the next goes when E has confirmed the
# last. Their times on the way go to $LAB_DIR/pings, a line each: before the wire, the confirmation
# before the wire, the confirmation behind it.
pings()
{
	number=$1
	while [ "$number" -lt $(($1 + 20)) ]; do
		tell b raw $e "1:$number:b:b:288:ping"
		lab_until 5 has "$LAB_DIR/b.out" "^recv RECVMSG .* $number\$" ||
			bail "a message from B to E is not confirmed"
		number=$((number + 1))
	done
	sed -n "s/^\([0-9]*\)\.\([0-9]*\) .* MESSAGE 1:\([0-9]*\):.*:ping\$/\1\2 \3 ping/p
		s/^\([0-9]*\)\.\([0-9]*\) .* RECVMSG .*:\([0-9]*\)\(\\\\x00\)*\$/\1\2 \3 pong/p" \
		"$LAB_DIR/inet.out" | awk -v first="$1" '$2 < first { next }
			$3 == "ping" && !($2 in ping) { ping[$2] = $1; next }
			$3 == "pong" && !($2 in pong) { pong[$2] = $1; next }
			$3 == "pong" { print ping[$2], pong[$2], $1 }' >"$LAB_DIR/pings"
	diag "from $1: there and back $(statistics 1), from E $(statistics 2)"
}

# statistics COLUMN: the least, the median and the greatest time from there to behind the wire, ms.
statistics()
{
	awk -v column="$1" '{ print $3 - $column }' "$LAB_DIR/pings" | sort -n |
		awk '{ time[NR] = $1 }
			END { print time[1] + 0, time[int((NR + 1) / 2)] + 0, time[NR] + 0 }'
}

# takes COLUMN MS: never less, but for the capture's rounding; the quickest hardly more, though a
# busy machine makes most of them late.
takes()
{
	# shellcheck disable=SC2046 # three numbers
	set -- "$2" $(statistics "$1")
	[ "$2" -ge $(($1 - 1)) ] && [ "$2" -le $(($1 + 4)) ] && [ "$3" -le $(($1 + 25)) ]
}

# differ COLUMN MIN MAX: the times do, and are between.
differ()
{
	# shellcheck disable=SC2046 # three numbers
	set -- "$2" "$3" $(statistics "$1")
	[ "$3" -ge "$1" ] && [ "$4" -le "$2" ] && [ $(($5 - $3)) -ge 5 ]
}

# in_order TEXT: so these notes came to B.
in_order()
{
	sed -n "s/^recv MESSAGE .* $1-\([0-9]*\)\$/\1/p" "$LAB_DIR/b.out" | sort -n -c
}

# What is said of the direction from E, in $lost and $full.
read_report()
{
	lab_delay_end E
	grep '^there passed' "$LAB_DIR/wire-E.out" >"$LAB_DIR/report"
	read -r _ _ _ _ lost _ full <"$LAB_DIR/report"
}

# last_arrives TEXT: nothing overtakes: what was sent before has come, or never will.
last_arrives()
{
	notes 1 "last-$1"
	has "$LAB_DIR/b.out" " last-$1-1\$"
}

plan 12
lab_up public public
start_seed b B
start_seed e E
lab_capture_start inet inet -x

lab_delay E 40
pings 1001
check "40 ms" takes 2 40
check "80 ms there and back" takes 1 80
lab_delay E 10 --back=60
pings 2001
check "10 ms" takes 2 10
check "70 ms with 60 back" takes 1 70
lab_delay E 10 --jitter=30
pings 3001
check "10 to 40 ms with jitter" differ 2 9 60
notes 40 jitter
lab_until 5 all_arrived jitter 40
check "none is missing" all_arrived jitter 40
check "and none overtakes another" in_order jitter

# 60 of 200 are expected; 39 are six standard deviations.
lab_delay E 0 --loss=30 --seed=7
notes 200 lossy
lab_until 5 last_arrives lossy || bail "nothing arrives"
came=$(arrived lossy)
read_report
diag "of 200 $came came, the wire says $lost lost"
check "30 % are lost" [ $((came > 100 && came < 180)) -eq 1 ]
check "and counted" [ "$lost" -ge $((200 - came)) ]
check "and nothing else is missing" [ "$full" -eq 0 ]

lab_delay E 300 --queue=8
notes 20 queue
lab_until 5 has "$LAB_DIR/b.out" ' queue-5$'
lab_until 5 last_arrives queue || bail "nothing arrives"
came=$(arrived queue)
read_report
check "what the queue does not hold is lost" [ "$came" -le 8 ]
check "and counted" [ "$full" -ge $((20 - came)) ]
