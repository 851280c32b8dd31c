#!/bin/sh
# Messages of 10 bytes to a mebibyte between two peers of ours, each behind a NAT, over wires with
# an MTU of 1280 that lose a tenth: ASCII, kana, kanji, emoji, ':' and LF arrive byte for byte. To a
# seed behind the other NAT, and to a stock client on the LAN, 32 000 bytes in the code page, which
# IP cuts up. What fits the link of who sends it but not the way beyond is cut up there: without
# "don't fragment".
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

sizes='10 1000 1180 1200 1220 1240 1260 1280 1300 5000 32000 100000 1000000'
patience=60 # seconds; who waits for a delivery waits for ever
legacy=32000 # bytes of UTF-8 for those that get them in the code page

narrow()
{
	for router in A C; do
		in_ns "$router" ip link set wan mtu 1280 || return 1
		in_ns inet ip link set "w-$router" mtu 1280 || return 1
	done
}

# text_of BYTES PATTERN: into $LAB_DIR/text. It ends in x, since a last LF is not sent.
text_of()
{
	yes "$2" | head -c $(($1 - 1)) | iconv -c -f UTF-8 -t UTF-8 >"$LAB_DIR/text" 2>/dev/null
	while [ "$(wc -c <"$LAB_DIR/text")" -lt "$1" ]; do
		printf x >>"$LAB_DIR/text"
	done
}

# As JSON writes it: nothing of ours but LF has to be escaped.
expected()
{
	awk 'NR > 1 { printf "\\n" } { printf "%s", $0 } END { print "" }' "$LAB_DIR/text"
}

last_text()
{
	ctl d export | sed -n 's/.*"text": *"\([^"]*\)".*/\1/p' | tail -n 1
}

is_there()
{
	expected >"$LAB_DIR/expected"
	last_text >"$LAB_DIR/got"
	cmp -s "$LAB_DIR/expected" "$LAB_DIR/got"
}

# sent NAME: the text from B, confirmed.
sent()
{
	timeout "$patience" "$LAB_CTL" -s "$LAB_DIR/b.sock" send "$1" --wait delivered \
		<"$LAB_DIR/text" >"$LAB_DIR/ctl.out" 2>&1
}

# transfer BYTES
transfer()
{
	text_of "$1" 'bob: アイウ 漢字 😀 to dave;'
	lab_clock
	began=$lab_now
	sent dave@sales || return 1
	lab_clock
	diag "$1 bytes take $(((lab_now - began) * 10)) ms"
	is_there
}

all_sizes()
{
	for size in $sizes; do
		check "$size bytes arrive byte for byte" transfer "$size"
	done
}

too_long()
{
	text_of 1048577 'too long '
	! ctl b send dave@sales <"$LAB_DIR/text" >"$LAB_DIR/ctl.out" 2>&1 &&
		grep -q 1048576 "$LAB_DIR/ctl.out"
}

# send_legacy NAME BYTES: in one line, as the doubles print lines.
send_legacy()
{
	text_of "$2" 'カタカナと漢字 abc: '
	tr '\n' ' ' <"$LAB_DIR/text" >"$LAB_DIR/line" && mv "$LAB_DIR/line" "$LAB_DIR/text"
	sent "$1"
}

# The text as the doubles print it: each byte that is no graphic ASCII, or a blank, as \xHH.
printed()
{
	od -An -v -tu1 | awk '
		{ for (i = 1; i <= NF; i++)
			if ($i >= 32 && $i < 127 && $i != 92)
				printf "%c", $i
			else
				printf "\\x%02x", $i }
		END { print "" }'
}

# to_seed BYTES
to_seed()
{
	send_legacy carol@sales "$1" || return 1
	iconv -f UTF-8 -t CP932 "$LAB_DIR/text" | printed >"$LAB_DIR/printed"
	eventually has_printed s 4
}

to_stock()
{
	send_legacy alice "$legacy" || return 1
	printed <"$LAB_DIR/text" >"$LAB_DIR/printed"
	eventually has_printed a 5
}

# has_printed NAME WORDS: the last message to that double, after so many words of its line. A line
# is longer than what a command may be given: compared in files.
has_printed()
{
	grep '^recv MESSAGE' "$LAB_DIR/$1.out" | tail -n 1 | cut -d ' ' -f "$(($2 + 1))-" >"$LAB_DIR/lines"
	cmp -s "$LAB_DIR/printed" "$LAB_DIR/lines"
}

# What leaves B in one packet that the internet has to cut: counted, and what of it must not be.
watch_cut()
{
	in_ns B nft -f - <<-END
		table ip cut {
			chain leaves {
				type filter hook output priority 0
				meta l4proto udp ip length 1300-1500 ip frag-off & 0x1fff == 0 counter comment "whole"
				meta l4proto udp ip length 1300-1500 ip frag-off & 0x4000 == 0x4000 counter comment "uncut"
			}
		}
	END
}

# watched COMMENT: how many
watched()
{
	in_ns B nft list table ip cut | grep "\"$1\"" | sed -n 's/.* counter packets \([0-9]*\) .*/\1/p'
}

cut_on_the_way()
{
	watch_cut && to_seed 1800 && [ "$(watched whole)" -ge 1 ] && [ "$(watched uncut)" -eq 0 ]
}

plan 17
lab_up port-restricted port-restricted
lab_host S C 192.168.239.129 || bail "no S"
lab_host T A 192.168.246.130 || bail "no T"
narrow || bail "the MTU cannot be set"
start_superd e E
start_peerd d D dave 'supernodes = { "192.168.1.4" }'
start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'legacy-charset = "CP932"'
lab_until 10 registered b || bail "B does not register"
lab_until 10 registered d || bail "D does not register"
ctl b ask dave@sales >/dev/null || bail "B has no path to D"
lab_loss A 10
lab_loss C 10
all_sizes
check "more than a mebibyte is refused before it is sent, with the limit" too_long
lab_loss A 0
lab_loss C 0

start_seed s S --user=carol --host=nodes --nick=carol --group=sales --supernode=192.168.1.4
tell s enter
lab_until 10 seed_entered s '192\.168\.1\.4' || bail "S does not enter"
check "$legacy bytes reach a seed in CP932" to_seed "$legacy"
check "what is too long only on the way there is cut up there" cut_on_the_way
start_stock a T --as=perl --charset=CP932 --user=alice --host=nodea --nick=alice --group=sales
tell a enter
lab_until 10 neighbour b alice || bail "B does not know alice"
check "$legacy bytes reach a stock client in CP932" to_stock
