#!/bin/sh
# A seed enters once and is silent from then on, longer than any router remembers it. The
# supernode's READMSG has to keep its mapping alive, so that an ask long after still finds it.
# Time is scaled: the routers forget after 3 s, the keepalive comes every second. With a keepalive
# slower than the routers the same ask has to fail, or the first half proved nothing.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd

forget=3
b=$LAB_DIR/b.out
d=$LAB_DIR/d.out

begin()
{
	lab_flush A
	lab_flush C
	start_superd e E "$1"
	start_seed b B --user=bob --host=b --nick=bob --group=sales --supernode=192.168.1.4
	start_seed d D --user=dave --host=d --nick=dave --group=sales --supernode=192.168.1.4
	tell b enter
	tell d enter
}

end()
{
	for one in b d e; do
		stop "$one" >/dev/null
	done
}

# answered FILE TIMES
answered()
{
	[ "$(count "$1" '^sent ANSREADMSG 192\.168\.1\.4:2425')" -ge "$2" ]
}

both_answered()
{
	answered "$b" "$1" && answered "$d" "$1"
}

entered_once()
{
	[ "$(count "$b" '^sent ENTRY')" -eq 1 ] && [ "$(count "$d" '^sent ENTRY')" -eq 1 ]
}

forgotten()
{
	[ "$(lab_mappings A)" -eq 0 ] && [ "$(lab_mappings C)" -eq 0 ]
}

ordered_thrice()
{
	[ "$(count "$LAB_DIR/inet.out" \
		' 192\.168\.1\.4:2425 > 192\.168\.1\.3:2425 .* ORDERPUNCHING$')" -ge 3 ]
}

plan 13
lab_up port-restricted port-restricted
lab_timeouts A $forget $forget || skip_all "the kernel does not let us set conntrack timeouts"
lab_timeouts C $forget $forget || skip_all "the kernel does not let us set conntrack timeouts"

diag "the keepalive is faster than the routers"
began=$(date +%s)
begin 'legacy-keepalive = 1'
check "B answers twelve READMSG" lab_until 30 answered "$b" 12
check "D answers twelve READMSG" lab_until 30 answered "$d" 12
check "which took longer than the routers remember, three times over" \
	[ $(($(date +%s) - began)) -ge $((3 * forget)) ]
check "neither entered again" entered_once
tell b ask dave@sales
check "the order reaches D" wait_for "$d" '^recv ORDERPUNCHING 192\.168\.1\.4:2425 ' 5
check "B hears D" wait_for "$b" '^recv (ANS)?ENTRY 192\.168\.1\.3:2425 dave@sales$' 5
check "D hears B" wait_for "$d" '^recv (ANS)?ENTRY 192\.168\.1\.2:2425 bob@sales$' 5
tell b send dave still there
check "a message is confirmed" wait_for "$b" '^confirmed [0-9]+$' 3
end

diag "the keepalive is slower than the routers"
lab_capture_start inet
begin 'legacy-keepalive = 60'
check "B and D prove themselves" lab_until 10 both_answered 1
check "the routers forget them" lab_until 20 forgotten
tell b ask dave@sales
check "D is ordered three times" lab_until 10 ordered_thrice
catch_up d
if has "$d" '^recv ORDERPUNCHING'; then
	not_ok "and hears none of it"
else
	ok "and hears none of it"
fi
check "the capture lost nothing" lab_capture_stop inet
