#!/bin/sh
# The seed's figure with ipmsg-superd as E and seed doubles as B and D: here both sides are
# ordered, each after it has shown that it receives. KIND_A and KIND_C set other routers.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd

b=$LAB_DIR/b.out
d=$LAB_DIR/d.out
inet=$LAB_DIR/inet.out

# Both had answered their READMSG before anybody was ordered anywhere.
proof_came_first()
{
	awk '
	$NF == "ANSREADMSG" && $4 == "192.168.1.4:2425" { proven[$2] = 1 }
	$NF == "ORDERPUNCHING" {
		orders++
		if (!proven["192.168.1.2:2425"] || !proven["192.168.1.3:2425"])
			early++
	}
	END { exit !(orders && !early) }' "$inet"
}

orders_left_from_2425()
{
	awk '
	$NF == "ORDERPUNCHING" { orders++; if ($2 != "192.168.1.4:2425") strange++ }
	END { exit !(orders && !strange) }' "$inet"
}

plan 16
lab_up "${KIND_A:-port-restricted}" "${KIND_C:-port-restricted}"
lab_capture_start c-wan C -i wan
lab_capture_start inet
start_superd e E
start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4

tell b enter
tell d enter
check "1: E answers B" wait_for "$b" '^recv ANSENTRY 192\.168\.1\.4:2425' 3
check "1: E answers D" wait_for "$d" '^recv ANSENTRY 192\.168\.1\.4:2425' 3
check "1: B proves that it receives" wait_for "$b" '^sent ANSREADMSG 192\.168\.1\.4:2425' 5
check "1: D proves that it receives" wait_for "$d" '^sent ANSREADMSG 192\.168\.1\.4:2425' 5

tell b enter 192.168.1.3
check "2: B's entry reaches C" wait_for "$LAB_DIR/c-wan.out" \
	' 192\.168\.1\.2:2425 > 192\.168\.1\.3:2425 .* ENTRY$' 3
catch_up d
if has "$d" 'bob'; then
	not_ok "2: and dies there"
else
	ok "2: and dies there"
fi

tell b ask dave@sales
check "3: the ask reaches E" wait_for "$inet" \
	' 192\.168\.1\.2:2425 > 192\.168\.1\.4:2425 .* ASKPUNCHING$' 3
check "4: D is ordered toward B" \
	wait_for "$d" '^recv ORDERPUNCHING 192\.168\.1\.4:2425 192\.168\.1\.2:2425$' 5
check "4: B is ordered toward D" \
	wait_for "$b" '^recv ORDERPUNCHING 192\.168\.1\.4:2425 192\.168\.1\.3:2425$' 5
check "4: both had proven themselves before" proof_came_first
check "4: the orders left from the port that was entered at" orders_left_from_2425
check "5: B hears D" wait_for "$b" '^recv (ANS)?ENTRY 192\.168\.1\.3:2425 dave@sales$' 3

wait_for "$d" '^recv (ANS)?ENTRY 192\.168\.1\.2:2425 bob@sales$' 3
tell b send dave can you hear me
tell d send bob loud and clear
wait_for "$d" '^recv MESSAGE 192\.168\.1\.2:2425 bob can you hear me$' 3
check "a message from B to D is confirmed" wait_for "$b" '^confirmed [0-9]+$' 3
wait_for "$b" '^recv MESSAGE 192\.168\.1\.3:2425 dave loud and clear$' 3
check "a message from D to B is confirmed" wait_for "$d" '^confirmed [0-9]+$' 3
check "the capture lost nothing" lab_capture_stop inet
check "E ends in order" stop e
