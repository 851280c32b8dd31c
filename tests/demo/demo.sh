#!/bin/sh
# Shows the seed's five steps with the three real programs: a supernode, two peers and two NATs as
# network namespaces on this machine, and what really crossed the wire between them. Run as
#	sh tests/demo/demo.sh
# with top_srcdir and top_builddir in the environment, or in the directory of the build. Ends with
# status 0 when every step and a message each way were seen.
# shellcheck source-path=SCRIPTDIR/../net source=lab.sh
LAB_PLAIN=yes
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

DEMO_HERE=$top_srcdir/tests/demo
DEMO_PLACES="A B C D E inet"
demo_bob='192\.168\.1\.2:2425'
demo_dave='192\.168\.1\.3:2425'

# --- How it looks

if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ]; then
	bold=$(printf '\033[1m')
	step=$(printf '\033[36m')
	good=$(printf '\033[32m')
	bad=$(printf '\033[31m')
	plain=$(printf '\033[0m')
else
	bold='' step='' good='' bad='' plain=''
fi

title()
{
	printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"
}

# fail TEXT: what was promised did not happen.
fail()
{
	printf '\n%s%s%s\n\n' "$bad" "$*" "$plain"
	for demo_log in e b d; do
		[ -s "$LAB_DIR/$demo_log.err" ] || continue
		echo "The end of what $demo_log logged:"
		tail -n 12 "$LAB_DIR/$demo_log.err" | sed 's/^/  /'
	done
	exit 1
}

# type_at HOST NAME WORD...: shows the command and what it answers, as it was typed there; its
# status is that of the command.
type_at()
{
	demo_host=$1
	demo_name=$2
	shift 2
	printf '  %s:$ %sipmsgctl' "$demo_host" "$bold"
	for demo_word in "$@"; do
		case $demo_word in
		*' '*) printf ' "%s"' "$demo_word" ;;
		*) printf ' %s' "$demo_word" ;;
		esac
	done
	printf '%s\n' "$plain"
	demo_status=0
	ctl "$demo_name" "$@" >"$LAB_DIR/typed" 2>&1 || demo_status=$?
	fold -s -w 70 "$LAB_DIR/typed" | sed 's/^/       /; s/ *$//'
	return "$demo_status"
}

# --- The stage

start_captures()
{
	lab_capture_start wire-A A -x -i wan
	lab_capture_start wire-C C -x -i wan
	for demo_place in B D E inet; do
		lab_capture_start "wire-$demo_place" "$demo_place" -x
	done
}

stop_captures()
{
	for demo_place in $DEMO_PLACES; do
		lab_capture_stop "wire-$demo_place" || fail "A capture lost packets; please run it again."
	done
}

show_stage()
{
	cat <<-END

		${bold}IP Messenger through two NATs${plain}

		Five machines, made of network namespaces in this one:

		              E  supernode, ipmsg-superd
		              |  192.168.1.4
		    ----------+------------------------------------  the internet
		      |                                        |
		      | 192.168.1.2                            | 192.168.1.3
		      A  NAT                                   C  NAT
		      | 192.168.246.1                          | 192.168.239.1
		      |                                        |
		      B  bob, ipmsg-peerd                      D  dave, ipmsg-peerd
		         192.168.246.129                          192.168.239.128

		A and C are routers as they stand in most homes. What goes out passes; what
		comes in passes only if it answers what went out before, same address and
		port. So neither bob nor dave can be called, and both want to talk.
	END
}

# --- The play

start_all()
{
	start_superd e E
	start_peerd d D dave 'supernodes = { "192.168.1.4" }'
	lab_until 5 registered d || fail "dave does not get to the supernode."
	start_peerd b B bob
}

try_alone()
{
	title "1  Alone it does not work"
	cat <<-END
		dave has entered at the supernode. bob's peer has not been told of one yet, so
		he tries dave's outer address himself, for four seconds:

	END
	if type_at B b ask dave@sales --at 192.168.1.3; then
		fail "bob reached dave without help, which a NAT like C has to prevent."
	fi
	# The capture may lag behind by a moment.
	lab_until 2 has "$LAB_DIR/wire-C.out" " $demo_bob > $demo_dave " ||
		fail "Nothing of bob's came to C."
	demo_seen=$(count "$LAB_DIR/wire-C.out" " $demo_bob > $demo_dave ")
	demo_passed=$(count "$LAB_DIR/wire-D.out" " $demo_bob > ")
	[ "$demo_passed" -eq 0 ] || fail "C let $demo_passed of bob's packets in."
	printf '\n  %sC saw %s packets of bob and let none of them in.%s\n' "$bad" "$demo_seen" "$plain"
}

