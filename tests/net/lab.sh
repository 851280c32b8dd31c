# shellcheck shell=sh
# The lab: the seed's figure in network namespaces, and what a test needs to play in it. A test
# sources this file and is run as
#	unshare -mrun sh tests/net/TEST.sh
# with top_srcdir and top_builddir in the environment; it needs no privilege and leaves nothing
# behind. Started in the namespaces of its parent it moves into some of its own first.
#
#	                 E 192.168.1.4 and 192.168.1.5
#	                 |
#	B -- lan A wan - inet - wan C lan -- D
#
#	B 192.168.246.129   A 192.168.246.1, 192.168.1.2
#	D 192.168.239.128   C 192.168.239.1, 192.168.1.3
#
# more sites, also behind a carrier's NAT of their own (lab_site):
#
#	R -- lan P wan -- lan K wan - inet
#
# or, for a LAN alone, hosts on one segment:
#
#	10.77.0.1, fd77::1 -- 10.77.0.2, fd77::2 -- ...
#
# Topology   lab_up KIND_A KIND_C, lab_down, lab_site, lab_host, lab_isolate, lan_up HOST...
# Routers    lab_nat, lab_flush, lab_timeouts, lab_mappings, lab_address
# Internet   lab_loss, lab_lost, lab_one_way
# Looking    lab_capture_start, lab_capture_stop
# Processes  in_ns, start, stop, tell, has, count, wait_for, lab_until,
#            start_seed, start_stock, start_superd, start_peerd, write_peerd, catch_up
# Asking     ctl, timed_ctl, registered, has_path, knows_nat, meets, received, neighbour, mail,
#            heard, never, said, listed, gone, eventually
# TAP        plan, ok, not_ok, check, diag, skip_all, bail, lab_parts
# Files of a test go to $LAB_DIR; a process NAME writes $LAB_DIR/NAME.out and $LAB_DIR/NAME.err.
# With LAB_PLAIN set, what cannot be done is said in words instead of TAP, and the status is 1.

: "${top_srcdir:=.}" "${top_builddir:=.}"
PATH=$PATH:/usr/sbin:/sbin
LAB_HERE=$top_srcdir/tests/net
LAB_SEED=$top_builddir/tests/net/seed
LAB_STOCK=$top_builddir/tests/net/stock
LAB_CAPTURE=$top_builddir/tests/net/capture
LAB_POST=$top_builddir/tests/net/post
LAB_CROWD=$top_builddir/tests/net/crowd
LAB_FAULTS_SO=$top_builddir/tests/net/faults.so
LAB_SUPERD=$top_builddir/src/superd/ipmsg-superd
LAB_PEERD=$top_builddir/src/peerd/ipmsg-peerd
LAB_CTL=$top_builddir/src/ipmsgctl/ipmsgctl
# Names of what runs, latest first; the pid of each stands in $LAB_DIR/NAME.pid.
LAB_PROCESSES=
LAB_DIR=
TAP_COUNT=0
TAP_FAILED=0

# --- TAP

plan()
{
	echo "1..$1"
}

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1"
}

# With the last lines of all that runs or ran, so that a failure can be read from its log alone.
not_ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $1"
	lab_show_logs
}

# check NAME COMMAND...: one case, ok when the command is.
check()
{
	tap_name=$1
	shift
	if "$@"; then
		ok "$tap_name"
	else
		not_ok "$tap_name"
	fi
}

skip_all()
{
	lab_give_up_plainly "$1"
	echo "1..0 # SKIP $1"
	exit 0
}

bail()
{
	lab_show_logs
	lab_give_up_plainly "$1"
	echo "Bail out! $1"
	exit 1
}

# lab_parts NUMBER: this test so many times at once, as most of it is waiting: each in a lab of its
# own, knowing by LAB_PART which it is, and by LAB_ALL the directory of this one. The cases of all
# are counted through here; what each wrote is in $LAB_DIR/part.NUMBER.
lab_parts()
{
	lab_part=0
	while [ "$lab_part" -lt "$1" ]; do
		lab_part=$((lab_part + 1))
		LAB_PART=$lab_part LAB_ALL=$LAB_DIR sh "$0" >"$LAB_DIR/part.$lab_part" &
		echo $! >"$LAB_DIR/part-$lab_part.pid"
		LAB_PROCESSES="part-$lab_part $LAB_PROCESSES"
	done
	wait
	cat "$LAB_DIR"/part.* | awk '/^(not )?ok [0-9]+ - / { sub(/[0-9]+/, ++cases) } 1'
	TAP_FAILED=$(cat "$LAB_DIR"/part.* | grep -c "^not ok") || :
}

