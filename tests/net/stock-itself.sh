#!/bin/sh
# The stock client's doubles among themselves, and against the golden packets, before the daemon
# meets them: a double with a wrong habit would teach us a wrong one.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_stock

kaiwa='こんにちは、世界'

# message FROM WHO TO NAME TEXT: said by FROM to WHO, who is TO and shows it with NAME, confirmed.
message()
{
	confirmed=$(count "$LAB_DIR/$1.out" '^confirmed ')
	tell "$1" send "$2" "$5"
	heard "$3" "^message $(escaped "$4") $(escaped "$5")\$" || return 1
	lab_until 3 lab_confirmed "$LAB_DIR/$1.out" "$confirmed"
}

lab_confirmed()
{
	[ "$(count "$1" '^confirmed ')" -gt "$2" ]
}

# perl's packets of one second share their number, and official takes the later for copies.
perl_alone()
{
	sleep 1.1
	"$@"
}

# seal FROM WHO TO: sealed, opened, and known to be.
seal()
{
	tell "$1" sealed "$2" "for your eyes, $1 to $3"
	heard "$3" "^recv MESSAGE .* for your eyes, $1 to $3\$" || return 1
	never "$3" "^message .* for your eyes, $1 to $3\$" || return 1
	number=$(awk '$1 == "sealed" { n = $3 } END { print n }' "$LAB_DIR/$3.out")
	tell "$3" open "$number"
	heard "$3" "^message .* for your eyes, $1 to $3\$" && heard "$1" "^opened $number\$"
}

# --- Entries and messages, each with each

enter_all()
{
	lan_up a b c d e f
	start_stock a a --user=alice --host=ALPHA --nick=アリス --group=開発
	start_stock b b --user=bob --host=BETA --nick=ボブ --group=営業
	start_stock c c --as=iptux --user=carol --host=gamma --nick=Carol --group=Group \
		--charset=CP932
	start_stock d d --as=mac --user=dora --host=delta --nick=ドラ --group=開発
	start_stock e e --as=perl --user=eve --host=eps --nick=Eve --group=Perl --charset=CP932
	start_stock f f --as=feiq --user=fei:fei --host=phi --nick=Fei --charset=CP932
	lab_capture_start wire lan -x
	for one in a b c d e f; do
		tell "$one" enter
	done
}

all_listed()
{
	for one in 'b bob' 'c carol' 'd dora' 'e eve'; do
		listed a "^user [^ ]* ${one#* } " || return 1
		listed "${one% *}" '^user 10\.77\.0\.1:2425 alice ALPHA ' || return 1
	done
	listed a '^user [^ ]* fei\\x08fei phi ' && listed f ' alice ALPHA '
}

plan 43
enter_all
check "six clients of five kinds know each other" all_listed
check "a key block is read before the legacy part" \
	listed d "^user 10[.]77[.]0[.]2:2425 bob BETA $(escaped ボブ) $(escaped 営業) present\$"
check "official to official" message a bob b アリス "$kaiwa"
check "official to iptux" message a carol c アリス "$kaiwa"
check "iptux to official" message c アリス a Carol "$kaiwa"
check "official to mac" message a dora d アリス "$kaiwa"
check "mac to official" message d bob b ドラ "$kaiwa"
check "official to perl" message a eve e アリス "$kaiwa"
check "perl to official" perl_alone message e アリス a Eve "$kaiwa"
check "official to feiq" message a Fei f アリス "$kaiwa"
check "feiq to official" message f アリス a Fei "$kaiwa"
check "in UTF-8 to whom that is known" has "$LAB_DIR/a.out" '^sent MESSAGE 10\.77\.0\.4:2425 [0-9]* 00800100 '
check "in CP932 to the others" lab_until 2 has "$LAB_DIR/wire.out" \
	'10\.77\.0\.1:2425 > 10\.77\.0\.3:2425 .* 288 MESSAGE .*:288:\\x82\\xb1\\x82\\xf1'
check "perl ends nothing with a NUL" has "$LAB_DIR/wire.out" '> 10\.77\.0\.1:2425 .* 33 RECVMSG 1:[0-9]+:eve:eps:33:[0-9]+$'
check "iptux counts from 1" has "$LAB_DIR/c.out" '^sent [A-Z]+ [^ ]* 1 00000100 '
check "mac asks each that enters what it is" heard d '^info .* stock double as the Windows'