ask()
{
	title "2  With a supernode it does"
	cat <<-END
		One line more in bob's ipmsg.conf, and bob enters as well:

		  supernodes = { "192.168.1.4" }

	END
	write_peerd b bob 'supernodes = { "192.168.1.4" }'
	type_at B b reload || fail "bob's peer does not take the line."
	lab_until 5 registered b || fail "bob does not get to the supernode."
	type_at B b ask dave@sales || fail "The ask failed."
	lab_until 5 has_path d bob || fail "dave has no path to bob."
}

talk()
{
	title "3  And now they talk, without the supernode"
	type_at B b send dave@sales "can you hear me?" || fail "bob's message was not confirmed."
	type_at D d messages
	echo
	type_at D d send bob@sales "loud and clear" || fail "dave's message was not confirmed."
	type_at B b messages
	received d 'can you hear me?' || fail "dave did not get bob's message."
	received b 'loud and clear' || fail "bob did not get dave's message."
}

# --- What was seen

read_wire()
{
	set --
	for demo_place in $DEMO_PLACES; do
		set -- "$@" "at=$demo_place" "$LAB_DIR/wire-$demo_place.out"
	done
	awk -v "facts=$LAB_DIR/facts" -v "bold=$bold" -v "step_colour=$step" -v "bad=$bad" \
		-v "plain=$plain" -f "$DEMO_HERE/wire.awk" "$@" >"$LAB_DIR/table" ||
		fail "The captures cannot be read."
	enter_b='' enter_d='' direct='' ask='' order='' told='' punch_d='' punch_b=''
	message_d='' message_b='' punch_d_word=BR_ENTRY punch_b_word=BR_ENTRY
	# shellcheck source=/dev/null
	. "$LAB_DIR/facts"
}

# when TIME: as wide as the figure has room for.
when()
{
	printf '%-8s' "${1:-not seen}"
}

# The marks of the figure in colour, behind it: so the figure can be drawn as it looks.
paint()
{
	sed -e "s/([1-5])/$step&$plain/g" -e "s/ X / ${bad}X$plain /" -e 's/ *$//'
}

show_figure()
{
	title "4  What crossed the wire"
	cat <<-END
		The five steps, each with the second at which its packet was first seen:

	END
	paint <<-END
		  +------------------------------------------------------------------------+
		  |                    E   supernode   192.168.1.4                         |
		  +------------------------------------------------------------------------+
		     ^            ^            |                       |            ^
		     | (1)        | (3)        | (4)                   | (4)        | (1)
		     | BR_ENTRY   | ASK-       | ANS-                  | ORDER-     | BR_ENTRY
		     | $(when "$enter_b")   |   PUNCHING |   PUNCHING              |   PUNCHING | $(when "$enter_d")
		     |            | $(when "$ask")   | $(when "$told")              | $(when "$order")   |
		     |            |            v                       v            |
		  +-----------------------+ ||                    || +---------------------+
		  |                       | ||  (2) $(when "$direct")      || |                     |
		  |                       | || ---- BR_ENTRY --> X || |                     |
		  |     B   bob@sales     | ||                    || |   D   dave@sales    |
		  |     192.168.246.129   | ||  (5) $(when "$punch_d")      || |   192.168.239.128   |
		  |                       | || <--- $punch_d_word ---- || |                     |
		  |                       | || ---- $punch_b_word ---> || |                     |
		  |                       | ||  (5) $(when "$punch_b")      || |                     |
		  +-----------------------+ ||                    || +---------------------+
		                          NAT A                  NAT C
	END
	cat <<-END

		(1) Both enter, so E knows how their NATs show them. (2) What bob sends to
		dave is dropped by C. (3) bob asks E for dave. (4) E orders dave to send to
		bob, and tells bob where dave is. (5) Both send, or answer at once; each NAT
		takes what comes in for the answer to what went out, and the path is open.

		These are all the packets of it as they crossed the internet, where B and D
		show with the addresses of their NATs; all ports are 2425. A packet with a low
		TTL is meant to die on its way: it only opens the NAT that it leaves.

	END
	cat "$LAB_DIR/table"
}

verdict()
{
	for demo_fact in "$enter_b" "$enter_d" "$direct" "$ask" "$told" "$order" "$punch_d" \
		"$message_d" "$message_b"; do
		[ -n "$demo_fact" ] || fail "Not all of it was seen; that should not be."
	done
	title "${good}All five steps were seen, and a message each way.${plain}"
	cat <<-END
		All of it is taken down now. How to set up your own stands in README.md, and
		why each packet is as it is in man/ipmsg-punch.7 (read it with man -l).

	END
}

show_stage
lab_up port-restricted port-restricted
start_captures
start_all
try_alone
ask
talk
stop_captures
read_wire
show_figure
verdict
