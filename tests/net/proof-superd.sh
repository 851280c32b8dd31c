#!/bin/sh
# Proof before effect: a peer that enters and asks but never answers the supernode's READMSG could
# be anybody who writes a forged source address. On its word nobody may be made to send anywhere,
# and the supernode itself may not send it more than it sent.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd

b=$LAB_DIR/b.out
d=$LAB_DIR/d.out
inet=$LAB_DIR/inet.out

# never_ahead ADDRESS: at no moment had E sent there more payload than came from there.
never_ahead()
{
	awk -v peer="$1:2425" '
	$2 == peer && $4 == "192.168.1.4:2425" { got += $8 }
	$4 == peer && $2 == "192.168.1.4:2425" { sent += $8; if (sent > got) ahead = 1 }
	END {
		if (ahead || !got)
			print "#   " got " bytes came from " peer ", " sent " went there"
		exit ahead || !got
	}' "$inet"
}

ordered()
{
	has "$inet" ' ORDERPUNCHING$'
}

plan 7
lab_up port-restricted port-restricted
lab_capture_start inet
start_superd e E
start_seed b B --mute-readmsg --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4

tell d enter
check "D proves that it receives" wait_for "$d" '^sent ANSREADMSG 192\.168\.1\.4:2425' 5
tell b enter
check "B is asked to prove it too" wait_for "$b" '^recv READMSG 192\.168\.1\.4:2425' 5
for _ in 1 2 3; do
	tell b ask dave@sales
	tell b enter
done
# An ask waits 5 s for its proof.
if lab_until 6 ordered; then
	not_ok "nobody is ordered on the word of B"
else
	ok "nobody is ordered on the word of B"
fi
catch_up d
if has "$d" ' 192\.168\.1\.2:2425'; then
	not_ok "D neither hears of B nor sends to it"
else
	ok "D neither hears of B nor sends to it"
fi
check "B never got more than it gave" never_ahead 192.168.1.2

# The same ask from a B that answers shows that nothing else stood in the way.
stop b >/dev/null
start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
tell b enter
wait_for "$b" '^sent ANSREADMSG 192\.168\.1\.4:2425' 10
tell b ask dave@sales
check "a B that answers is served" \
	wait_for "$d" '^recv ORDERPUNCHING 192\.168\.1\.4:2425 192\.168\.1\.2:2425$' 10
check "the capture lost nothing" lab_capture_stop inet