lab_give_up_plainly()
{
	[ -n "${LAB_PLAIN-}" ] || return 0
	echo "This cannot be done here: $1." >&2
	exit 1
}

lab_show_logs()
{
	[ -n "$LAB_DIR" ] || return 0
	for tap_log in "$LAB_DIR"/*.out "$LAB_DIR"/*.err; do
		[ -s "$tap_log" ] || continue
		echo "#   ${tap_log##*/}:"
		tail -n 40 "$tap_log" | sed 's/^/#     /'
	done
}

# --- Processes

# in_ns NAMESPACE COMMAND...
in_ns()
{
	lab_ns=$1
	shift
	nsenter --net="$LAB_DIR/ns/$lab_ns" "$@"
}

# start NAME NAMESPACE COMMAND...: in the background, with an input that tell can write to. The
# process holds both ends of its own fifo, so it sees no end of input, and it dies with the test
# even if that is killed.
start()
{
	lab_name=$1
	lab_ns=$2
	shift 2
	rm -f "$LAB_DIR/$lab_name.in"
	mkfifo "$LAB_DIR/$lab_name.in" || bail "no fifo for $lab_name"
	# The child truncates them only when it gets to run: until then an earlier one's "ready"
	# would be taken for its own, and what is told to it lost.
	: >"$LAB_DIR/$lab_name.out"
	: >"$LAB_DIR/$lab_name.err"
	nsenter --net="$LAB_DIR/ns/$lab_ns" setpriv --pdeathsig KILL "$@" \
		<>"$LAB_DIR/$lab_name.in" >"$LAB_DIR/$lab_name.out" 2>"$LAB_DIR/$lab_name.err" &
	echo $! >"$LAB_DIR/$lab_name.pid"
	LAB_PROCESSES="$lab_name $LAB_PROCESSES"
}

# One that has ended is a zombie until it is waited for.
lab_alive()
{
	read -r lab_stat 2>/dev/null <"/proc/$1/stat" || return 1
	case $lab_stat in
	*') Z '*) return 1 ;;
	esac
}

# stop NAME: SIGTERM, and SIGKILL after 3 s. Its exit status.
stop()
{
	[ -f "$LAB_DIR/$1.pid" ] || return 0
	read -r lab_pid <"$LAB_DIR/$1.pid"
	rm -f "$LAB_DIR/$1.pid"
	kill -TERM "$lab_pid" 2>/dev/null
	lab_tries=150
	while lab_alive "$lab_pid"; do
		lab_tries=$((lab_tries - 1))
		if [ "$lab_tries" -eq 0 ]; then
			diag "$1 did not end at SIGTERM"
			kill -KILL "$lab_pid" 2>/dev/null
			break
		fi
		sleep 0.02
	done
	wait "$lab_pid"
}

# tell NAME LINE...: opened for both directions, or a process that has died would stop us here.
tell()
{
	lab_name=$1
	shift
	printf '%s\n' "$*" 1<>"$LAB_DIR/$lab_name.in"
}

# has FILE PATTERN: an extended regular expression, now.
has()
{
	grep -Eq -e "$2" "$1" 2>/dev/null
}

# count FILE PATTERN: the number of lines that match.
count()
{
	grep -Ec -e "$2" "$1" 2>/dev/null || :
}

