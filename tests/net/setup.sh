#!/bin/sh
# What README.md tells somebody who sets up two sites and a public host, done as it stands there:
# each block behind a mark "set-up: HOST" runs at that host of the lab, as an ordinary user with a
# home of his own. The lab takes the addresses of the text. SETUP_TEXT names another text.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_superd
lab_need_peerd
unshare -U --map-user=1000 true 2>/dev/null || skip_all "unshare cannot make an ordinary user"

text=${SETUP_TEXT:-$top_srcdir/README.md}

# Writes the blocks to $LAB_DIR/1-HOST.sh and so on; the programs that stay take the place of
# their shell.
cut_blocks()
{
	awk -v dir="$LAB_DIR" '
	/^<!-- set-up: [A-Z] -->$/ { file = dir "/" ++n "-" $3 ".sh"; begun = 0; next }
	file != "" && /^    / {
		begun = 1
		sub(/^    /, "")
		if (/^ipmsg-(super|peer)d /)
			$0 = "exec " $0
		print >file
		next
	}
	file != "" && begun && !/^$/ { file = "" }' "$text"
}

# write_user HOST: $LAB_DIR/user-HOST runs a script as the one who sits there.
write_user()
{
	mkdir -p "$LAB_DIR/home-$1" "$LAB_DIR/run-$1"
	chmod 0700 "$LAB_DIR/run-$1"
	cat >"$LAB_DIR/user-$1" <<-END
		exec unshare -U --map-user=1000 --map-group=1000 env -u IPMSG_SOCKET \\
			HOME='$LAB_DIR/home-$1' XDG_RUNTIME_DIR='$LAB_DIR/run-$1' \\
			PATH='$LAB_DIR/bin:$PATH' sh -eu "\$@"
	END
}

# The program that the block ends with says so when it is up.
stays()
{
	start "$1-$host" "$host" sh "$LAB_DIR/user-$host" "$block"
	lab_until 5 has "$LAB_DIR/$1-$host.err" "$2"
}

passes()
{
	in_ns "$host" sh "$LAB_DIR/user-$host" "$block" >"$LAB_DIR/done-$host.out" \
		2>"$LAB_DIR/done-$host.err"
}

run_block()
{
	block=$1
	host=${block##*/*-}
	host=${host%.sh}
	write_user "$host"
	if has "$block" '^exec ipmsg-superd'; then
		check "at $host the supernode runs" stays superd 'ready'
	elif has "$block" '^exec ipmsg-peerd'; then
		check "at $host the peer registers" stays peerd 'registered with supernode'
	else
		check "at $host it works: $(head -n 1 "$block")" passes
	fi
}

said()
{
	has "$LAB_DIR/done-$1.out" "$2"
}

# whoever sets this up is not root, and may not write here
mount -t tmpfs -o ro tmpfs /var/lib || bail "cannot mount over /var/lib"
mkdir "$LAB_DIR/bin"
for program in "$LAB_SUPERD" "$LAB_PEERD" "$LAB_CTL"; do
	ln -s "$(realpath "$program")" "$LAB_DIR/bin/${program##*/}"
done
plan 10
lab_up port-restricted port-restricted
in_ns E ip addr add 203.0.113.7/24 dev eth0
lab_address A 203.0.113.20
lab_address C 203.0.113.30
cut_blocks
[ -f "$LAB_DIR/6-E.sh" ] || bail "$text has no six blocks to set up"
for number in 1 2 3 4 5 6; do
	for file in "$LAB_DIR/$number"-*.sh; do
		run_block "$file"
	done
done
check "bob's message is confirmed" said B '^delivered$'
check "dave has it" said D 'can you hear me'
check "dave's message is confirmed" said D '^delivered$'
check "the supernode lists both" said E '^dave@sales .*203\.0\.113\.30:2425'
