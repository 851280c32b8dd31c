#!/bin/sh
# Our peer on a LAN with iptux, which knows one pal at an address, answers to its own port, judges
# each packet's codeset by the bytes, and drops a message whose number does not rise.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1

plan 21
lan_up o t
lab_capture_start wire lan -x
start_stock t t --as=iptux --user=carol --host=gamma --nick=カロル --group=Group
tell t enter
heard t '^sent ENTRY ' || bail "no entry"
start_ours 'legacy-charset = "UTF-8"'

known_by_name()
{
	listed t "^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 "
}

check "we see it" lab_until 7 neighbour o \
	'"name":"カロル@Group","user":"carol","host":"gamma".*"absent":false,.*"endpoint":"10.77.0.2:2425"'
check "it sees us, by a name that can be read" known_by_name
check "our message" ours_to カロル t ボブ 'plain text'
check "our Japanese message" ours_to カロル t ボブ "$konnichiwa"
check "in UTF-8" from_us 10.77.0.2:2425 \
	"MESSAGE 1:$N:bob:nodeo:$N:$(escaped "$konnichiwa")\\\\x00"
check "its message" to_ours t bob カロル@Group 'from iptux'
check "its Japanese message" to_ours t bob カロル@Group 'やあ、ボブ'

no_loop()
{
	lan_answers=$(count "$LAB_DIR/wire.out" '10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* ANSENTRY ')
	tell t raw 10.77.0.1:2425 '1_iptux 0.9.4:700:carol:gamma:259:\xe3\x82\xab\xe3\x83\xad\xe3\x83\xab\x00Group\x00icon-tux.png\x00utf-8\x00'
	tell t raw 10.77.0.1:2425 '1_iptux 0.9.4:701:carol:gamma:288:after it\x00'
	heard t '^recv RECVMSG 10\.77\.0\.1:2425 .* 701$' || return 1
	[ "$(count "$LAB_DIR/wire.out" '10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* ANSENTRY ')" -eq "$lan_answers" ]
}
check "its ANSENTRY is not answered" no_loop

its_receipt()
{
	# RECVMSG|SENDCHECKOPT
	said t '^sent RECVMSG 10\.77\.0\.1:2425 [0-9]* 00000100 ' 2 && ! has "$LAB_DIR/wire.out" \
		'10[.]77[.]0[.]1:2425 > .* RECVMSG .*:'"$(number_of t '^sent RECVMSG ')"'\\x00$'
}
check "nor its RECVMSG, though that wants it" its_receipt

shared_files()
{
	tell t raw 10.77.0.1:2425 '1_iptux 0.9.4:702:carol:gamma:2149580832:\x000:pub.txt:5:65535500:1:\x07\x00'
	lab_until 5 mail o '"offers":\[{"name":"pub.txt","size":5,"kind":"file"}\]'
}
check "its shared files, with bit 31" shared_files

away()
{
	ctl o absence on --title 昼食 食事中です >/dev/null || return 1
	listed t "^user 10[.]77[.]0[.]1:2425 bob nodeo $(escaped 'ボブ[昼食]') $SALES_UTF8 " || return 1
	tell t send bob 'where are you'
	heard t "^message [^ ]* $(escaped 食事中です)\$" || return 1
	ctl o absence off >/dev/null
	known_by_name
}
check "being away reaches it, and the answer" away

to_all()
{
	ctl o send --all '全員へ' >/dev/null || return 1
	heard t "^message [^ ]* $(escaped 全員へ)\$"
}
check "our message to all" to_all

from_all()
{
	tell t broadcast '皆さん'
	lab_until 5 mail o '"text":"皆さん".*"broadcast":true'
}
check "its message to all" from_all

sealed()
{
	# It cannot show a seal and does not open one: it is text.
	ctl o send --sealed --no-wait カロル 'no seals there' >/dev/null || return 1
	heard t '^message [^ ]* no seals there$' && never t '^sent READMSG '
}
check "a sealed message is one like others there" sealed

asked()
{
	# It never answers; that is no harm.
	tell t raw 10.77.0.1:2425 '1_iptux 0.9.4:710:carol:gamma:254:\x00'
	tell t send bob 'still here'
	lab_until 5 mail o '"text":"still here"' && neighbour o '"nick":"カロル"'
}
check "its own commands are no harm" asked

restarted()
{
	stop t
	start_stock t t --as=iptux --user=carol --host=gamma --nick=カロル --group=Group
	tell t enter
	listed t ' bob nodeo ' || return 1
	# Its numbers begin anew, and lie below those that we have seen.
	to_ours t bob カロル@Group 'after a restart'
}
check "after its restart, with numbers from 1" restarted

renamed()
{
	tell t nick キャロル
	lab_until 5 neighbour o '"name":"キャロル@Group"'
}
check "another name, told to each alone" renamed

left()
{
	tell t exit
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}
check "who leaves is gone" left

# With the code page of Windows in our entries, beside the keys in UTF-8, and a nick that makes
# iptux take the whole for UTF-16.
legacy()
{
	stop o
	stop t
	start_stock t t --as=iptux --user=carol --host=gamma --nick=カロル --group=Group
	start_called アリス 開発 o o bob
	# Both our entries have come, and what is said alone after the first.
	lab_until 12 lan_more "$LAB_DIR/t.out" '^recv ENTRY 10\.77\.0\.1:2425 ' 2 || return 1
	lab_until 7 neighbour o '"nick":"カロル"' || return 1
	# It asks for the name again after the second.
	lab_until 7 lan_more "$LAB_DIR/t.out" '^recv ANSENTRY 10\.77\.0\.1:2425 ' 1 || return 1
	listed t "^user 10[.]77[.]0[.]1:2425 bob nodeo $(escaped アリス) $(escaped 開発) "
}
check "an entry in CP932 does not hide our name" legacy
check "our message then" ours_to カロル t アリス "$konnichiwa"
check "its message then" to_ours t bob カロル@Group "$konnichiwa"
