#!/bin/sh
# Our peer on a LAN with IP Messenger for Windows: whatever the one says, the other shows, and
# every packet of ours is the one that the Windows client knows.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1

plan 53
lan_up o a c d
lab_capture_start wire lan -x
start_stock a a --user=alice --host=ALPHA --nick=アリス --group=開発
start_stock c c --user=carl --host=GAMMA --nick=Carl --group=Dev --encrypt
tell a enter
tell c enter
heard a '^recv ENTRY 10\.77\.0\.3:2425 .* Carl@Dev$' || bail "no entry of Carl"
# shellcheck disable=SC2119
start_ours

# --- Entering

entries_apart()
{
	wire "> 10[.]77[.]0[.]255:2425 .* ENTRY 1:$N:bob:" || return 1
	lab_until 8 lan_more "$LAB_DIR/wire.out" "10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]255:2425 .* ENTRY " 1 || return 1
	awk '/ 10\.77\.0\.1:2425 > 10\.77\.0\.255:2425 .* (NOOPERATION|ENTRY) / { print $1, $10 }' "$LAB_DIR/wire.out" |
		awk '{ at[NR] = $1; what[NR] = $2 } END {
			print "# NOOPERATION and entries at", at[1], at[2], at[3]
			wake = at[2] - at[1]; again = at[3] - at[2]
			exit !(what[1] == "NOOPERATION" && what[2] == "ENTRY" && what[3] == "ENTRY" &&
				wake > 0.2 && wake < 0.6 && again > 4.5 && again < 6.5)
		}'
}

check "we see who is there" lab_until 5 neighbour o \
	'"name":"アリス@開発","user":"alice","host":"ALPHA".*"kind":"lan",.*"absent":false,.*"endpoint":"10.77.0.2:2425"'
check "and what it runs" lab_until 5 neighbour o '"program":"00010002:4:99:103".*"endpoint":"10.77.0.3:2425"'
check "we are seen, by the names of our key block" listed a \
	"^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 present\$"
check "NOOPERATION is what it has to be" from_us 10.77.0.255:2425 \
	"NOOPERATION 1:$N:bob:nodeo:$N:$BOB_CP932\\\\x00$SALES_CP932\\\\x00$KEYS"
check "and so is BR_ENTRY" from_us 10.77.0.255:2425 \
	"16777217 ENTRY 1:$N:bob:nodeo:16777217:$BOB_CP932\\\\x00$SALES_CP932\\\\x00$KEYS"
check "a quarter of a second later, and again after five" entries_apart

# --- Being entered upon

# answered TO BYTES: the packet is sent by the double to TO and we answer; prints the ms.
answered()
{
	lan_answers=$(count "$LAB_DIR/wire.out" "10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]3:2425 .* ANSENTRY ")
	tell c raw "$1" "$2"
	lab_until 4 lan_more "$LAB_DIR/wire.out" "10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]3:2425 .* ANSENTRY " "$lan_answers" ||
		return 1
	gap '10[.]77[.]0[.]3:2425 > .* ENTRY 1:77' '10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]3:2425 .* ANSENTRY '
}

delayed()
{
	slowest=0
	for one in 1 2 3 4 5 6; do
		ms=$(answered 10.77.0.255:2425 "1:7700$one:carl:GAMMA:1:Carl\\x00Dev\\x00") || return 1
		diag "broadcast entry: answered after $ms ms"
		[ "$ms" -le 1600 ] || return 1
		if [ "$ms" -gt "$slowest" ]; then
			slowest=$ms
		fi
	done
	[ "$slowest" -gt 100 ]
}

at_once()
{
	for one in 1 2 3; do
		ms=$(answered 10.77.0.1:2425 "1:7701$one:carl:GAMMA:1:Carl\\x00Dev\\x00") || return 1
		diag "entry to us alone: answered after $ms ms"
		[ "$ms" -le 150 ] || return 1
	done
}

check "a broadcast entry is answered after a while" delayed
check "one to us alone at once" at_once
check "ANSENTRY in UTF-8 to who reads it" from_us 10.77.0.2:2425 \
	"25165827 ANSENTRY 1:$N:bob:nodeo:25165827:$BOB_UTF8\\\\x00$SALES_UTF8\\\\x00\\\\x0a$VERSION"
