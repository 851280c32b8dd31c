#!/bin/sh
# What an ask that cannot succeed says, and how soon: every failure ends in time with status 1,
# an error of its own for programs and a sentence for people. The bounds are three times what the
# protocol promises.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

# sentence WORD...: standard error holds each of them, and no JSON.
sentence()
{
	for word in "$@"; do
		has "$LAB_DIR/ctl.err" "$word" || return 1
	done
	! has "$LAB_DIR/ctl.err" '[{}]'
}

in_time()
{
	diag "took $((took * 10)) ms of at most $1 s"
	[ "$took" -le $(($1 * 100)) ]
}

# fails WHAT SECONDS ERROR WORDS ARGUMENT...: B's ipmsgctl, once for programs, once for people,
# who find WORDS in the sentence. Four cases.
fails()
{
	what=$1
	seconds=$2
	error=$3
	words=$4
	shift 4
	timed_ctl b --json "$@"
	check "$what: status 1" [ $? -eq 1 ]
	check "$what: $error" has "$LAB_DIR/ctl.out" "\"error\": *\"net\\.ipmsg\\.peer\\.$error\""
	check "$what: in time" in_time "$seconds"
	timed_ctl b "$@"
	# shellcheck disable=SC2086 # a list of words
	check "$what: a sentence" sentence $words
}

# Our supernode, and B and D registered with it.
begin()
{
	start_superd e E
	start_peerd d D dave 'supernodes = { "192.168.1.4" }' 'refresh = 2'
	start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'refresh = 2'
	lab_until 5 registered b || bail "B does not register"
	lab_until 5 registered d || bail "D does not register"
}

plan 32
lab_up port-restricted port-restricted
begin

fails "unknown name" 3 UnknownName "nobody dave@nowhere supernode" ask dave@nowhere

in_ns C ip link set h-D down
fails "far peer gone" 15 PeerUnreachable "dave@sales 192\.168\.1\.3 NAT" ask dave@sales
stop d >/dev/null
in_ns C ip link set h-D up

kill -KILL "$(cat "$LAB_DIR/e.pid")"
stop e >/dev/null 2>&1
fails "supernode gone" 24 SupernodeUnreachable "192\.168\.1\.4 runs" ask dave@sales

# The registration is lost by now, or will be; asked again it is the same.
fails "supernode still gone" 24 SupernodeUnreachable "192\.168\.1\.4 runs" ask dave@sales
stop b >/dev/null

start_peerd b B bob
fails "no supernode" 3 NoSupernode "supernodes configur" ask dave@sales
stop b >/dev/null

start_seed e E --user=super --host=nodee
start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'refresh = 2'
lab_until 5 registered b || bail "B does not register with the seed"
fails "a seed supernode without an address" 3 NeedsAddress "192\.168\.1\.4 address dave@sales" \
	ask dave@sales
fails "a seed supernode and half a name" 3 NeedsFullName "nick@group dave" ask dave --at 192.168.1.3
stop b >/dev/null
stop e >/dev/null

# D's packets reach B, and B's never D. What B hears opens the path, since D's NAT has let it out
# toward B; the keepalive that follows at once finds out that nothing gets back.
begin
lab_one_way 192.168.1.2 192.168.1.3
fails "one way only" 24 NotDelivered "dave@sales" send --now dave@sales hello
