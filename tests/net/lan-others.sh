#!/bin/sh
# Our peer on a LAN with Net::IPMessenger, whose packets of one second have one number and end
# without a NUL, and with a clone of FeiQ, which writes Chinese and answers to port 2425 whatever
# the sender's is.
# shellcheck source-path=SCRIPTDIR source=lan.sh
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1

plan 20
lan_up o p f
lab_capture_start wire lan -x
start_stock p p --as=perl --user=eve --host=eps --nick=イブ --group=Perl --charset=CP932
start_stock f f --as=feiq --user=fei:fei --host=phi --nick=Fei
tell p enter
tell f enter
heard p '^sent ENTRY ' || bail "no entry of perl"
heard f '^sent ENTRY ' || bail "no entry of feiq"
# shellcheck disable=SC2119
start_ours

check "we see them" lab_until 7 neighbour o '"name":"イブ@Perl","user":"eve","host":"eps".*"endpoint":"10.77.0.2:2425"'
check "the other as well, without a group" lab_until 7 neighbour o '"name":"Fei@phi".*"endpoint":"10.77.0.3:2425"'
check "perl sees us" listed p "^user 10[.]77[.]0[.]1:2425 bob nodeo $BOB_UTF8 $SALES_UTF8 present\$"
check "feiq sees us" listed f '^user 10[.]77[.]0[.]1:2425 bob nodeo '

# --- Net::IPMessenger

check "our message to perl" ours_to イブ p ボブ "$konnichiwa"
check "in CP932" from_us 10.77.0.2:2425 "288 MESSAGE 1:$N:bob:nodeo:288:\\\\x82\\\\xb1.*\\\\x00"

one_second()
{
	# All in the second in which it answered our entry, or in one of their own: the same number.
	sleep 1.1
	tell p enter
	tell p info ボブ
	tell p send ボブ 'one of one second'
	lab_until 5 mail o '"name":"イブ@Perl","text":"one of one second"' && heard p '^info [^ ]* ipmsg' &&
		heard p '^confirmed '
}
check "messages of perl, without a NUL, numbered as its entry of the same second" one_second
check "our sealed message to perl" sealed_to イブ p
check "its sealed message" sealed_from p ボブ

all_confirmed()
{
	# It confirms broadcasts and automatic answers too.
	ctl o send --all '全員へ' >/dev/null || return 1
	heard p "^message $BOB_UTF8 $(escaped 全員へ)\$" && heard f '^message [^ ]* '
}
check "our message to all" all_confirmed

away()
{
	ctl o absence on --title tea 'tea time' >/dev/null || return 1
	listed p "^user [^ ]* bob nodeo ${BOB_UTF8}\[tea\] $SALES_UTF8 absent\$" || return 1
	sleep 1.1
	tell p send 'ボブ[tea]' 'are you there'
	heard p '^message [^ ]* tea time$' || return 1
	ctl o absence off >/dev/null
	listed p "^user [^ ]* bob nodeo $BOB_UTF8 "
}
check "being away" away

perl_leaves()
{
	# BR_EXIT without a name
	tell p exit
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}
check "perl leaves" perl_leaves

# ours_to_feiq TEXT: it has no other word for us than its own.
ours_to_feiq()
{
	lab_until 7 neighbour o '"nick":"Fei"' && ctl o send Fei "$1" | grep -q '^delivered$' &&
		heard f "^message [^ ]* $(escaped "$1")\$"
}

# --- FeiQ, in a Chinese office

stop o
start_ours 'legacy-charset = "GBK"'
tell f enter
check "our message to feiq" ours_to_feiq 'plain text'
check "in Chinese" ours_to_feiq '你好，世界'
check "its message" to_ours f bob Fei@phi 'from feiq'
check "in Chinese" to_ours f bob Fei@phi '世界，你好'

feiq_name()
{
	# A colon in its name is one on the wire.
	ctl o list -l >"$LAB_DIR/list.txt"
	grep -q 'Fei@phi .*10.77.0.3:2425' "$LAB_DIR/list.txt" &&
		! grep -q "$(printf '\b')" "$LAB_DIR/list.txt"
}
check "a backspace in its name does not reach the terminal" feiq_name

overdone()
{
	# It confirms BR_ABSENCE, and we do not mind.
	ctl o absence on --title x x >/dev/null
	heard f '^sent RECVMSG 10\.77\.0\.1:2425 ' || return 1
	ctl o absence off >/dev/null
	to_ours f bob Fei@phi 'still talking'
}
check "it confirms what is no message, and that is no harm" overdone

offer()
{
	tell f offer bob 'a.txt' 12
	lab_until 5 mail o '"offers":\[{"name":"a.txt","size":12,"kind":"file"}\]' && heard f '^released '
}
check "its file" offer

feiq_leaves()
{
	tell f exit
	lab_until 5 lab_not neighbour o '"endpoint":"10.77.0.3:2425"'
}
check "feiq leaves" feiq_leaves
