#!/bin/sh
# Both daemons started as root, without a service manager: they become the
# account of `run-as' once what root is needed for is done.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
# shellcheck source=tests/program/tap.sh
. "$top_srcdir/tests/program/tap.sh"

superd=$top_builddir/src/superd/ipmsg-superd
peerd=$top_builddir/src/peerd/ipmsg-peerd
call=$top_builddir/tests/program/call
account=nobody
log=$scratch/log
conf=$scratch/ipmsg.conf
place=$scratch/place
sock=$place/control

# At its end LeakSanitizer traces its own process, and who gave up root is not to be traced.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ "$(id -u)" -eq 0 ] || skip_all 'root is needed to give it up'
uid=$(id -u "$account") || skip_all "there is no account $account"
gid=$(id -g "$account")
setpriv --reuid "$uid" --regid "$gid" --clear-groups true 2>/dev/null ||
	skip_all "$account has no place in this user namespace"
chmod 0755 "$scratch"

superd_conf() {
	cat >"$conf" <<-END
	superd {
		listen = { "127.0.0.1:$1" }
		control-group = ""
		state-directory = "$scratch/state"
		run-as = "$2"
	}
	END
}

peerd_conf() {
	cat >"$conf" <<-END
	peerd {
		wan-port = $1
		lan = "off"
		control-group = ""
		run-as = "$2"
		state-directory = "$scratch/peer"
	}
	END
}

# Not the end of "already".
is_ready() {
	grep -q 'version .* ready' "$log"
}

ready_or_gone() {
	is_ready || gone "$1"
}

# launch_from PORT CONF ACCOUNT COMMAND...: at the first free port below that; leaves $pid
launch_from() {
	port=$1
	write_conf=$2
	run_as=$3
	shift 3
	while [ "$port" -gt 810 ]; do
		"$write_conf" "$port" "$run_as"
		: >"$log"
		XDG_RUNTIME_DIR=$scratch "$@" -n -f "$conf" -s "$sock" >"$log" 2>&1 &
		pid=$!
		started="$started $pid"
		wait_until 10 ready_or_gone "$pid"
		is_ready && return 0
		grep -q 'in use' "$log" || break
		port=$((port - 1))
	done
	cat "$log"
	return 1
}

# launch CONF PROGRAM ACCOUNT: at a port that only root may open
launch() {
	launch_from 860 "$1" "$3" "$2"
}

starts() {
	rm -rf "$place" "$scratch/state"
	launch "$1" "$2" "$account"
}

# field NAME: of the process's status
field() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '
}

is() {
	[ "$1" = "$2" ] || {
		echo "it is $1, not $2"
		return 1
	}
}

sorted() {
	printf '%s\n' "$@" | sort -n | tr '\n' ' '
}

belongs_to_account() {
	# shellcheck disable=SC2046
	is "$(field Uid)" "$uid $uid $uid $uid" && is "$(field Gid)" "$gid $gid $gid $gid" &&
		is "$(sorted $(field Groups))" "$(sorted $(id -G "$account"))" &&
		is "$(field CapPrm)" 0000000000000000 && is "$(field NoNewPrivs)" 1
}

owned() {
	is "$(stat -c '%u:%g %a' "$1")" "$uid:$gid $2"
}

files_of_superd() {
	owned "$place" 755 && owned "$sock" 660 && owned "$scratch/state" 700 &&
		owned "$scratch/state/secret" 600
}

files_of_peerd() {
	owned "$place" 755 && owned "$sock" 660
}

answers() {
	"$call" "$sock" "net.ipmsg.$1.Status" >"$scratch/out" && grep -q "$2" "$scratch/out"
}

reloads() {
	kill -HUP "$pid"
	wait_until 5 grep -q 'read again' "$log" || return 1
	# whose surroundings it was started in makes no difference to it
	! grep 'at the next start' "$log"
}

ends() {
	kill "$pid" && wait "$pid" && [ ! -e "$sock" ]
}

ends_and_saves() {
	ends && owned "$scratch/state/registry" 600
}

# Its directories are there now, and its own.
starts_again() {
	launch "$1" "$2" "$account" && ends
}

# What is there and not the account's is left alone, and said.
foreign_directory() {
	rm -rf "$scratch/state"
	mkdir -m 0700 "$scratch/state"
	launch superd_conf "$superd" "$account" && ends &&
		grep -q "cannot write in the directory $scratch/state.*chown" "$log" &&
		is "$(stat -c %u "$scratch/state")" 0
}

unknown_account() {
	"$1" 859 no-such-account
	status 1 "$2" -n -f "$conf" -s "$sock" >"$log" 2>&1 &&
		grep -q "no account \"no-such-account\" (option \`run-as' in $conf)" "$log"
}

one_warning() {
	launch superd_conf "$superd" '' && ends && is "$(grep -c 'runs as root.*run-as' "$log")" 1
}

not_root() {
	rm -rf "$place" "$scratch/state"
	mkdir -m 0755 "$scratch/bin"
	cp "$superd" "$scratch/bin/superd"
	install -d -o "$uid" -g "$gid" "$place" "$scratch/state"
	launch_from 24700 superd_conf root \
		setpriv --reuid "$uid" --regid "$gid" --clear-groups "$scratch/bin/superd" &&
		grep -q "run-as' in $conf is ignored" "$log" && is "$(field Uid)" "$uid $uid $uid $uid" && ends
}

plan 18
check "the supernode starts at a port of root's" starts superd_conf "$superd"
check "and is the account's process, without a way back" belongs_to_account
check "with directories, socket and secret of its own" files_of_superd
check "it answers" answers super '"fresh":0'
check "it reads its configuration again" reloads
check "SIGTERM: the registry is saved as the account's, the socket is gone" ends_and_saves
check "it starts again with what is there" starts_again superd_conf "$superd"
check "a state directory of somebody else's is left alone" foreign_directory
check "an unknown account: status 1, and which option" unknown_account superd_conf "$superd"
check "root without run-as: one warning" one_warning
check "not root: the option is ignored, with a warning" not_root
check "the peer starts at a port of root's" starts peerd_conf "$peerd"
check "and is the account's process, without a way back" belongs_to_account
check "with a directory and a socket of its own" files_of_peerd
check "it goes by the account's name" answers peer "\"user\":\"$account\""
check "it reads its configuration again" reloads
check "SIGTERM ends it in order" ends
check "an unknown account: status 1, and which option" unknown_account peerd_conf "$peerd"
end
