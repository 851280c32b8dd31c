# shellcheck shell=sh
# A LAN with the peer "o" at 10.77.0.1, the stock client's doubles beside it, and what crosses the
# wire in $LAB_DIR/wire.out: for the tests of how our peer lives with one kind of client. Sourced
# instead of lab.sh.
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1
lab_need_stock
lab_need_peerd

# shellcheck disable=SC2034 # all of these are for the tests
konnichiwa='こんにちは、世界'

# Bytes of ours, as the capture shows them: ボブ and 営業 in CP932 and in UTF-8, and our version.
# shellcheck disable=SC2034
BOB_CP932='\\x83\{\\x83u'
# shellcheck disable=SC2034
SALES_CP932='\\x89c\\x8b\\xc6'
BOB_UTF8=$(escaped ボブ)
SALES_UTF8=$(escaped 営業)
VERSION='VS:00050000:[0-9]+:[0-9]+:[0-9]+'
# shellcheck disable=SC2034
KEYS="\\\\x0aUN:bob\\\\x0aHN:nodeo\\\\x0aNN:$BOB_UTF8\\\\x0aGN:$SALES_UTF8\\\\x0a$VERSION"
# shellcheck disable=SC2034
N='[0-9]+'

# start_called NICK GROUP NAME NAMESPACE USER [LINE...]: a peer with names that are no login name.
start_called()
{
	LAB_NICK=$1
	LAB_GROUP=$2
	shift 2
	start_peerd "$@"
	unset LAB_NICK LAB_GROUP
}

# start_ours [LINE...]: the peer.
start_ours()
{
	start_called ボブ 営業 o o bob "$@"
}

# wire PATTERN: such a line of the capture, within 7 s. Those of IPv4 begin like
# "SECONDS FROM > TO ttl 64 len LENGTH COMMAND NAME BYTES".
wire()
{
	lab_until 7 has "$LAB_DIR/wire.out" "$1"
}

# from_us TO PATTERN: we sent such a packet there; PATTERN is its end.
from_us()
{
	wire "^[0-9.]+ 10[.]77[.]0[.]1:2425 > $1 .* $2\$"
}

# never_from_us TO PATTERN: not in what has been captured.
never_from_us()
{
	! has "$LAB_DIR/wire.out" "^[0-9.]+ 10[.]77[.]0[.]1:2425 > $1 .* $2\$"
}

# number_of NAME PATTERN: the packet number of a double's last line that is so.
number_of()
{
	grep -E -e "$2" "$LAB_DIR/$1.out" | awk '{ n = $4 } END { print n }'
}

# ours_to WHO NAME SHOWN TEXT: our message to WHO, who is the double NAME, which calls us SHOWN.
ours_to()
{
	ctl o send "$1" "$4" >"$LAB_DIR/send.txt" 2>&1
	grep -q '^delivered$' "$LAB_DIR/send.txt" || {
		diag "$(cat "$LAB_DIR/send.txt")"
		return 1
	}
	heard "$2" "^message $(escaped "$3") $(escaped "$4")\$"
}

# to_ours NAME WHO CALLED TEXT: a double's message to WHO, who is ours and calls it CALLED.
to_ours()
{
	lan_confirmed=$(count "$LAB_DIR/$1.out" '^confirmed ')
	tell "$1" send "$2" "$4"
	lab_until 7 mail o "\"direction\":\"received\",\"name\":\"$3\",\"text\":\"$4\"" || return 1
	lab_until 3 lan_more "$LAB_DIR/$1.out" '^confirmed ' "$lan_confirmed"
}

# lan_more FILE PATTERN COUNT: more lines than that.
lan_more()
{
	[ "$(count "$1" "$2")" -gt "$3" ]
}

# id_of PATTERN: the id of our last message whose JSON is like that.
id_of()
{
	ctl o --json messages --all | sed 's/{"id":/\n/g' | grep -E -e "$1" | tail -n 1 | sed 's/,.*//'
}

# sealed_to WHO NAME: ours, sealed, opened by the double, and known to be.
sealed_to()
{
	ctl o send --sealed --no-wait "$1" "for you alone, $2" >/dev/null || return 1
	heard "$2" "^recv MESSAGE .* for you alone, $2\$" || return 1
	lab_until 7 mail o "\"text\":\"for you alone, $2\".*\"state\":\"delivered\"" || return 1
	never "$2" "^message .* for you alone, $2\$" || return 1
	tell "$2" open "$(number_of "$2" "^recv MESSAGE .* for you alone, $2\$")"
	heard "$2" "^message .* for you alone, $2\$" || return 1
	lab_until 7 mail o "\"text\":\"for you alone, $2\".*\"state\":\"read\""
}

# sealed_from NAME WHO: the double's, opened by us, and known to be.
sealed_from()
{
	tell "$1" sealed "$2" "for bob alone, $1"
	lab_until 7 mail o '"text":"".*"state":"sealed"' || return 1
	lan_id=$(id_of '"text":"".*"state":"sealed"')
	ctl o messages --all | grep -q "for bob alone, $1" && return 1
	never "$1" "^opened $(number_of "$1" "^sent MESSAGE .* for bob alone, $1\$")\$" || return 1
	ctl o read "$lan_id" | grep -q "for bob alone, $1" || return 1
	mail o "\"text\":\"for bob alone, $1\"" || return 1
	heard "$1" "^opened $(number_of "$1" "^sent MESSAGE .* for bob alone, $1\$")\$"
}

# gap FROM TO: milliseconds between the last lines of the capture that are so; fails when the
# second is not later.
gap()
{
	awk -v one="$1" -v two="$2" '$0 ~ one { from = $1 } $0 ~ two { to = $1 }
		END { ms = int((to - from) * 1000 + 0.5); print ms; exit ms < 0 }' "$LAB_DIR/wire.out"
}
