#!/bin/sh
# ipmsg-superd and who owns a name: what is kept over its death, what it does
# with a file of names that is not as it left it, and with files that the
# administrator names.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
first_port=24900
# shellcheck source=tests/program/supernode.sh
. "$top_srcdir/tests/program/supernode.sh"

sign=$top_builddir/tests/program/names_sign

# enters NICK SEED WORD: what comes of it
enters() {
	said=$("$sign" "127.0.0.1:$port" "$1" sales "$2") && echo "$1 by $2: $said" &&
		[ "$said" = "$3" ]
}

shows_its_key() {
	find_port && logged 'the key of this supernode is ' &&
		[ "$(stat -c '%a %s' "$state/key")" = '600 32' ] &&
		"$ctl" -s "$sock" super status | grep -q '^key  *[A-Za-z0-9_-]\{43\}$'
}

binds() {
	enters alice 1 granted && enters alice 2 taken && enters alice 0 taken
}

knows_the_owner() {
	dies
	launch && enters alice 2 taken && enters alice 1 granted
}

lists_names() {
	"$ctl" -s "$sock" super names --json | tee "$scratch/names" &&
		grep -q '"name":"alice@sales","key":"[A-Za-z0-9_-]*","state":"registered"' \
			"$scratch/names"
}

keeps_its_key() {
	key=$(sed -n 's/.*the key of this supernode is //p' "$log")
	ends && launch && logged "the key of this supernode is $key" && enters alice 2 taken &&
		enters alice 1 granted
}

cuts_the_torn_end() {
	enters bob 3 granted
	dies
	len=$(stat -c %s "$state/names")
	truncate -s $((len - 5)) "$state/names"
	launch && logged 'are cut off' && enters alice 2 taken && enters bob 4 granted
}

is_damaged() {
	ends && dd if=/dev/zero of="$state/names" bs=1 seek=44 count=3 conv=notrunc 2>/dev/null &&
		head -c 2000 /dev/zero >>"$state/names" && rm "$state/registry" && launch &&
		logged 'is damaged; what stands before that is used' &&
		[ -e "$state/names.damaged" ] && enters alice 2 granted
}

is_foreign() {
	ends && echo 'something else altogether' >"$state/names" && launch &&
		logged 'is no list of names; set aside as names.damaged' &&
		grep -q 'something else' "$state/names.damaged"
}

is_newer() {
	ends && printf 'ipmsgnam\000\000\000\002more' >"$state/names" && launch &&
		logged 'was written by a newer version than this; set aside as names.newer'
}

forgets() {
	enters carol 5 granted && enters carol 6 taken &&
		"$ctl" -s "$sock" super forget carol@sales &&
		dies && launch && enters carol 6 granted &&
		status 1 "$ctl" -s "$sock" super forget nobody@sales
}

unreadable_key() {
	ends && mv "$state/key" "$scratch/key" && mkdir "$state/key" && launch &&
		logged 'cannot read or keep' 'without a key nobody signs' &&
		ends && rmdir "$state/key" && mv "$scratch/key" "$state/key" && launch &&
		enters carol 6 granted && enters carol 5 taken
}

damaged_key() {
	ends && echo short >"$state/key" && launch &&
		logged 'key has not the size of a key; a new one is made' \
			'was kept under another key of this supernode; set aside as names.otherkey' &&
		[ "$(stat -c %s "$state/key")" = 32 ] && [ -e "$state/key.damaged" ] &&
		[ -s "$state/names.otherkey" ] && enters carol 0 granted
}

# refused LINE TEXT...: with that line the daemon does not start, and says why
refused() {
	write_conf "$port" "$keeps" "$1"
	shift
	! launch && logged "$@"
}

wrong_secrets() {
	ends
	printf 'too short' >"$scratch/secret"
	refused "secret-file = \"$scratch/secret\"" 'secret-file' "$scratch/secret" 'needs 32' &&
		refused "secret-file = \"$scratch/none\"" 'secret-file' "$scratch/none" \
			'No such file'
}

wrong_names() {
	printf '# ours\nalice@sales no-key\n' >"$scratch/listed"
	refused "names-file = \"$scratch/listed\"" "$scratch/listed" 'line 2: that is no key' \
		'write nick@group'
}

has_listed_names() {
	head -c 40 /dev/urandom >"$scratch/secret"
	key=$(sed -n 's/.*"name":"alice@sales","key":"\([^"]*\)".*/\1/p' "$scratch/names")
	echo "dora@sales $key" >"$scratch/listed"
	write_conf "$port" "$keeps" "names-file = \"$scratch/listed\"" "secret-file = \"$scratch/secret\""
	launch && enters dora 7 taken && enters dora 1 granted
}

# Another host has a directory of its own, or none.
is_one_of_a_fleet() {
	key=$(sed -n 's/.*the key of this supernode is //p' "$log")
	ends && [ -n "$key" ] && rm "$state/key" && mv "$state" "$state.first" && launch &&
		logged "the key of this supernode is $key" && [ ! -e "$state/key" ] && ends &&
		rm -r "$state" && sed -i 's/\(state-directory = \).*/\1""/' "$conf" && launch &&
		logged "the key of this supernode is $key" && [ ! -e "$state" ] && ends &&
		mv "$state.first" "$state" &&
		write_conf "$port" "$keeps" "names-file = \"$scratch/listed\"" \
			"secret-file = \"$scratch/secret\"" && launch
}

keeps_the_list() {
	echo 'dora@sales' >"$scratch/listed"
	status 1 "$ctl" -s "$sock" super reload && enters dora 7 taken &&
		: >"$scratch/listed" && "$ctl" -s "$sock" super reload && enters erika 7 granted
}

warns_without_a_key() {
	ends && echo "dora@sales $key" >"$scratch/listed" &&
		write_conf "$port" "$keeps" "names-file = \"$scratch/listed\"" &&
		sed -i 's/\(state-directory = \).*/\1""/' "$conf" && launch &&
		logged "option \`names-file' has no effect" && enters dora 0 granted
}

plan 18
check "at its first start it makes a key, and shows it" shows_its_key
check "a name is the first key's that signs for it" binds
check "killed at once, it knows the owner again" knows_the_owner
check "it lists whose names are whose" lists_names
check "it keeps its key, and who is registered by it" keeps_its_key
check "a torn end of the names is cut off, the others stay" cuts_the_torn_end
check "damaged names are set aside" is_damaged
check "foreign ones" is_foreign
check "those of a newer version" is_newer
check "a name that was forgotten stays so, though it is killed" forgets
check "a key that cannot be read is left where it is" unreadable_key
check "a key of the wrong size is set aside" damaged_key
check "a secret-file that is missing or too short is an error" wrong_secrets
check "so is a names-file with a mistake" wrong_names
check "a listed name is for its key alone" has_listed_names
check "supernodes with one secret-file have one key" is_one_of_a_fleet
check "a mistake in the list changes nothing on reload" keeps_the_list
check "without a key nobody is held to the list, and it says so" warns_without_a_key
end
