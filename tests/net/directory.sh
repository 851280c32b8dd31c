#!/bin/sh
# Who can be asked for, and who may know it: namesakes in two groups, the directory for members,
# the list of those who are there, and somebody who does not want to be asked. Each of the three
# peers is behind a NAT of its own.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd

# peer NAME NAMESPACE NICK GROUP [LINE...]
peer()
{
	peer_name=$1
	peer_ns=$2
	peer_nick=$3
	LAB_GROUP=$4
	shift 4
	start_peerd "$peer_name" "$peer_ns" "$peer_nick" 'supernodes = { "192.168.1.4" }' \
		'refresh = 2' "$@"
	lab_until 5 registered "$peer_name" || bail "$peer_name does not register"
}

# sites GROUP [LINE...]: bob@sales, bob@lab and carol in that group, with a supernode of such lines.
sites()
{
	carol=$1
	shift
	start_superd e E "$@"
	peer b B bob sales
	peer d D bob lab
	peer g G carol "$carol"
}

end()
{
	for one in g d b e; do
		stop "$one" >/dev/null
	done
}

# fails WORDS ERROR ARGUMENT...: carol's ipmsgctl ends with that error and those words.
fails()
{
	words=$1
	error=$2
	shift 2
	! timed_ctl g "$@" && has "$LAB_DIR/ctl.err" "$words" && ! timed_ctl g --json "$@" &&
		has "$LAB_DIR/ctl.out" "\"error\": *\"net\\.ipmsg\\.peer\\.$error\""
}

# reaches NAME ADDRESS: where carol's ask for that name leads.
reaches()
{
	timed_ctl g ask "$1" && has "$LAB_DIR/ctl.out" "is reachable at $2:"
}

names_choices()
{
	has "$LAB_DIR/ctl.out" '"choices": *\[.*"bob@sales"' &&
		has "$LAB_DIR/ctl.out" '"choices": *\[.*"bob@lab"'
}

# tells NAME...: those and nobody else are on carol's list.
tells()
{
	timed_ctl g who || return 1
	tail -n +2 "$LAB_DIR/ctl.out" | cut -d ' ' -f 1 | sort >"$LAB_DIR/told"
	printf '%s\n' "$@" | sort | cmp -s - "$LAB_DIR/told"
}


says_nothing()
{
	! timed_ctl g who && has "$LAB_DIR/ctl.err" \
		'192\.168\.1\.4 tells nobody who else is there \(option roster\)'
}

others_reach_it()
{
	timed_ctl d ask bob@sales && has "$LAB_DIR/ctl.out" 'is reachable'
}

counted()
{
	ctl e --json super status | grep -q '"asks_target_refused": *[1-9]'
}

plan 15
lab_up port-restricted port-restricted
lab_site F 192.168.1.6 192.168.10.1 port-restricted || bail "no F"
lab_host G F 192.168.10.2 || bail "no G"

sites hall 'roster = "all"'
check "a nick that two have is ambiguous" fails \
	'several are called bob: bob@(sales, bob@lab|lab, bob@sales); ask for one of them' \
	Ambiguous ask bob
check "programs get the choices" names_choices
check "one of the choices is reached" reaches bob@lab 192.168.1.3
check "and the other" reaches bob@sales 192.168.1.2
check "with roster = all the list has both" tells bob@sales bob@lab
end

lab_flush A
lab_flush C
lab_flush F
sites sales 'directory = "members"'
check "members: whom one's group has is found by the nick" reaches bob 192.168.1.2
check "members: the list has the own group" tells bob@sales
check "members: who is in another group is refused" fails 'was refused' Refused ask bob@lab
check "members: so is who is nowhere" fails 'was refused' Refused ask nobody@lab
check "members: a nick outside is unknown" fails 'nobody called nobody' UnknownName ask nobody
end

lab_flush A
lab_flush C
lab_flush F
sites sales 'roster = "off"'
check "a supernode may tell nobody" says_nothing
stop b >/dev/null
peer b B bob sales 'deny = { "carol@sales" }'
check "who does not want to be asked refuses" fails 'was refused' Refused ask bob@sales
check "that takes no longer than to be told" [ "$took" -le 100 ]
check "others reach it" others_reach_it
check "the supernode has counted it" counted
end