# Hundredths of a second since the machine started, in $lab_now; date(1) has only seconds.
lab_clock()
{
	read -r lab_now _ </proc/uptime
	lab_now=${lab_now%.*}${lab_now#*.}
}

# lab_until SECONDS COMMAND...: polls until the command is true.
lab_until()
{
	lab_clock
	lab_deadline=$((lab_now + $1 * 100))
	shift
	until "$@"; do
		lab_clock
		[ "$lab_now" -lt "$lab_deadline" ] || return 1
		sleep 0.025
	done
}

# wait_for FILE PATTERN SECONDS: polls until a line matches.
wait_for()
{
	lab_until "$3" has "$1" "$2" && return 0
	diag "no line /$2/ in ${1##*/} within $3 s; it holds"
	sed 's/^/#     /' "$1"
	return 1
}

# start_seed NAME NAMESPACE OPTION...: a seed double, ready on return.
start_seed()
{
	lab_seed_name=$1
	lab_seed_ns=$2
	shift 2
	start "$lab_seed_name" "$lab_seed_ns" "$LAB_SEED" "$@"
	wait_for "$LAB_DIR/$lab_seed_name.out" '^ready ' 5 || bail "$lab_seed_name did not start"
}

# start_stock NAME NAMESPACE OPTION...: a stock client's double, ready on return.
start_stock()
{
	lab_stock_name=$1
	lab_stock_ns=$2
	shift 2
	start "$lab_stock_name" "$lab_stock_ns" "$LAB_STOCK" "$@"
	wait_for "$LAB_DIR/$lab_stock_name.out" '^ready ' 5 || bail "$lab_stock_name did not start"
}

# escaped TEXT: how our programs print it, as an extended regular expression.
escaped()
{
	printf '%s' "$1" | od -An -v -tx1 | xargs -n1 | while read -r lab_byte; do
		case $lab_byte in
		3[0-9] | 4[1-9a-f] | 5[0-9a] | 6[1-9a-f] | 7[0-9a]) # letters and digits
			# shellcheck disable=SC2059
			printf "\\$(printf %o "0x$lab_byte")"
			;;
		2[0-9a-f] | 3[a-f] | 40 | 5[bd] | 5f | 60 | 7[b-e]) # what may be special
			# shellcheck disable=SC2059
			printf "[\\$(printf %o "0x$lab_byte")]"
			;;
		5e) printf '\\^' ;;
		*) printf '\\\\x%s' "$lab_byte" ;;
		esac
	done
}

# catch_up NAME: all that had arrived at this double is in its output on return. It reads its
# socket before its lines, so the end of a list comes after.
catch_up()
{
	lab_ends=$(($(count "$LAB_DIR/$1.out" '^end$') + 1))
	tell "$1" list
	lab_until 3 lab_listed "$LAB_DIR/$1.out" "$lab_ends" || bail "$1 does not answer"
}

lab_listed()
{
	[ "$(count "$1" '^end$')" -ge "$2" ]
}

# start_superd NAME NAMESPACE [OPTION...]: the supernode with lines for its superd section, ready
# on return. It keeps nothing, and so has no key, unless LAB_STATE names a directory. LAB_LEGACY
# is how it serves seeds ("limited"), LAB_LISTEN where it listens ("0.0.0.0:2425", quoted).
start_superd()
{
	lab_superd_name=$1
	lab_superd_ns=$2
	shift 2
	{
		echo 'superd {'
		printf '\tlisten = { %s }\n' "${LAB_LISTEN:-\"0.0.0.0:2425\"}"
		printf '\tstate-directory = "%s"\n' "${LAB_STATE:-}"
		printf '\tlegacy = "%s"\n' "${LAB_LEGACY:-limited}"
		[ "$lab_superd_ns" != E ] || echo '	alternates = { "192.168.1.5" }'
		for lab_option in "$@"; do
			printf '\t%s\n' "$lab_option"
		done
		echo '}'
		echo 'log {'
		echo '	level = "debug"'
		echo '	target = "stderr"'
		echo '}'
	} >"$LAB_DIR/$lab_superd_name.conf"
	start "$lab_superd_name" "$lab_superd_ns" "$LAB_SUPERD" -n \
		-f "$LAB_DIR/$lab_superd_name.conf" -s "$LAB_DIR/$lab_superd_name.sock"
	wait_for "$LAB_DIR/$lab_superd_name.err" 'ready' 5 || bail "$lab_superd_name did not start"
}

# seed_entered NAME ADDRESS: the seed is registered with the supernode at ADDRESS, and has proven itself
# where that is asked of it.
seed_entered()
{
	if [ "${LAB_LEGACY:-limited}" = open ]; then
		has "$LAB_DIR/$1.out" "^recv ANSENTRY $2:2425"
	else
		has "$LAB_DIR/$1.out" "^sent ANSREADMSG $2:2425"
	fi
}