# --- Seals, absence, broadcast, files, questions

check "a sealed message, official to official" seal a bob b
check "its opening is confirmed" heard b '^read-confirmed '
check "a sealed message, official to mac" seal a dora d
check "a sealed message, mac to official" seal d アリス a
check "a sealed message, perl to official" perl_alone seal e ボブ b

both_absent()
{
	tell a absent 昼食 'at lunch'
	tell b absent 会議 'in a meeting'
	listed b "^user [^ ]* alice ALPHA $(escaped 'アリス[昼食]') [^ ]* absent\$" || return 1
	tell a send "ボブ[会議]" 'are you there'
	heard a "^message $(escaped 'ボブ[会議]') in a meeting\$" || return 1
	catch_up b
	said a '^recv MESSAGE [^ ]* [0-9]* 00802000 ' 1 && said b ' 00802000 at lunch$' 0
}
check "absence answers, and no answer draws another" both_absent

mac_absent()
{
	tell a back
	tell d absent away 'gone fishing'
	listed a "^user [^ ]* dora delta $(escaped 'ドラ[away]') [^ ]* absent\$" || return 1
	tell a send "ドラ[away]" 'any fish'
	heard a "^recv MESSAGE 10[.]77[.]0[.]4:2425 [0-9]* 00802100 gone fishing\$" || return 1
	never a "^sent RECVMSG 10[.]77[.]0[.]4:2425 .* $(awk '/gone fishing/ { print $4; exit }' "$LAB_DIR/a.out")\$"
}
check "an absent mac asks for confirmation of its automatic answer, and gets none" mac_absent
tell b back
tell d back

broadcast()
{
	tell a broadcast 'to all of you'
	for one in b c d e f; do
		heard "$one" '^message .* to all of you$' || return 1
	done
	said b '^message .* to all of you$' 1 || return 1
	never b "^sent RECVMSG .* $(awk '/to all of you/ { print $4; exit }' "$LAB_DIR/a.out")\$"
}
check "a broadcast, seen once and not confirmed" broadcast

offer()
{
	tell a offer ドラ 'a:b.txt' 5
	heard d '^offered [^ ]* [0-9]* 0:a::b[.]txt:5:65535500:1:\\x07$' || return 1
	number=$(awk '$1 == "offered" { n = $3 } END { print n }' "$LAB_DIR/d.out")
	tell d raw 10.77.0.1:2425 "1:9001:dora:delta:97:$number\\x00"
	heard a "^released $number\$"
}
check "files are offered and released" offer

questions()
{
	tell b info アリス
	tell b absence-info アリス
	heard b "^info $(escaped アリス) stock double" &&
		heard b "^absence-info $(escaped アリス) Not absence mode\$"
}
check "questions are answered" questions

# --- Lists, dialling up, refusing

host_list()
{
	start_stock ask a --port=2430 --list=ask --user=asker --host=ASK
	start_stock hold b --port=2430 --user=holder --host=HOLD
	tell hold enter
	start_stock far c --port=2430 --user=far --host=FAR --nick=遠い
	tell far enter
	listed hold ' far FAR ' || return 1
	sleep 3.1 # so long it must have been up
	tell ask enter
	heard ask '^list [12] next 0$' && listed ask "^user 10[.]77[.]0[.]3:2430 far FAR $(escaped 遠い) "
}
check "a host list is asked for and given" host_list

unsolicited()
{
	stop ask
	start_stock ask a --port=2430 --user=asker --host=ASK
	tell ask enter
	heard ask '^sent ENTRY ' || return 1
	list='bob:BETA:19:    0\x07    1\x07alice\x07ALPHA\x0716777216\x07192.0.2.10\x0730985\x07Ann\x07Dev\x07\x00'
	tell hold raw 10.77.0.1:2430 "1:77:$list"
	heard ask '^list 1 next 0$' && listed ask '^user 192\.0\.2\.10:2425 alice ALPHA Ann Dev ' || return 1
	tell hold raw 10.77.0.1:2430 "1:78:$list"
	heard ask '^ignored list$'
}
check "one list that nobody asked for is taken, a second is not" unsolicited

dialled()
{
	start_stock g c --port=2426 --user=gina --host=gin --dialup
	tell g enter 10.77.0.1:2425
	listed a '^user 10\.77\.0\.3:2426 gina gin .* dialup$' || return 1
	tell a nick アリサ
	heard g '^recv ABSENCE 10\.77\.0\.1:2425 '
}
check "who dials up hears of changes" dialled