check "and in CP932 to who does not" from_us 10.77.0.3:2425 \
	"3 ANSENTRY 1:$N:bob:nodeo:3:$BOB_CP932\\\\x00$SALES_CP932\\\\x00"
tell c enter

# --- Messages

check "our message" ours_to アリス a ボブ "$konnichiwa"
check "in UTF-8" from_us 10.77.0.2:2425 \
	"8388896 MESSAGE 1:$N:bob:nodeo:8388896:$(escaped "$konnichiwa")\\\\x00"
check "its message" to_ours a ボブ アリス@開発 "やあ、ボブ"
check "RECVMSG" from_us 10.77.0.2:2425 \
	"33 RECVMSG 1:$N:bob:nodeo:33:$(number_of a "^sent MESSAGE .* $(escaped "やあ、ボブ")\$")\\\\x00"

several_lines()
{
	tell a send ボブ 'one\x0atwo: \ "three"'
	lab_until 7 mail o '"text":"one\\ntwo: \\\\ \\"three\\""' || return 1
	printf 'eins\nzwei' | ctl o send アリス - >/dev/null
	heard a '^message [^ ]* eins\\x0azwei$'
}
check "messages of several lines, both ways" several_lines

check "our sealed message" sealed_to アリス a
check "is one" from_us 10.77.0.2:2425 \
	"9437984 MESSAGE 1:$N:bob:nodeo:9437984:for\\\\x20you\\\\x20alone,\\\\x20a\\\\x00"
check "and its opening is confirmed" from_us 10.77.0.2:2425 \
	"50 ANSREADMSG 1:$N:bob:nodeo:50:$(number_of a '^sent READMSG ')\\\\x00"
check "its sealed message" sealed_from a ボブ
check "READMSG" from_us 10.77.0.2:2425 \
	"1048624 READMSG 1:$N:bob:nodeo:1048624:$(number_of a '^sent MESSAGE .* for bob alone, a$')\\\\x00"
check "which is not repeated once it is answered" lab_not lan_more "$LAB_DIR/wire.out" \
	"10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* READMSG " 1

unanswered_reading()
{
	start_stock m d --user=mute --host=MUTE --nick=Mute --mute-readmsg
	tell m enter
	lab_until 5 neighbour o '"nick":"Mute"' && listed m ' bob nodeo ' || return 1
	sealed_from m ボブ || return 1
	lab_until 9 lan_more "$LAB_DIR/wire.out" \
		"10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]4:2425 .* READMSG " 3 || return 1
	# The same packet each time.
	[ "$(grep -c '10\.77\.0\.4:2425 .* READMSG ' "$LAB_DIR/wire.out")" -gt 3 ] &&
		[ "$(grep '10\.77\.0\.4:2425 .* READMSG ' "$LAB_DIR/wire.out" | sed 's/.* READMSG //' | sort -u | wc -l)" -eq 1 ]
}
check "and is while it is not" unanswered_reading
stop m

copies()
{
	tell c raw 10.77.0.1:2425 '1:1700000006:carl:GAMMA:288:Hello\x00'
	lab_until 5 mail o '"text":"Hello"' || return 1
	tell c raw 10.77.0.1:2425 "1:1700000006:carl:GAMMA:288:Hello\\x00$(printf '%064d' 0 | sed 's/0/\\x00/g')"
	eventually said c '^recv RECVMSG .* 1700000006$' 2 || return 1
	[ "$(ctl o --json messages --all | sed 's/{"id"/\n&/g' | grep -c '"text":"Hello"')" -eq 1 ]
}
check "G06 and G08: shown once, confirmed twice" copies

legacy_text()
{
	tell c raw 10.77.0.1:2425 '1:1700000007:carl:GAMMA:288:\x93\xfa\x96{\x8c\xea\x00'
	lab_until 5 mail o '"text":"日本語"'
}
check "a message in CP932" legacy_text

