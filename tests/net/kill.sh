#!/bin/sh
# Two peers behind two NATs write to each other while a fifth of all packets is lost, and either is
# killed at instants by chance and started again at once. What its sender saw confirmed is in the
# other's mailbox exactly once, and what it did not is in the sender's queue; in the end everything
# arrives, once. Of the environment:
#   KILLS, MESSAGES   how often (12), and how many each way (100); `make soak`: 200 and 1000
#   SEED              of the instants; printed, so that they can be had again
#   SLOW              ms that each piece written to a mailbox takes longer (3): on a fast disk what
#                     is confirmed before it is written would hardly ever be lost
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd
lab_need_post
lab_need_faults

kills=${KILLS:-12}
messages=${MESSAGES:-100}
slow=${SLOW:-3}
seed=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
pause=600 # ms between kills, on average, besides the start of the daemon
restart=100 # ms: about what that start takes

# on_slow_disk PROGRAM: the name of another that runs it so.
on_slow_disk()
{
	echo "slow $slow" >"$LAB_DIR/faults"
	cat >"$LAB_DIR/on-slow-disk" <<-EOF
		#!/bin/sh
		export LAB_FAULTS='$LAB_DIR/faults' LD_PRELOAD='$(realpath "$LAB_FAULTS_SO")'
		export ASAN_OPTIONS='${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0'
		exec '$1' "\$@"
	EOF
	chmod +x "$LAB_DIR/on-slow-disk"
	echo "$LAB_DIR/on-slow-disk"
}

# one NAME: the daemon, with what the log of the killed one said kept.
one()
{
	[ ! -s "$LAB_DIR/$1.err" ] || cat "$LAB_DIR/$1.err" >>"$LAB_DIR/$1.killed"
	case $1 in
	b) start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'refresh = 2' 'lan = "off"' ;;
	d) start_peerd d D dave 'supernodes = { "192.168.1.4" }' 'refresh = 2' 'lan = "off"' ;;
	esac
}

# post_to NAME NICK: its messages begin to flow, each with a text of its own, over the whole time
# of the kills.
post_to()
{
	seq "$messages" | sed "s/.*/$2@sales from-$1-&/" >"$LAB_DIR/$1.lines"
	start "post-$1" E "$LAB_POST" send -a -w -n 4 -p "$pace" -t $((kills * 4 + 60)) \
		"$LAB_DIR/$1.lines" "$LAB_DIR/$1.sock"
}

# kill_one NAME: SIGKILL, and started again at once.
kill_one()
{
	read -r pid <"$LAB_DIR/$1.pid"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f "$LAB_DIR/$1.pid"
	one "$1"
}

# The plan: a victim and the milliseconds before, in each line.
instants()
{
	awk -v n="$kills" -v seed="$seed" -v pause="$pause" 'BEGIN {
		srand(seed)
		while (n-- > 0)
			print rand() < 0.5 ? "b" : "d", int(rand() * 2 * pause)
	}'
}

kill_all()
{
	while read -r victim ms; do
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		kill_one "$victim"
	done <"$LAB_DIR/instants"
}

posted()
{
	has "$LAB_DIR/post-b.out" '^done ' && has "$LAB_DIR/post-d.out" '^done '
}

# snapshot STAGE: what both mailboxes hold.
snapshot()
{
	for name in b d; do
		for which in sent received queued; do
			"$LAB_POST" list "$which" "$LAB_DIR/$name.sock" \
				>"$LAB_DIR/$1.$name.$which" || return 1
		done
	done
}

# account STAGE SENDER RECEIVER: what the sender believes against what the receiver has. Says what
# does not agree, and fails then.
account()
{
	awk -v stage="$1" '
		function bad(what) { print "# " stage ": " what; failed = 1 }
		FILENAME ~ /post/ && $1 == "answer" { kept[$2] = $5 }
		FILENAME ~ /post/ && $1 == "error" { bad("Send of " $3 " says " $2) }
		FILENAME ~ /post/ && $1 == "event" && $3 == "delivered" { seen[$2] = 1 }
		FILENAME ~ /sent$/ { state[$2] = $4; text[$2] = $7; sent_texts[$7] = 1 }
		FILENAME ~ /queued$/ { queued[$2] = 1 }
		FILENAME ~ /received$/ { got[$7]++ }
		END {
			for (id in kept)
				if (!(id in text) || text[id] != kept[id])
					bad(kept[id] " was kept as " id ", and is not there")
			for (id in seen)
				if (!(id in state))
					bad("message " id " was seen delivered, and is not there")
				else if (got[text[id]] != 1)
					bad(text[id] " was seen delivered, and was received " \
					    got[text[id]] + 0 " times")
			for (id in state) {
				all++
				if (state[id] == "delivered") {
					delivered++
					if (got[text[id]] != 1)
						bad(text[id] " is delivered, and was received " \
						    got[text[id]] + 0 " times")
				} else if (!(id in queued)) {
					bad(text[id] " is " state[id] ", and not in the queue")
				} else {
					waiting++
				}
			}
			for (t in got) {
				if (got[t] > 1)
					bad(t " was received " got[t] " times")
				if (!(t in sent_texts))
					bad(t " was received, and never sent")
			}
			for (id in seen)
				watched++
			print "# " stage ": " all + 0 " kept, " delivered + 0 " delivered (" \
			    watched + 0 " seen), " waiting + 0 " in the queue"
			exit failed
		}
	' "$LAB_DIR/post-$2.out" "$LAB_DIR/$1.$2.sent" "$LAB_DIR/$1.$2.queued" \
		"$LAB_DIR/$1.$3.received"
}

drained()
{
	[ -z "$("$LAB_POST" list queued "$LAB_DIR/b.sock")" ] &&
		[ -z "$("$LAB_POST" list queued "$LAB_DIR/d.sock")" ]
}

# As many as there are lines: kept, or in doubt because the daemon was killed before it answered.
all_called()
{
	for name in b d; do
		[ "$(count "$LAB_DIR/post-$name.out" '^(answer|unsure) ')" -eq "$messages" ] || return 1
	done
}

plan 8
diag "SEED=$seed KILLS=$kills MESSAGES=$messages SLOW=$slow"
pace=$((kills * (pause + restart) / messages))
instants >"$LAB_DIR/instants"
lab_up port-restricted port-restricted
[ "$slow" -eq 0 ] || LAB_PEERD=$(on_slow_disk "$LAB_PEERD")
start_superd e E
one b
one d
lab_until 5 registered b || bail "B does not register"
lab_until 5 registered d || bail "D does not register"
lab_loss A 20 || bail "A loses nothing"
lab_loss C 20 || bail "C loses nothing"
post_to b dave
post_to d bob
kill_all
check "every message was taken, or the daemon was killed at it" lab_until 60 posted
check "so many calls" all_called

# Nothing moves any more: both can be looked at.
lab_loss A 100 && lab_loss C 100
snapshot cut || bail "the mailboxes cannot be read"
check "after the kills, what B believes is so" account cut b d
check "after the kills, what D believes is so" account cut d b
lab_loss A 20 && lab_loss C 20
check "the queues become empty" lab_until "${DRAIN:-60}" drained
snapshot end || bail "the mailboxes cannot be read"
check "in the end, what B believes is so" account end b d
check "in the end, what D believes is so" account end d b
check "the mailboxes are sound" eval 'ctl b mailbox check && ctl d mailbox check'