# write_peerd NAME NICK [LINE...]: $LAB_DIR/NAME.conf for the peer NICK@sales, with lines for its
# peerd section. LAB_NICK and LAB_GROUP say how it is called otherwise, LAB_PEERD_STATE where else
# its state is.
write_peerd()
{
	lab_peerd_conf=$LAB_DIR/$1.conf
	lab_peerd_host=node$1
	lab_peerd_nick=$2
	shift 2
	{
		echo 'peerd {'
		printf '\tuser = "%s"\n\thost = "%s"\n' "$lab_peerd_nick" "$lab_peerd_host"
		printf '\tnick = "%s"\n' "${LAB_NICK:-$lab_peerd_nick}"
		printf '\tgroup = "%s"\n' "${LAB_GROUP:-sales}"
		echo '	control-group = ""'
		printf '\tstate-directory = "%s"\n' "${LAB_PEERD_STATE:-${lab_peerd_conf%.conf}.state}"
		for lab_option in "$@"; do
			printf '\t%s\n' "$lab_option"
		done
		echo '}'
		echo 'log {'
		echo '	level = "debug"'
		echo '}'
	} >"$lab_peerd_conf"
}

# start_peerd NAME NAMESPACE NICK [LINE...]: a peer as write_peerd describes it, ready on return.
start_peerd()
{
	lab_peerd_name=$1
	lab_peerd_ns=$2
	shift 2
	write_peerd "$lab_peerd_name" "$@"
	start "$lab_peerd_name" "$lab_peerd_ns" "$LAB_PEERD" -n \
		-f "$LAB_DIR/$lab_peerd_name.conf" -s "$LAB_DIR/$lab_peerd_name.sock"
	wait_for "$LAB_DIR/$lab_peerd_name.err" 'ready' 5 || bail "$lab_peerd_name did not start"
}

# --- Asking the daemons

# ctl NAME WORD...: ipmsgctl for the daemon of that name.
ctl()
{
	lab_ctl=$1
	shift
	"$LAB_CTL" -s "$LAB_DIR/$lab_ctl.sock" "$@"
}

# timed_ctl NAME WORD...: the same; its output goes to $LAB_DIR/ctl.out and ctl.err, the
# hundredths of a second that it took to $took.
timed_ctl()
{
	lab_clock
	lab_began=$lab_now
	lab_ctl_status=0
	ctl "$@" >"$LAB_DIR/ctl.out" 2>"$LAB_DIR/ctl.err" || lab_ctl_status=$?
	lab_clock
	# shellcheck disable=SC2034 # for the test
	took=$((lab_now - lab_began))
	return "$lab_ctl_status"
}

# registered NAME: with a supernode, as the peer says.
registered()
{
	ctl "$1" --json status 2>/dev/null | grep -q '"state": *"registered"'
}

# has_path NAME NICK [ENDPOINT]: the peer has an open path to that one, which leads there.
has_path()
{
	ctl "$1" --json list 2>/dev/null | tr '}' '\n' | grep "\"nick\": *\"$2\"" |
		grep '"state": *"open"' | grep -q "\"endpoint\": *\"${3-}"
}

# received NAME TEXT: the peer has got a message that ends so.
received()
{
	ctl "$1" messages --all 2>/dev/null | grep -q -e "$2\$"
}

# knows_nat NAME: the peer has found out what its NAT does, and so can say why it failed.
knows_nat()
{
	ctl "$1" --json status 2>/dev/null | grep -q '"tested": *true'
}

# meets NAME NICK OTHER NICK: once both know where they stand, the one asks for the other, and a
# message passes each way. The hundredths of a second that the ask took go to $asked; what went
# wrong to $step, and the word of the diagnosis to $diagnosis.
# shellcheck disable=SC2034 # they are for the test
meets()
{
	asked=
	diagnosis=
	for lab_one in "$1" "$3"; do
		step="$lab_one does not register"
		lab_until 10 registered "$lab_one" || return 1
		step="$lab_one does not know its NAT"
		lab_until 10 knows_nat "$lab_one" || return 1
	done
	step="the ask fails"
	timed_ctl "$1" --json ask -v "$4@${LAB_GROUP:-sales}" || {
		diagnosis=$(lab_diagnosis)
		return 1
	}
	asked=$took
	step="$3 has no path to $1"
	lab_until 5 has_path "$3" "$2" || return 1
	step="a message from $1 to $3 is not confirmed"
	timed_ctl "$1" send --now "$4@${LAB_GROUP:-sales}" "to $4" || return 1
	step="a message from $3 to $1 is not confirmed"
	timed_ctl "$3" send --now "$2@${LAB_GROUP:-sales}" "to $2" || return 1
	step=
}

