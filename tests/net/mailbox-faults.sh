#!/bin/sh
# A mailbox whose disk is full, whose directory cannot be written, whose file is damaged, and a
# clock that goes back a day. Each is said in the log and on the control socket, nothing that was
# confirmed is lost, the daemon goes on, and is well again by itself when it can.
#
# Two of our peers on a LAN: "t" writes to "o", to which all of this happens.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1
lab_need_post
lab_need_faults

# ours: "o" with its state on a small disk of its own, and whatever $LAB_DIR/faults says.
ours()
{
	write_peerd o bob
	start o o env LAB_FAULTS="$LAB_DIR/faults" LD_PRELOAD="$LAB_FAULTS_SO" \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		"$LAB_PEERD" -n -f "$LAB_DIR/o.conf" -s "$LAB_DIR/o.sock"
	wait_for "$LAB_DIR/o.err" 'ready' 5 || bail "o did not start"
	lab_until 10 neighbour o '"nick":"teresa"' || bail "o does not see t"
	lab_until 10 neighbour t '"nick":"bob"' || bail "t does not see o"
}

fault()
{
	echo "$*" >"$LAB_DIR/faults.new"
	mv "$LAB_DIR/faults.new" "$LAB_DIR/faults"
	sleep 0.15 # it is looked at ten times a second
}

# from_t TEXT: t's message is confirmed; noted then, so that it must never be missed.
from_t()
{
	ctl t send bob@sales "$1" >"$LAB_DIR/send.out" 2>&1 &&
		has "$LAB_DIR/send.out" '^delivered' && echo "$1" >>"$LAB_DIR/confirmed"
}

queued_at_t()
{
	ctl t send --no-wait bob@sales "$1" >/dev/null 2>&1
}

texts()
{
	"$LAB_POST" list "$1" "$LAB_DIR/$2.sock" | cut -d' ' -f7- | sort
}

# all_there: whatever was confirmed is in o's mailbox, once.
all_there()
{
	sort "$LAB_DIR/confirmed" >"$LAB_DIR/confirmed.sorted"
	texts received o >"$LAB_DIR/o.texts"
	comm -23 "$LAB_DIR/confirmed.sorted" "$LAB_DIR/o.texts" | sed 's/^/# lost: /'
	uniq -d "$LAB_DIR/o.texts" | sed 's/^/# twice: /'
	[ -z "$(comm -23 "$LAB_DIR/confirmed.sorted" "$LAB_DIR/o.texts")" ] &&
		[ -z "$(uniq -d "$LAB_DIR/o.texts")" ]
}

arrived()
{
	texts received o | grep -qx "$1"
}

delivered_at_t()
{
	"$LAB_POST" list sent "$LAB_DIR/t.sock" | grep -Eq "^mail [0-9]+ sent delivered .* $1\$"
}

waits_at_t()
{
	"$LAB_POST" list queued "$LAB_DIR/t.sock" | grep -q " $1\$"
}

# is_failing, is_well: of o's mailbox, as status says.
is_failing()
{
	ctl o --json status | grep -Eq '"state": *"failing"'
}

is_well()
{
	ctl o --json status | grep -Eq '"state": *"well"'
}

says_why()
{
	ctl o status >"$LAB_DIR/status.out" 2>&1 && grep -Eiq "mailbox.*($1)|($1).*mailbox" "$LAB_DIR/status.out"
}

logged()
{
	has "$LAB_DIR/o.err" "mailbox.*($1)"
}

refuses_to_send()
{
	ctl o send teresa@sales "cannot be kept" >"$LAB_DIR/ctl.out" 2>"$LAB_DIR/ctl.err"
	[ $? -eq 1 ] && has "$LAB_DIR/ctl.err" 'mailbox|kept' && ! has "$LAB_DIR/ctl.err" '[{}]'
}

refusal_in_json()
{
	ctl o --json send teresa@sales "cannot be kept" >"$LAB_DIR/ctl.out" 2>&1
	has "$LAB_DIR/ctl.out" '"error": *"net\.ipmsg\.peer\.MailboxUnavailable"'
}

still_shows()
{
	ctl o messages --all >"$LAB_DIR/messages.out" 2>&1 && has "$LAB_DIR/messages.out" "$1"
}

# ailing WHAT PATTERN: eight cases of one that cannot be written.
ailing()
{
	# The first that cannot be kept shows it; it must not be confirmed.
	queued_at_t "during: $1" || :
	check "$1: status says failing" lab_until 20 is_failing
	check "$1: and why" says_why "$2"
	check "$1: the log too" lab_until 5 logged "$2"
	check "$1: what is sent is refused, with a sentence" refuses_to_send
	check "$1: and an error for programs" refusal_in_json
	check "$1: what is there can be read" still_shows before
	check "$1: what cannot be kept is not confirmed" eval "! delivered_at_t 'during: $1'"
	check "$1: its sender keeps it" waits_at_t "during: $1"
}