refused()
{
	tell a refuse bob
	catch_up a
	tell b info アリサ
	heard b '^recv EXIT 10\.77\.0\.1:2425 ' && gone b ' alice '
}
check "the refused are told to go" refused

# --- Lost packets, duplicates, places

unanswered()
{
	start_stock mute e --port=2427 --user=mute --host=MUTE
	tell a send 10.77.0.5:2499 'is anybody there'
	heard a '^unconfirmed ' || return 1
	number=$(awk '/is anybody there/ { print $4; exit }' "$LAB_DIR/a.out")
	# A header of 29 bytes, the text and its NUL.
	[ "$(count "$LAB_DIR/wire.out" '> 10\.77\.0\.5:2499 ttl 64 len 46 288 ')" -eq 3 ] &&
		[ "$(count "$LAB_DIR/wire.out" '> 10\.77\.0\.5:2499 ttl 64 len 110 288 ')" -eq 2 ]
}
check "five tries, the last two with 64 more NULs" unanswered

kept()
{
	stop e
	tell a send Eve 'for later'
	catch_up a
	number=$(awk '/ for later$/ { n = $4 } END { print n }' "$LAB_DIR/a.out")
	heard a "^unconfirmed $number\$" || return 1
	start_stock e e --as=perl --user=eve --host=eps --nick=Eve --group=Perl
	tell e enter
	heard e '^message .* for later$' && heard a "^confirmed $number\$" &&
		said a " $number 00000100 for later\$" 6
}
check "what was not confirmed goes out again, number and all, when its receiver appears" kept

duplicate()
{
	tell f raw 10.77.0.1:2425 '1:1700000006:fei:phi:288:Hello\x00'
	heard a '^message Fei Hello$' || return 1
	tell f raw 10.77.0.1:2425 '1:1700000006:fei:phi:288:Hello\x00\x00\x00\x00'
	heard a '^duplicate 1700000006$' && said a '^message Fei Hello$' 1 &&
		said a '^sent RECVMSG .* 1700000006$' 2
}
check "G06 and its copy: shown once, confirmed twice" duplicate

stray()
{
	start_stock h d --port=2440 --user=hana --host=eta
	tell h enter 10.77.0.1:2425
	listed a ' hana eta ' || return 1
	tell a send 10.77.0.5:2498 'whose receipt is this'
	heard a '^sent MESSAGE 10\.77\.0\.5:2498 ' || return 1
	number=$(awk '/whose receipt/ { print $4; exit }' "$LAB_DIR/a.out")
	tell h raw 10.77.0.1:2425 "1:9101:hana:eta:33:$number\\x00"
	heard a "^stray RECVMSG 10[.]77[.]0[.]4:2440 $number\$" && never a "^confirmed $number\$"
}
check "a receipt from elsewhere counts for nothing" stray

evicted()
{
	tell h raw 10.77.0.1:2425 '1:9201:ivan:IOTA:1:Ivan\x00'
	heard a '^evicted hana ' && listed a ' ivan IOTA ' && gone a ' hana '
}
check "a second user at one place drives the first out" evicted

moved()
{
	tell f raw 10.77.0.1:2425 '1:9301:ivan:IOTA:1:Ivan\x00'
	heard a '^stays ivan ' && listed a '^user 10\.77\.0\.4:2440 ivan '
}
check "a user does not move within seven seconds" moved

old_number()
{
	tell c list
	tell e raw 10.77.0.3:2425 '1:5:zed:Z:1:Zed\x00'
	tell e raw 10.77.0.3:2425 '1:500:zed:Z:288:first\x00'
	heard c '^message Zed first$' || return 1
	tell e raw 10.77.0.3:2425 '1:400:zed:Z:288:second\x00'
	heard c '^old 400$' && heard c '^sent RECVMSG .* 400$' && never c '^message .* second$' || return 1
	tell e raw 10.77.0.3:2425 '1:6:zed:Z:1:Zed\x00'
	tell e raw 10.77.0.3:2425 '1:400:zed:Z:288:third\x00'
	heard c '^message Zed third$'
}
check "iptux drops a number that does not rise, until the next entry" old_number