# Of the ask that ended last, in its JSON.
lab_diagnosis()
{
	tr -d ' \n' <"$LAB_DIR/ctl.out" | grep -o '"diagnosis":{[^}]*}' |
		sed -n 's/.*"word":"\([a-z-]*\)".*/\1/p' | tail -n 1
}

# neighbour NAME PATTERN: the peer knows one on its LAN whose line of JSON is like that, now.
neighbour()
{
	ctl "$1" --json list 2>/dev/null | tr '{' '\n' | grep '"kind": *"lan"' | grep -Eq -e "$2"
}

# mail NAME PATTERN: the peer has a message, received or sent, whose JSON is like that, now.
mail()
{
	ctl "$1" --json messages --all 2>/dev/null | sed 's/{"id"/\n&/g' | grep -Eq -e "$2"
}

lab_not()
{
	! "$@"
}

# eventually COMMAND...: within about 10 s; for commands that wait themselves.
eventually()
{
	lab_left=100
	until "$@"; do
		lab_left=$((lab_left - 1))
		[ "$lab_left" -gt 0 ] || return 1
		sleep 0.1
	done
}

# heard NAME PATTERN: a double tells it in a line, within 7 s.
heard()
{
	lab_until 7 has "$LAB_DIR/$1.out" "$2"
}

# never NAME PATTERN: no line is so, of all that has arrived at a double.
never()
{
	catch_up "$1"
	! has "$LAB_DIR/$1.out" "$2"
}

# said NAME PATTERN COUNT: so many lines of a double.
said()
{
	catch_up "$1"
	[ "$(count "$LAB_DIR/$1.out" "$2")" -eq "$3" ]
}

# listed, gone NAME PATTERN: a line of the users that a stock double knows becomes so, or none is.
listed()
{
	eventually lab_in_list "$1" "$2"
}

gone()
{
	eventually lab_not lab_in_list "$1" "$2"
}

lab_in_list()
{
	catch_up "$1"
	awk '/^user / { list = list $0 "\n"; next } /^end$/ { all = list } { list = "" }
		END { printf "%s", all }' "$LAB_DIR/$1.out" | grep -Eq -e "$2"
}

# --- Topology

# What a router or host is made of stands in files, one word each: $LAB_DIR/site/ROUTER.WORD.
lab_set()
{
	echo "$3" >"$LAB_DIR/site/$1.$2"
}

# lab_get ROUTER WORD: the word in $lab_word.
lab_get()
{
	read -r lab_word <"$LAB_DIR/site/$1.$2"
}

lab_ns()
{
	: >"$LAB_DIR/ns/$1"
	unshare --net="$LAB_DIR/ns/$1" true && in_ns "$1" ip link set lo up
}

# A cable from the bridge of the internet to NAME's interface.
lab_cable_inet()
{
	in_ns inet ip -batch - <<-END
		link add w-$1 type veth peer name $2 netns $LAB_DIR/ns/$1
		link set w-$1 master br0 up
	END
	in_ns "$1" ip -batch - <<-END
		addr add $3/24 dev $2
		link set $2 up
	END
}

# A cable from the LAN of a router to NAME's interface, which is all its way into the world.
# lab_cable_lan NAME ROUTER INTERFACE ADDRESS
lab_cable_lan()
{
	lab_get "$2" lan
	in_ns "$2" ip -batch - <<-END || return 1
		link add h-$1 type veth peer name $3 netns $LAB_DIR/ns/$1
		link set h-$1 master lan up
	END
	in_ns "$1" ip -batch - <<-END
		addr add $4/24 dev $3
		link set $3 up
		route add default via $lab_word
	END
}

# lab_host NAME ROUTER ADDRESS: one more host on that router's LAN.
lab_host()
{
	lab_ns "$1" && lab_cable_lan "$1" "$2" eth0 "$3"
}