lost()
{
	start_stock m d --user=mute --host=MUTE --nick=Mute
	tell m enter
	listed m ' bob nodeo ' && neighbour o '"nick":"Mute"' || return 1
	stop m
	ctl o --timeout 20 send --now Mute 'are you there' >"$LAB_DIR/send.txt" 2>&1 && return 1
	mail o '"text":"are you there".*"state":"failed"' || return 1
	tries=$(grep -c '10\.77\.0\.4:2425 .* MESSAGE .*are' "$LAB_DIR/wire.out")
	diag "$tries tries: $(cat "$LAB_DIR/send.txt")"
	[ "$tries" -ge 3 ] &&
		[ "$(grep '10\.77\.0\.4:2425 .* MESSAGE .*are' "$LAB_DIR/wire.out" | sed 's/.* MESSAGE //' | sort -u | wc -l)" -eq 1 ]
}
check "a message that nobody confirms fails after some tries, all alike" lost

# --- Absence

answer_when_away()
{
	ctl o absence on --title 昼食 食事中です >/dev/null || return 1
	listed a "^user 10[.]77[.]0[.]1:2425 bob nodeo $(escaped 'ボブ[昼食]') $SALES_UTF8 absent\$" || return 1
	tell a send 'ボブ[昼食]' 'time for lunch'
	heard a "^message $(escaped 'ボブ[昼食]') $(escaped 食事中です)\$" || return 1
	mail o '"text":"time for lunch"' && said a "^recv MESSAGE .* $(escaped 食事中です)\$" 1
}
check "away, we answer for ourselves, once" answer_when_away
check "BR_ABSENCE" from_us 10.77.0.255:2425 \
	"16777476 ABSENCE 1:$N:bob:nodeo:16777476:$BOB_CP932\\[\\\\x92\\\\x8b\\\\x90H\\]\\\\x00$SALES_CP932\\\\x00\\\\x0aUN:bob\\\\x0aHN:nodeo\\\\x0aNN:$(escaped 'ボブ[昼食]')\\\\x0aGN:$SALES_UTF8\\\\x0a$VERSION"
check "the answer wants no confirmation" from_us 10.77.0.2:2425 \
	"8396832 MESSAGE 1:$N:bob:nodeo:8396832:$(escaped 食事中です)\\\\x00"

both_away()
{
	tell a absent 会議 会議中です
	tell c absent out 'gone out'
	lab_until 5 neighbour o '"nick":"アリス\[会議\]".*"absent":true' &&
		lab_until 5 neighbour o '"nick":"Carl\[out\]".*"absent":true' || return 1
	ctl o send --now アリス 'both away' >/dev/null || return 1
	lab_until 5 mail o '"direction":"received","name":"アリス@開発","text":"会議中です".*"automatic":true' || return 1
	tell c send 'ボブ[昼食]' 'both away too'
	heard c "^recv MESSAGE .* 00802000 $(escaped 食事中です)\$" || return 1
	# One answer each, and none to an answer.
	said a "^sent MESSAGE .* 00802000 $(escaped 会議中です)\$" 1 &&
		never c '^sent MESSAGE .* 00802000 ' &&
		never_from_us 10.77.0.2:2425 "RECVMSG .*:$(number_of a '^sent MESSAGE .* 00802000')\\\\x00"
}
check "both away: one answer each, no loop, nothing confirmed" both_away
tell c back

absence_asked()
{
	tell c absence-info 10.77.0.1:2425
	heard c "^absence-info [^ ]* $(escaped 食事中です)\$"
}
check "GETABSENCEINFO is answered with the text" absence_asked
tell a back

back()
{
	ctl o absence off >/dev/null || return 1
	listed a "^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 present\$" || return 1
	lab_until 5 neighbour o '"nick":"アリス".*"absent":false' || return 1
	tell c absence-info ボブ
	heard c '^absence-info [^ ]* Not absence mode$'
}
check "and back" back
check "SENDABSENCEINFO" from_us 10.77.0.3:2425 "8388689 SENDABSENCEINFO 1:$N:bob:nodeo:8388689:Not\\\\x20absence\\\\x20mode\\\\x00"

asked_what()
{
	tell a info ボブ
	heard a '^info [^ ]* ipmsg'
}
check "GETINFO is answered" asked_what

# --- To many

to_all()
{
	ctl o send --all '全員へ' >/dev/null || return 1
	heard a "^message $BOB_UTF8 $(escaped 全員へ)\$" && heard c "^message $BOB_UTF8 $(escaped 全員へ)\$" &&
		mail o '"text":"全員へ".*"state":"broadcast"' && never a "^sent RECVMSG .* $(number_of a "^recv MESSAGE .* $(escaped 全員へ)\$")\$"
}
check "our message to all" to_all

