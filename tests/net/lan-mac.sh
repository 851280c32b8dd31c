#!/bin/sh
# Our peer on a LAN with the Mac client, which asks each that enters what it is, stumbles over a
# line without a colon, and while it is away puts ABSENCEOPT, which is SENDCHECKOPT too, into
# every packet.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1

plan 19
lan_up o m
lab_capture_start wire lan -x
start_stock m m --as=mac --user=dora --host=delta --nick=ドラ --group=開発
tell m enter
heard m '^sent ENTRY ' || bail "no entry"
# shellcheck disable=SC2119
start_ours

check "we see it" lab_until 7 neighbour o \
	'"name":"ドラ@開発","user":"dora","host":"delta".*"absent":false,.*"endpoint":"10.77.0.2:2425"'
check "it sees us" listed m "^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 present\$"
check "our keys have no line that it would stumble over" never m '^error '
check "it asks what we are, and is answered" heard m '^info [^ ]* ipmsg'

again()
{
	tell m refresh
	eventually said m '^recv ANSENTRY 10\.77\.0\.1:2425 ' 1 && listed m ' bob nodeo '
}
check "its entry is answered" again
check "our message" ours_to ドラ m ボブ "$konnichiwa"
check "its message" to_ours m ボブ ドラ@開発 'やあ、ボブ'

shift_jis()
{
	tell m raw 10.77.0.1:2425 '1:900:dora:delta:288:\x93\xfa\x96{\x8c\xea\x00'
	lab_until 5 mail o '"text":"日本語"'
}
check "in Shift_JIS, if it takes us for old" shift_jis
check "our sealed message" sealed_to ドラ m
check "which it opens without wanting an answer" never_from_us 10.77.0.2:2425 "ANSREADMSG .*"
check "its sealed message" sealed_from m ボブ
check "whose READMSG wants none either" from_us 10.77.0.2:2425 \
	"48 READMSG 1:$N:bob:nodeo:48:$(number_of m '^sent MESSAGE .* for bob alone, m$')\\\\x00"

they_are_away()
{
	tell m absent 釣り '釣りに行きます'
	lab_until 5 neighbour o '"name":"ドラ@開発".*"nick":"ドラ\[釣り\]".*"absent":true' || return 1
	ctl o send --now ドラ 'any fish' >/dev/null || return 1
	lab_until 5 mail o '"direction":"received","name":"ドラ@開発","text":"釣りに行きます".*"automatic":true' || return 1
	# SENDMSG|AUTORETOPT|ABSENCEOPT
	lan_number=$(number_of m '^sent MESSAGE [^ ]* [0-9]* 00802100 ')
	[ -n "$lan_number" ] && never m "^recv RECVMSG .* $lan_number\$"
}
check "away, its automatic answer is not confirmed, though it wants that" they_are_away

both_away()
{
	ctl o absence on --title 昼食 食事中です >/dev/null || return 1
	listed m "^user [^ ]* bob nodeo $(escaped 'ボブ[昼食]') $SALES_UTF8 absent\$" || return 1
	tell m send 'ボブ[昼食]' 'are you away too'
	heard m "^message [^ ]* $(escaped 食事中です)\$" || return 1
	said m '^sent MESSAGE [^ ]* [0-9]* 00802100 ' 1
}
check "both away: one answer, and no loop" both_away
ctl o absence off >/dev/null
tell m back

refused()
{
	tell m refuse bob
	catch_up m
	ctl o absence on --title tea tea >/dev/null
	heard m '^sent EXIT 10\.77\.0\.1:2425 ' || return 1
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}

to_all()
{
	ctl o send --all '全員へ' >/dev/null || return 1
	heard m "^message $BOB_UTF8 $(escaped 全員へ)\$"
}
check "our message to all" to_all

from_all()
{
	tell m broadcast '皆さん'
	lab_until 5 mail o '"text":"皆さん".*"broadcast":true'
}
check "its message to all, in Shift_JIS" from_all

offers()
{
	tell m offer ボブ '資料.pdf' 70000
	lab_until 5 mail o '"offers":\[{"name":"資料.pdf","size":70000,"kind":"file"}\]' &&
		heard m "^released $(number_of m '^sent MESSAGE [^ ]* [0-9]* 00a00100')\$"
}
check "its file" offers

left()
{
	tell m exit
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}
check "who leaves is gone" left

comes_back()
{
	tell m enter
	lab_until 5 neighbour o '"nick":"ドラ"' && listed m ' bob nodeo ' && refused
}
check "and who refuses us too" comes_back
