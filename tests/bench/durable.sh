#!/bin/sh
# Messages a second from one peer to another on this machine, each of them on both disks before it
# is confirmed, with 64 on their way; beside SQLite's own commits in the same directory, one message
# in each, before and after. Not a test: the figures are for people. Of the environment:
#   BENCH_MESSAGES   how many (5000)
#   BENCH_SECONDS    for SQLite, each time (3)
#   BENCH_DISK       directory on the disk in question (the build's); a tmpfs says nothing
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/net/lab.sh
. "$top_srcdir/tests/net/lab.sh"

# The daemons are to be gone before their mailboxes.
durable_end()
{
	lab_down
	rm -rf "$disk"
	lab_end
}

messages=${BENCH_MESSAGES:-5000}
seconds=${BENCH_SECONDS:-3}
lab_need_superd
lab_need_peerd
lab_need_post

# peer NAME NAMESPACE NICK: its mailbox on the disk.
peer()
{
	LAB_PEERD_STATE=$disk/$1
	start_peerd "$1" "$2" "$3" 'supernodes = { "192.168.1.4" }' 'lan = "off"'
	lab_until 10 registered "$1" || bail "$1 does not register"
}

# rate WINDOW COUNT: messages a second, all delivered.
rate()
{
	seq "$2" | sed 's/.*/dave@sales a message of some hundred bytes, as people write them, which is number & of many/' \
		>"$LAB_DIR/lines"
	"$LAB_POST" send -w -n 32 -f "$1" -t 300 "$LAB_DIR/lines" "$LAB_DIR/b.sock" \
		>"$LAB_DIR/post.out" || bail "not all were delivered"
	awk '$1 == "done" { printf "%.0f\n", $4 * 1000 / $6 }' "$LAB_DIR/post.out"
}

disk=$(mktemp -d "$(cd "${BENCH_DISK:-$top_builddir}" && pwd)/durable.XXXXXX") || exit 1
trap durable_end EXIT
lab_up public public
start_superd e E
peer b B bob
peer d D dave
ctl b ask dave@sales >/dev/null || bail "no path"
before=$("$top_builddir/tests/bench/commits" "$disk" "$seconds")
many=$(rate 64 "$messages")
one=$(rate 1 $((messages / 10)))
after=$("$top_builddir/tests/bench/commits" "$disk" "$seconds")
awk -v before="$before" -v after="$after" -v many="$many" -v one="$one" 'BEGIN {
	sqlite = (before + after) / 2
	printf "%d messages/s with 64 on their way, %d with one; ", many, one
	printf "SQLite %d and %d commits/s: ratio %.2f (goal: at least 0.5)\n",
		before, after, many / sqlite
}'