from_all()
{
	tell a broadcast 'to everybody'
	lab_until 5 mail o '"text":"to everybody".*"broadcast":true' || return 1
	catch_up a
	[ "$(ctl o --json messages --all | sed 's/{"id"/\n&/g' | grep -c '"text":"to everybody"')" -eq 1 ] &&
		never_from_us 10.77.0.2:2425 "RECVMSG .*:$(number_of a '^sent MESSAGE .* to everybody$')\\\\x00"
}
check "its message to all, once, and not confirmed" from_all

to_group()
{
	ctl o send --group 開発 'to the group' >"$LAB_DIR/send.txt" || return 1
	heard a "^message $BOB_UTF8 to the group\$" && never c ' to the group$' &&
		grep -q '^アリス.* delivered' "$LAB_DIR/send.txt"
}
check "our message to a group" to_group

# --- Files

offers()
{
	tell a offer ボブ 'a:b.txt' 5
	lab_until 5 mail o '"offers":\[{"name":"[^"]*b\.txt","size":5,"kind":"file"}\]' || return 1
	lan_number=$(number_of a '^sent MESSAGE [^ ]* [0-9]* 00a00100')
	heard a "^confirmed $lan_number\$" && heard a "^released $lan_number\$"
}
check "a file that is offered is shown, and released" offers
check "RELEASEFILES" from_us 10.77.0.2:2425 \
	"97 RELEASEFILES 1:$N:bob:nodeo:97:$(number_of a '^sent MESSAGE [^ ]* [0-9]* 00a00100')\\\\x00"

folder()
{
	tell a offer ボブ '資料/' 0
	lab_until 5 mail o '"offers":\[{"name":"資料","size":0,"kind":"directory"}\]'
}
check "a directory" folder

# --- Lists

list_from_us()
{
	start_stock l d --user=lea --host=LAMBDA --nick=Lea --list=ask
	tell l enter
	heard l '^recv OKGETLIST 10\.77\.0\.1:2425 ' || return 1
	tell a raw 10.77.0.1:2425 '1:7801:alice:ALPHA:18:\x00'
	heard a '^recv ANSLIST 10\.77\.0\.1:2425 .* 1\\x07.*carl\\x07GAMMA\\x07[0-9]*\\x0710\.77\.0\.3\\x0730985\\x07Carl\\x07Dev\\x07' ||
		heard a '^recv ANSLIST 10\.77\.0\.1:2425 .*carl\\x07GAMMA\\x07[0-9]*\\x0710\.77\.0\.3\\x0730985\\x07Carl\\x07Dev\\x07'
}
check "who asks for a list gets one" list_from_us

list_for_us()
{
	tell l exit
	stop l
	start_called Pia sales p d pia 'list-ask = "yes"'
	wire '10[.]77[.]0[.]4:2425 > 10[.]77[.]0[.]255:2425 .* ISGETLIST2 1:' || return 1
	wire '10[.]77[.]0[.]4:2425 > .* GETLIST 1:' || return 1
	lab_until 5 neighbour p '"nick":"Carl".*"endpoint":"10.77.0.3:2425"' &&
		lab_until 5 neighbour p '"nick":"アリス".*"endpoint":"10.77.0.2:2425"'
}
check "and we ask for one where that is wished" list_for_us
stop p

# --- Dialling up, refreshing, other names

dialup()
{
	start_stock g c --port=2426 --user=gina --host=GIN --nick=Gina --dialup
	start_stock h c --port=2427 --user=hans --host=HAN --nick=Hans
	tell g enter 10.77.0.1:2425
	tell h enter 10.77.0.1:2425
	listed g ' bob nodeo ' && listed h ' bob nodeo ' || return 1
	neighbour o '"nick":"Gina".*"endpoint":"10.77.0.3:2426"' &&
		neighbour o '"nick":"Hans".*"endpoint":"10.77.0.3:2427"' || return 1
	ctl o absence on --title tea tea >/dev/null
	heard g '^recv ABSENCE 10\.77\.0\.1:2425 ' || return 1
	never h '^recv ABSENCE ' || return 1
	ctl o absence off >/dev/null
}
check "who dials up is told of changes alone" dialup