# lab_isolate ROUTER on|off HOST...: on its LAN these reach the router but not each other, as the
# guests of a wireless network.
lab_isolate()
{
	lab_ns=$1
	lab_isolated=$2
	shift 2
	for lab_one in "$@"; do
		in_ns "$lab_ns" ip link set "h-$lab_one" type bridge_slave \
			isolated "$lab_isolated" || return 1
	done
}

# lab_site ROUTER WAN LAN KIND [CARRIER]: a router between a LAN of its own (a /24) and the
# internet, or the LAN of the router CARRIER.
lab_site()
{
	lab_ns "$1" || return 1
	lab_set "$1" wan "$2"
	lab_set "$1" lan "$3"
	lab_set "$1" kind public
	lab_set "$1" behind "${5:-inet}"
	LAB_ROUTERS="$LAB_ROUTERS $1"
	if [ -n "${5-}" ]; then
		lab_cable_lan "$1" "$5" wan "$2" || return 1
	else
		lab_cable_inet "$1" wan "$2" || return 1
	fi
	in_ns "$1" ip -batch - <<-END || return 1
		link add lan type bridge
		addr add $3/24 dev lan
		link set lan up
	END
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || return 1
	lab_no_bridge_nf "$1"
	lab_nat "$1" "$4"
}

# Where br_netfilter is loaded a bridge would run the router's rules too.
lab_no_bridge_nf()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do
		[ ! -w "$f" ] || echo 0 >"$f"; done'
}

# lab_up KIND_A KIND_C
lab_up()
{
	LAB_ROUTERS=
	lab_ns inet || bail "no network namespace"
	in_ns inet ip -batch - <<-END || bail "no bridge"
		link add br0 type bridge
		link set br0 up
	END
	lab_no_bridge_nf inet
	in_ns inet nft -f "$LAB_HERE/hops.nft" || bail "the hops do not load"
	lab_ns E || bail "no E"
	lab_cable_inet E eth0 192.168.1.4 || bail "no cable to E"
	in_ns E ip addr add 192.168.1.5/24 dev eth0 || bail "no second address of E"
	lab_site A 192.168.1.2 192.168.246.1 "$1" || bail "no A"
	lab_site C 192.168.1.3 192.168.239.1 "$2" || bail "no C"
	lab_host B A 192.168.246.129 || bail "no B"
	lab_host D C 192.168.239.128 || bail "no D"
	# the first site was made when the second was not there yet
	for lab_router in $LAB_ROUTERS; do
		lab_routes "$lab_router" || bail "no routes to $lab_router"
	done
}

# lan_up HOST...: each in its namespace on one segment, numbered from 1. The bridge is in the
# namespace "lan".
lan_up()
{
	lab_ns lan || bail "no network namespace"
	in_ns lan ip -batch - <<-END || bail "no bridge"
		link add br0 type bridge mcast_snooping 0
		link set br0 up
	END
	lab_no_bridge_nf lan
	lab_number=0
	for lab_one in "$@"; do
		lab_number=$((lab_number + 1))
		lan_host "$lab_one" "$lab_number" || bail "no host $lab_one"
	done
}

# lan_host NAME NUMBER: one more. The default route is there for 255.255.255.255.
lan_host()
{
	lab_ns "$1" || return 1
	in_ns lan ip -batch - <<-END || return 1
		link add h-$1 type veth peer name eth0 netns $LAB_DIR/ns/$1
		link set h-$1 master br0 up
	END
	# An IPv6 address is of use at once, and not after a second of looking for its double.
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" sh -c 'f=/proc/sys/net/ipv6/conf/eth0/accept_dad
		[ ! -w "$f" ] || echo 0 >"$f"'
	in_ns "$1" ip -batch - <<-END || return 1
		addr add 10.77.0.$2/24 broadcast 10.77.0.255 dev eth0
		link set eth0 up
		route add default dev eth0
	END
	in_ns "$1" ip addr add "fd77::$2/64" dev eth0 nodad 2>/dev/null || :
}

