#!/bin/sh
# Ten thousand messages for a thousand neighbours that are not there, and some for remote peers that
# are not either, in the queue of a peer behind a NAT: it starts as soon as without, is small, and
# costs nothing while it waits. When they all appear each gets his messages in order, none twice,
# though every tenth is not confirmed at first. Of the environment:
#   PEOPLE, MESSAGES   on the LAN (1000), and how many for them in all (10000)
#   IDLE               s for which the CPU is measured (20)
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd
lab_need_post
lab_need_crowd

people=${PEOPLE:-1000}
messages=${MESSAGES:-10000}
idle=${IDLE:-20}
remote=30 # for three peers behind another NAT

# B has a second interface, on the crowd's network; all of them are behind one cable, at addresses
# that their host takes for its own.
crowd_up()
{
	lab_ns W || return 1
	in_ns B ip link add eth1 type veth peer name eth0 netns "$LAB_DIR/ns/W" || return 1
	in_ns W ip -batch - <<-END || return 1
		addr add 10.77.0.2/16 broadcast 10.77.255.255 dev eth0
		link set eth0 up
		route add local 10.77.4.0/22 dev lo
	END
	in_ns B ip -batch - <<-END
		addr add 10.77.0.1/16 broadcast 10.77.255.255 dev eth1
		link set eth1 up
		route add 10.77.4.0/22 via 10.77.0.2
	END
}

ours()
{
	start_peerd b B bob 'supernodes = { "192.168.1.4" }'
}

for_crowd()
{
	seq 0 $((messages - 1)) | awk -v people="$people" '
		{ print "client" $1 % people "@crowd " $1 " for client " $1 % people }'
}

for_remote()
{
	seq 0 $((remote - 1)) | awk 'BEGIN { split("dave fay gus", names) }
		{ print names[$1 % 3 + 1] "@sales remote " $1 }'
}

hand_over()
{
	"$LAB_POST" send -n 32 -t 120 "$LAB_DIR/lines" "$LAB_DIR/b.sock" >"$LAB_DIR/post.out"
}

queued()
{
	"$LAB_POST" list queued "$LAB_DIR/b.sock" | grep -c .
}

answers()
{
	ctl b status >"$LAB_DIR/status.out" 2>&1
}

# ns of CPU of all its threads, so far; nothing where the kernel does not tell.
cpu()
{
	cat /proc/"$1"/task/*/schedstat 2>/dev/null | awk '{ ns += $1 } END { if (NR) printf "%.0f\n", ns }'
}

starts_in_time()
{
	lab_clock
	began=$lab_now
	write_peerd b bob 'supernodes = { "192.168.1.4" }'
	start b B "$LAB_PEERD" -n -f "$LAB_DIR/b.conf" -s "$LAB_DIR/b.sock"
	lab_until 10 answers || return 1
	lab_clock
	diag "answers after $(((lab_now - began) * 10)) ms"
	[ $((lab_now - began)) -le 100 ]
}

is_small()
{
	kb=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status")
	diag "anonymous memory $kb kB"
	[ "$kb" -le 32768 ]
}

is_idle()
{
	before=$(cpu "$1")
	[ -n "$before" ] || {
		diag "the kernel does not tell the CPU time of a process"
		return 1
	}
	sleep "$idle"
	awk -v ns=$(($(cpu "$1") - before)) -v s="$idle" 'BEGIN {
		printf "# %.4f %% of a CPU over %d s\n", ns / s / 1e7, s
		exit ns / s / 1e7 > 0.1
	}'
}

# crowd_has: what it has counted, in $counts; true when every message is there.
crowd_has()
{
	before=$(count "$LAB_DIR/crowd.out" '^messages ')
	tell crowd count
	lab_until 5 more_lines "$before" || return 1
	counts=$(tail -n 1 "$LAB_DIR/crowd.out")
	case $counts in
	"messages $messages "*) ;;
	*) return 1 ;;
	esac
}

more_lines()
{
	[ "$(count "$LAB_DIR/crowd.out" '^messages ')" -gt "$1" ]
}

counted()
{
	diag "$counts"
	echo "$counts" | grep -Eq "$1"
}

remote_has()
{
	[ "$(for one in d f g; do
		"$LAB_POST" list received "$LAB_DIR/$one.sock" | sed 's/.* remote //'
	done | sort -n | tr '\n' ' ')" = "$(seq 0 $((remote - 1)) | tr '\n' ' ')" ]
}

none_queued()
{
	[ "$(queued)" -eq 0 ]
}

plan 14
lab_up port-restricted port-restricted
lab_host F C 192.168.239.127 || bail "no F"
lab_host G C 192.168.239.126 || bail "no G"
crowd_up || bail "no network for the crowd"
start_superd e E
ours
lab_until 5 registered b || bail "B does not register"
{
	for_crowd
	for_remote
} >"$LAB_DIR/lines"
check "all are kept" hand_over
tail -n 1 "$LAB_DIR/post.out" | sed 's/^/# /'
check "none was refused" [ "$(count "$LAB_DIR/post.out" '^answer ')" -eq $((messages + remote)) ]
check "they are in the queue" [ "$(queued)" -eq $((messages + remote)) ]
stop b
check "with them it answers within a second" starts_in_time
check "they are in the queue still" [ "$(queued)" -eq $((messages + remote)) ]
lab_until 5 registered b || bail "B does not register again"
read -r pid <"$LAB_DIR/b.pid"
check "it needs at most 32 MB" is_small "$pid"
sleep 3 # what a start brings with it is over then
check "and no CPU to speak of" is_idle "$pid"

start crowd W "$LAB_CROWD" 10.77.4.0 "$people" "$messages" 10.77.0.1
wait_for "$LAB_DIR/crowd.out" '^ready$' 5 || bail "no crowd"
tell crowd enter
start_peerd d D dave 'supernodes = { "192.168.1.4" }' 'lan = "off"'
start_peerd f F fay 'supernodes = { "192.168.1.4" }' 'lan = "off"'
start_peerd g G gus 'supernodes = { "192.168.1.4" }' 'lan = "off"'
check "all of the crowd got theirs" lab_until 90 crowd_has
check "some again, which were not confirmed at first" counted ' again [1-9]'
check "none twice, none astray, all in order" counted ' twice 0 stray 0 fallen 0$'
lab_until 5 registered d || bail "D does not register"
for one in dave fay gus; do
	ctl b ask "$one@sales" >/dev/null 2>&1
done
check "the remote peers have theirs, once" lab_until 60 remote_has
check "the queue is empty" lab_until 30 none_queued
check "it still needs at most 32 MB" is_small "$pid"
check "and the mailbox is sound" ctl b mailbox check
