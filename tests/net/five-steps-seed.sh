#!/bin/sh
# The seed's figure as it was drawn, with nothing but seed doubles: the lab and the double are
# right when the five steps happen here as they did then. KIND_A and KIND_C set other routers.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1

b=$LAB_DIR/b.out
d=$LAB_DIR/d.out
e=$LAB_DIR/e.out

c_saw()
{
	wait_for "$LAB_DIR/c-wan.out" "192.168.1.2:2425 > 192.168.1.3:2425 .* ENTRY$" 3
}

plan 11
lab_up "${KIND_A:-port-restricted}" "${KIND_C:-port-restricted}"
lab_capture_start c-wan C -i wan
lab_capture_start inet
start_seed e E --user=super --host=e
start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4

tell b enter
tell d enter
check "1: E knows B by its outer address" \
	wait_for "$e" '^recv ENTRY 192\.168\.1\.2:2425 bob@sales$' 3
check "1: E knows D by its outer address" \
	wait_for "$e" '^recv ENTRY 192\.168\.1\.3:2425 dave@sales$' 3
check "1: E answers B" wait_for "$b" '^recv ANSENTRY 192\.168\.1\.4:2425' 3
check "1: E answers D" wait_for "$d" '^recv ANSENTRY 192\.168\.1\.4:2425' 3

tell b enter 192.168.1.3
check "2: B's entry reaches C" c_saw
catch_up d
if has "$d" 'bob'; then
	not_ok "2: and dies there"
else
	ok "2: and dies there"
fi

tell b ask dave@sales
check "3: E hears the ask" wait_for "$e" '^recv ASKPUNCHING 192\.168\.1\.2:2425 dave@sales$' 3
check "4: D is ordered" \
	wait_for "$d" '^recv ORDERPUNCHING 192\.168\.1\.4:2425 192\.168\.1\.2:2425$' 3
check "5: D's entry reaches B" wait_for "$b" '^recv ENTRY 192\.168\.1\.3:2425 dave@sales$' 3

wait_for "$d" '^recv ANSENTRY 192\.168\.1\.2:2425 bob@sales$' 3
tell b send dave can you hear me
tell d send bob loud and clear
wait_for "$d" '^recv MESSAGE 192\.168\.1\.2:2425 bob can you hear me$' 3
check "a message from B to D is confirmed" wait_for "$b" '^confirmed [0-9]+$' 3
wait_for "$b" '^recv MESSAGE 192\.168\.1\.3:2425 dave loud and clear$' 3
check "a message from D to B is confirmed" wait_for "$d" '^confirmed [0-9]+$' 3
lab_capture_stop inet || bail "the capture lost frames"