# Ends all that runs and takes the namespaces away; another lab_up may follow.
lab_down()
{
	for lab_process in $LAB_PROCESSES; do
		stop "$lab_process" >/dev/null
	done
	LAB_PROCESSES=
	for lab_file in "$LAB_DIR"/ns/*; do
		[ -e "$lab_file" ] || continue
		umount "$lab_file"
		rm -f "$lab_file"
	done
}

# --- Routers

# A router without NAT needs the others beside it to know the way to its LAN; behind a NAT nobody
# may. Behind a carrier this is for its other customers and the carrier itself.
lab_routes()
{
	lab_get "$1" wan
	lab_via=$lab_word
	lab_get "$1" lan
	lab_net=${lab_word%.*}.0/24
	lab_get "$1" behind
	lab_beside=$lab_word
	lab_get "$1" kind
	lab_kind=$lab_word
	for lab_other in E $LAB_ROUTERS; do
		[ "$lab_other" != "$1" ] || continue
		lab_reaches "$lab_other" "$lab_beside" || continue
		if [ "$lab_kind" = public ]; then
			in_ns "$lab_other" ip route replace "$lab_net" via "$lab_via" || return 1
		else
			in_ns "$lab_other" ip route del "$lab_net" 2>/dev/null || :
		fi
	done
}

# lab_reaches NAME SEGMENT: it has an interface in that: the internet, or the LAN of a carrier.
lab_reaches()
{
	[ "$1" != "$2" ] || return 0
	lab_word=inet
	[ "$1" = E ] || lab_get "$1" behind
	[ "$lab_word" = "$2" ]
}

# lab_nat ROUTER KIND: makes it a NAT of that kind, one of nat/*.nft, with nothing remembered.
lab_nat()
{
	lab_set "$1" kind "$2"
	lab_flush "$1" && lab_routes "$1"
}

# lab_flush ROUTER: it forgets every mapping, as after a restart.
lab_flush()
{
	lab_get "$1" wan
	lab_wan=$lab_word
	lab_get "$1" kind
	in_ns "$1" nft -D "wan=$lab_wan" -f "$LAB_HERE/nat/$lab_word.nft" || return 1
	in_ns "$1" conntrack -F >/dev/null 2>&1
}

# lab_timeouts ROUTER UNREPLIED STREAM: seconds that a mapping lives after one packet, and once
# it has carried both directions for more than 2 s.
lab_timeouts()
{
	in_ns "$1" sh -c "echo $2 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout &&
		echo $3 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream"
}

# lab_mappings ROUTER: the number of UDP mappings it remembers.
lab_mappings()
{
	in_ns "$1" conntrack -L -p udp 2>/dev/null | grep -c '^udp' || :
}

# lab_address ROUTER ADDRESS: another address outside, as after a reconnection.
lab_address()
{
	lab_get "$1" wan
	in_ns "$1" ip -batch - <<-END || return 1
		addr del $lab_word/24 dev wan
		addr add $2/24 dev wan
	END
	lab_set "$1" wan "$2"
	lab_nat_kind "$1"
}

lab_nat_kind()
{
	lab_get "$1" kind
	lab_nat "$1" "$lab_word"
}

# lab_loss NAMESPACE PERCENT: the internet loses that share of the UDP packets which the router,
# or E, sends into it; 0 ends it. Lost behind the router, so its mapping exists as it should.
lab_loss()
{
	in_ns inet nft -f - <<-END
		add table bridge loss-$1
		delete table bridge loss-$1
	END
	case $2 in
	0) return 0 ;;
	100) lab_share= ;;
	*) lab_share="numgen random mod 100 < $2" ;;
	esac
	in_ns inet nft -f - <<-END
		table bridge loss-$1 {
			chain pass {
				type filter hook forward priority -10
				iifname "w-$1" meta l4proto udp $lab_share counter drop
			}
		}
	END
}

# lab_one_way FROM TO: the internet takes no more UDP packets from the one address to the other.
lab_one_way()
{
	in_ns inet nft -f - <<-END
		table bridge one-way {
			chain pass {
				type filter hook forward priority -10
				ip saddr $1 ip daddr $2 meta l4proto udp drop
			}
		}
	END
}

# lab_lost NAMESPACE: how many packets were lost since lab_loss.
lab_lost()
{
	in_ns inet nft list table bridge "loss-$1" |
		sed -n 's/.* counter packets \([0-9]*\) .*/\1/p'
}