one_address()
{
	ours_to Gina g 'ボブ' 'to the one' && ours_to Hans h 'ボブ' 'to the other' &&
		ours_to Carl c 'ボブ' 'to the third' && never g ' to the other$' &&
		to_ours g 10.77.0.1:2425 'Gina@GIN' 'from the one' &&
		to_ours h 10.77.0.1:2425 'Hans@HAN' 'from the other'
}
check "three clients at one address, each at its port" one_address

refresh()
{
	ctl o refresh >/dev/null || return 1
	lab_until 7 neighbour o '"nick":"アリス"' || return 1
	ctl o refresh >/dev/null 2>&1 && return 1
	tell a refresh
	heard a '^sent ENTRY ' && listed a ' bob nodeo '
}
check "refreshing, ours and theirs" refresh

renamed()
{
	tell a nick アリサ
	lab_until 5 neighbour o '"name":"アリサ@開発"' || return 1
	sed -i 's/nick = "ボブ"/nick = "ロバート"/' "$LAB_DIR/o.conf"
	ctl o reload >/dev/null || return 1
	listed a "^user 10[.]77[.]0[.]1:2425 bob nodeo $(escaped ロバート) " || return 1
	sed -i 's/nick = "ロバート"/nick = "ボブ"/' "$LAB_DIR/o.conf"
	ctl o reload >/dev/null
	listed a "^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 "
}
check "other names, theirs and ours" renamed

refused()
{
	tell c refuse bob
	catch_up c
	ctl o --timeout 2 send --no-wait Carl 'do you refuse me' >/dev/null 2>&1
	heard c '^sent EXIT 10\.77\.0\.1:2425 ' || return 1
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.3:2425"'
}
check "who refuses us leaves our list" refused

own_name()
{
	start_stock e d --user=bob --host=nodeo --nick=Echo
	tell e enter
	heard e '^sent ENTRY ' || return 1
	tell e raw 10.77.0.1:2425 '1:7901:bob:nodeo:1:Echo\x00'
	# What follows is read after it.
	tell a info ボブ
	heard a '^sent GETINFO ' || return 1
	lab_until 3 lab_not neighbour o '"nick":"Echo"' && ! neighbour o '"endpoint":"10.77.0.4:2425"'
}
check "our own name from elsewhere is not a neighbour" own_name
stop e

# --- Places and leaving

evicted()
{
	tell h raw 10.77.0.1:2425 '1:8001:ivan:IOTA:1:Ivan\x00'
	lab_until 5 neighbour o '"nick":"Ivan".*"endpoint":"10.77.0.3:2427"' || return 1
	! neighbour o '"nick":"Hans"'
}
check "a second user at a place drives the first out" evicted

they_leave()
{
	tell a exit
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}
check "who leaves is gone" they_leave

kept()
{
	tell a enter
	tell g enter 10.77.0.1:2425 # the refresh has made us forget whom to tell
	listed a ' bob nodeo ' && listed g ' bob nodeo ' || return 1
	stop o
	gone a ' bob nodeo ' || return 1
	# Both times, by broadcast and to who dialled up.
	[ "$(grep -c '10\.77\.0\.1:2425 > 10\.77\.0\.255:2425 .* EXIT ' "$LAB_DIR/wire.out")" -eq 2 ] &&
		said g '^recv EXIT 10\.77\.0\.1:2425 ' 2
}
check "and so are we, said twice" kept
check "BR_EXIT" from_us 10.77.0.255:2425 \
	"16777218 EXIT 1:$N:bob:nodeo:16777218:$BOB_CP932\\\\x00$SALES_CP932\\\\x00$KEYS"

delayed_queue()
{
	start_called Quin sales q d quin
	listed a ' quin nodeq ' || return 1
	kill -KILL "$(cat "$LAB_DIR/q.pid")"
	stop q
	tell a send Quin 'while you were away'
	heard a '^sent MESSAGE .* while you were away$' || return 1
	lan_number=$(number_of a '^sent MESSAGE .* while you were away$')
	heard a "^unconfirmed $lan_number\$" || return 1
	start_called Quin sales q d quin
	lab_until 7 mail q '"text":"while you were away"' && heard a "^confirmed $lan_number\$"
}
check "what was sent to us while we were away comes when we are back" delayed_queue

lab_capture_stop wire
check "the capture lost nothing" [ $? -eq 0 ]