garbled()
{
	start_stock u f --port=2460 --as=iptux --user=ulf --host=U
	start_stock w a --port=2460 --user=wilma --host=W --nick=アリス --group=開発
	tell w enter
	heard w '^drop 10\.77\.0\.6:2460 4 ' || return 1
	tell w send 10.77.0.6:2460 'did this arrive'
	heard w '^unconfirmed '
}
check "a legacy nick beside UTF-8 keys is UTF-16 to iptux, which answers in that" garbled

# --- Golden packets

# golden NUMBER BYTES PATTERN: these bytes at "a" have that effect.
golden()
{
	tell f raw 10.77.0.1:2425 "$2"
	heard a "$3"
}

goldens()
{
	golden G01 '1:1700000001:alice2:ALPHA:16777217:\x83A\x83\x8a\x83X\x00\x8aJ\x94\xad\x00\x0aUN:alice2\x0aHN:ALPHA\x0aNN:\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9\x0aGN:\xe9\x96\x8b\xe7\x99\xba\x0aVS:00010002:4:99:103' \
		"^recv ENTRY .* 1700000001 01000000 $(escaped 'アリス@開発')\$" &&
	golden G03 '1:1700000003:bob2:BETA:25165827:\xe3\x83\x9c\xe3\x83\x96\x00\xe5\x96\xb6\xe6\xa5\xad\x00\x0aVS:00010002:4:99:103' \
		"^recv ANSENTRY .* $(escaped 'ボブ@営業')\$" &&
	golden G04 '1:1700000004:alice4:ALPHA:16843012:Alice[lunch]\x00Dev\x00\x0aUN:alice4\x0aHN:ALPHA\x0aNN:Alice[lunch]\x0aGN:Dev\x0aVS:00010002:4:99:103' \
		"^recv ABSENCE .* 01010100 Alice\[lunch\]@Dev\$" &&
	golden G05 '1:1700000005:alice4:ALPHA:16777218:Alice\x00\x00\x0aUN:alice4\x0aHN:ALPHA\x0aNN:Alice\x0aGN:\x0aVS:00010002:4:99:103' \
		"^recv EXIT .* 1700000005 " &&
	golden G11 '1_iptux 0.9.4:2:carol2:gamma:257:Carol\x00Group\x00icon-tux.png\x00utf-8\x00' \
		"^recv ENTRY .* 2 00000100 Carol@Group\$" &&
	golden G11b '1_iptux 0.9.4:3:carol2:gamma:2149580832:\x000:pub.txt:5:65535500:1:\x07\x00' \
		"^offered Carol 3 0:pub[.]txt" &&
	golden G17 '1:1700000020:carol2:gamma:2097440:see files\x000:a::b.txt:5:65535500:1:\x071:docs:0:65535500:2:\x07\x00' \
		"^offered Carol 1700000020 0:a::b[.]txt:5:65535500:1:.x071:docs:0:" &&
	golden G21a '1:1700000106:gw:GW1:128:\x00' '^recv ASKPUNCHING .* 1700000106'
}
check "golden packets are read as they are meant" goldens
check "an unknown command draws nothing" never a '^sent .* 1700000106'

# shown ENTRY of alice: the bytes of G01, but for number and options.
check "and G01 is what an official client sends" has "$LAB_DIR/wire.out" \
	'ENTRY 1:[0-9]+:alice:ALPHA:[0-9]+:\\x83A\\x83\\x8a\\x83X\\x00\\x8aJ\\x94\\xad\\x00\\x0aUN:alice\\x0aHN:ALPHA\\x0aNN:\\xe3\\x82\\xa2\\xe3\\x83\\xaa\\xe3\\x82\\xb9\\x0aGN:\\xe9\\x96\\x8b\\xe7\\x99\\xba\\x0aVS:00010002:4:99:103$'

leave()
{
	tell a exit
	for one in c d e f; do
		gone "$one" ' alice ALPHA ' || return 1
	done
	eventually said d '^recv EXIT 10\.77\.0\.1:2425 ' 4
}
check "leaving is said twice, to the network and to 255.255.255.255" leave

ipv6()
{
	start_stock p a --port=2450 --ipv6 --user=paul --host=P
	start_stock q b --port=2450 --ipv6 --user=quin --host=Q
	in_ns a ip addr del 10.77.0.1/24 dev eth0
	tell p enter
	listed q '^user \[f[de][0-9a-f:]*\]:2450 paul P ' && listed p ' quin Q '
}
check "and over IPv6" ipv6
lab_capture_stop wire
