# shellcheck shell=sh
# The lab with distances. A test sources this file instead of lab.sh, whose top says more.
#
# Internet   lab_delay, lab_delay_end
#
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
LAB_WIRE=$top_builddir/tests/net/wire

[ -x "$LAB_WIRE" ] || skip_all "$LAB_WIRE is not built"

# lab_delay NAME MS [OPTION...]: from now on a packet takes MS in each direction between the
# internet's bridge and the router, or E; options are those of wire.c, "there" is toward the
# internet. The bridge's own port keeps its name, so losses stay where they are; but a capture of
# the whole internet sees each packet before the wire and behind it.
lab_delay()
{
	lab_delayed=$1
	lab_ms=$2
	shift 2
	lab_delay_end "$lab_delayed" >/dev/null
	in_ns inet ip link show dev "far-$lab_delayed" >/dev/null 2>&1 ||
		lab_cut_cable "$lab_delayed" || bail "no place for a wire at $lab_delayed"
	start "wire-$lab_delayed" inet "$LAB_WIRE" --there="$lab_ms" --back="$lab_ms" "$@" \
		"far-$lab_delayed" "near-$lab_delayed"
	wait_for "$LAB_DIR/wire-$lab_delayed.out" '^ready$' 5 || bail "no wire at $lab_delayed"
}

# lab_delay_end NAME: takes the wire away, and with it the connection; $LAB_DIR/wire-NAME.out then
# says what it did. Its exit status.
lab_delay_end()
{
	stop "wire-$1"
}

# Puts a gap into NAME's cable: its end there is called far-NAME now, and near-NAME leads to the
# bridge. Nobody but the wire may speak at either.
lab_cut_cable()
{
	in_ns inet ip -batch - <<-END || return 1
		link set w-$1 nomaster down
		link set w-$1 name far-$1
		link add w-$1 type veth peer name near-$1
		link set w-$1 master br0 up
	END
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns inet sh -c 'for f in "far-$0" "near-$0"; do
		f=/proc/sys/net/ipv6/conf/$f/disable_ipv6
		[ ! -w "$f" ] || echo 1 >"$f"; done' "$1"
	in_ns inet ip -batch - <<-END
		link set far-$1 up
		link set near-$1 up
	END
}