# --- Looking

# lab_capture_start NAME [NAMESPACE [OPTION...]]: what crosses the namespace, the internet unless
# told, goes to $LAB_DIR/NAME.out from now on.
lab_capture_start()
{
	lab_capture=$1
	lab_capture_ns=${2:-inet}
	[ $# -lt 2 ] || shift
	shift
	start "$lab_capture" "$lab_capture_ns" "$LAB_CAPTURE" "$@"
	wait_for "$LAB_DIR/$lab_capture.err" '^ready$' 5 || bail "no capture"
}

# lab_capture_stop NAME: fails when frames were lost.
lab_capture_stop()
{
	stop "$1"
}

# --- Beginning and end

# What cannot be tried here is skipped with its reason; what fails later is a failure.
lab_need_tools()
{
	for lab_tool in unshare nsenter setpriv ip nft conntrack mkfifo; do
		command -v "$lab_tool" >/dev/null || skip_all "$lab_tool is not installed"
	done
	[ -x "$LAB_SEED" ] || skip_all "$LAB_SEED is not built"
	[ -x "$LAB_CAPTURE" ] || skip_all "$LAB_CAPTURE is not built"
}

lab_need_stock()
{
	[ -x "$LAB_STOCK" ] || skip_all "$LAB_STOCK is not built"
}

lab_need_superd()
{
	[ -x "$LAB_SUPERD" ] || skip_all "$LAB_SUPERD is not built"
}

lab_need_peerd()
{
	[ -x "$LAB_PEERD" ] || skip_all "$LAB_PEERD is not built"
	[ -x "$LAB_CTL" ] || skip_all "$LAB_CTL is not built"
}

lab_need_post()
{
	[ -x "$LAB_POST" ] || skip_all "$LAB_POST is not built"
}

lab_need_crowd()
{
	[ -x "$LAB_CROWD" ] || skip_all "$LAB_CROWD is not built"
}

lab_need_faults()
{
	[ -e "$LAB_FAULTS_SO" ] || skip_all "$LAB_FAULTS_SO is not built"
}

lab_need_kernel()
{
	lab_ns probe 2>/dev/null || skip_all "no permission for network namespaces"
	in_ns probe ip link add br0 type bridge 2>/dev/null || skip_all "the kernel has no bridge"
	in_ns probe ip link add wan type veth peer name lan 2>/dev/null ||
		skip_all "the kernel has no veth"
	in_ns probe nft -f "$LAB_HERE/hops.nft" 2>/dev/null ||
		skip_all "the kernel has no nftables for bridges"
	in_ns probe nft -f "$LAB_HERE/nat/addr-restricted.nft" 2>/dev/null ||
		skip_all "the kernel has no nftables NAT"
	in_ns probe conntrack -F >/dev/null 2>&1 || skip_all "the kernel has no conntrack"
	umount "$LAB_DIR/ns/probe"
	rm -f "$LAB_DIR/ns/probe"
}

lab_end()
{
	lab_status=$?
	trap - EXIT
	trap '' HUP INT TERM
	if [ -n "$LAB_DIR" ]; then
		lab_down
		umount -R "$LAB_DIR"
		rmdir "$LAB_DIR"
	fi
	if [ "$lab_status" -eq 0 ] && [ "$TAP_FAILED" -gt 0 ]; then
		lab_status=1
	fi
	exit "$lab_status"
}

lab_begin()
{
	# Of a parent in another user namespace this cannot be read, which is an answer too.
	lab_parent=$(readlink "/proc/$PPID/ns/net" 2>/dev/null)
	if [ "$lab_parent" = "$(readlink /proc/$$/ns/net)" ]; then
		unshare -mrun true 2>/dev/null || skip_all "no permission for namespaces"
		exec unshare -mrun sh "$0" "$@"
	fi
	lab_need_tools
	trap lab_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ipmsg-lab.XXXXXX") || skip_all "no temporary directory"
	mount -t tmpfs lab "$LAB_DIR" 2>/dev/null || {
		rmdir "$LAB_DIR"
		LAB_DIR=
		skip_all "no permission for mounts"
	}
	mkdir "$LAB_DIR/ns" "$LAB_DIR/site"
	lab_need_kernel
}

lab_begin "$@"