# recovers WHAT: four cases.
recovers()
{
	check "$1: well again by itself" lab_until 20 is_well
	check "$1: what waited arrives" lab_until 60 arrived "during: $1"
	check "$1: messages pass" from_t "after: $1"
	check "$1: nothing confirmed is missing, nothing twice" all_there
}

kill_ours()
{
	read -r pid <"$LAB_DIR/o.pid"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f "$LAB_DIR/o.pid"
}

# garble FROM: noise over all pages behind the first so many, of the file as it is on the disk.
garble()
{
	[ -s "$state/mailbox.db" ] || bail "o has no mailbox.db"
	pages=$(($(stat -c %s "$state/mailbox.db") / 4096))
	dd if=/dev/urandom of="$state/mailbox.db" bs=4096 seek="$1" count=$((pages - $1)) \
		conv=notrunc 2>/dev/null
}

set_aside()
{
	ctl o --json status | tr ',' '\n' | sed -n 's/.*"set_aside": *"\(.*\)".*/\1/p'
}

is_set_aside()
{
	aside=$(set_aside)
	diag "set aside: $aside"
	case $aside in
	/*) [ -s "$aside" ] ;;
	?*) [ -s "$state/$aside" ] ;;
	*) return 1 ;;
	esac
}

number_sent()
{
	grep -E " 10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* MESSAGE .*$1" "$LAB_DIR/wire.out" |
		sed -n 's/.* MESSAGE 1:\([0-9]*\):.*/\1/p' | tail -n 1
}

rises()
{
	earlier=$(number_sent "$1")
	later=$(number_sent "$2")
	diag "number $earlier, then $later"
	[ -n "$earlier" ] && [ -n "$later" ] && [ "$later" -gt "$earlier" ]
}

ours_passes()
{
	ctl o send teresa@sales "$1" 2>&1 | grep -q '^delivered' &&
		texts received t | grep -qx "$1"
}

plan 47
lan_up o t
lab_capture_start wire lan -x # with what is in them: their numbers
state=$LAB_DIR/o.state
mkdir -m 700 "$state"
mount -t tmpfs -o size=8m,mode=700 state "$state" || bail "no small disk"
: >"$LAB_DIR/faults"
: >"$LAB_DIR/confirmed"
start_peerd t t teresa
ours
check "messages pass" from_t before
check "and back" ours_passes back

# --- a full disk
dd if=/dev/zero of="$state/filler" bs=4096 2>/dev/null
ailing "disk full" 'disk is full'
rm "$state/filler"
recovers "disk full"

# --- a file system that became read-only under it
fault readonly
ailing "read-only" 'read-only'
fault none
recovers "read-only"

# --- one that is so from the start
stop o
mount -o remount,ro "$state" || bail "no read-only disk"
ours
check "read-only at the start: status says failing" lab_until 20 is_failing
check "read-only at the start: what is sent is refused" refuses_to_send
queued_at_t "during: read-only at the start"
mount -o remount,rw "$state" || bail "not writable again"
recovers "read-only at the start"

# --- a damaged file, found at the start
seq 200 | sed 's/^/bob@sales bulk-/' >"$LAB_DIR/bulk"
"$LAB_POST" send -u delivered "$LAB_DIR/bulk" "$LAB_DIR/t.sock" >"$LAB_DIR/bulk.out"
check "two hundred messages" [ "$(count "$LAB_DIR/bulk.out" '^answer [0-9]+ delivered')" -eq 200 ]
stop o
cp -p "$state/mailbox.db" "$LAB_DIR/sound.db" || bail "o has no mailbox.db"
garble 6
ours
check "damaged: the file is set aside, and status says so" lab_until 10 is_set_aside
check "damaged: the log says so" logged 'is damaged; it is kept as'
check "damaged: messages pass" from_t "after: damaged"
check "damaged: and back" ours_passes "back: damaged"

# --- with the file as it was before, damaged while it is in use
stop o
rm -f "$state"/mailbox.db*
cp -p "$LAB_DIR/sound.db" "$state/mailbox.db"
: >"$LAB_DIR/confirmed"
ours
garble 6
check_finds_it()
{
	ctl o mailbox check >"$LAB_DIR/check.out" 2>&1 && return 1
	is_set_aside || has "$LAB_DIR/check.out" 'damage|malformed|corrupt'
}
check "damaged in use: check finds it" check_finds_it
check "damaged in use: the daemon goes on" lab_until 30 from_t "after: damaged in use"

# --- a clock that is set back a day
check "a number before" ours_passes 'early-bird'
fault clock -86400
check "clock set back: messages pass" from_t "after: clock"
check "clock set back: and back" ours_passes 'late-bird'
check "clock set back: packet numbers rise" rises early-bird late-bird
kill_ours
ours
check "clock set back, killed: messages pass" from_t "after: clock and kill"
check "clock set back, killed: and back" ours_passes 'later-bird'
check "clock set back, killed: packet numbers rise" rises late-bird later-bird
check "clock set back: nothing confirmed is missing, nothing twice" all_there
