#!/bin/sh
# The units: systemd understands each line, and the system services are shut in.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

THRESHOLD=13 # ten times the exposure that systemd-analyze computes

command -v systemd-analyze >/dev/null || skip_all 'systemd-analyze is not installed'
systemd-analyze security --help | grep -q -e --threshold ||
	skip_all 'systemd-analyze is too old: it has no --threshold'

units=$(cd "$top_srcdir/systemd" && pwd) || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/user" "$scratch/bin" "$scratch/run"

# The units as they are installed, with stand-ins for the programs.
for unit in ipmsg-superd ipmsg-peerd user/ipmsg-peerd; do
	printf '#!/bin/sh\n' >"$scratch/bin/${unit##*/}"
	chmod +x "$scratch/bin/${unit##*/}"
	sed "s|@sbindir@|$scratch/bin|g" "$units/$unit.service.in" >"$scratch/$unit.service"
done
cp "$units/ipmsg-superd.socket" "$scratch" || exit 1

# Its status is 0 even when it complains; the manual pages need not be installed.
verify() {
	XDG_RUNTIME_DIR=$scratch/run systemd-analyze "$1" verify --man=no "$2" 2>&1 ||
		echo "systemd-analyze verify fails"
}

exposed() {
	report=$(systemd-analyze security --offline=yes --no-pager --threshold="$THRESHOLD" "$1" 2>&1) ||
		printf '%s\n' "$report" | grep -v '✓'
}

pages_that_are_missing() {
	sed -n 's/^Documentation=//p' "$1" | tr ' ' '\n' | sed -n 's/^man:\(.*\)(\(.\))$/\1.\2/p' |
		while read -r page; do
			[ -f "$top_srcdir/man/$page" ] || echo "there is no man/$page"
		done
}

for unit in ipmsg-superd ipmsg-peerd; do
	result "$unit is clean" "$(verify --system "$scratch/$unit.service")"
	result "$unit: exposure at most 1.3" "$(exposed "$scratch/$unit.service")"
	result "$unit: its manual pages exist" "$(pages_that_are_missing "$scratch/$unit.service")"
done
# lacks UNIT LINE...: the lines that are not there
lacks() {
	unit=$1
	shift
	for line in "$@"; do
		grep -qxF -e "$line" "$scratch/$unit" || echo "$unit has no line $line"
	done
}

default_addresses() {
	sed -n 's/^\t#listen = { "\(.*\)" }$/\1/p' "$top_srcdir/etc/ipmsg.conf" | sed 's/", "/\n/g'
}

result "ipmsg-superd.socket is clean" "$(verify --system "$scratch/ipmsg-superd.socket")"
result "ipmsg-superd.socket: its manual pages exist" \
	"$(pages_that_are_missing "$scratch/ipmsg-superd.socket")"
result "ipmsg-superd.socket listens where the daemon would" \
	"$(default_addresses | while read -r at; do lacks ipmsg-superd.socket "ListenDatagram=$at"; done)"
test_addresses() {
	port=$(sed -n 's/^\t#test-port = //p' "$top_srcdir/etc/ipmsg.conf")
	default_addresses | sed "s/:[0-9]*\$/:$port/"
}

result "ipmsg-superd.socket has the port for tests as the daemon would" \
	"$(test_addresses | while read -r at; do lacks ipmsg-superd.socket "ListenDatagram=$at"; done)"
result "ipmsg-superd takes that socket, and never IPv4 on the one for IPv6" \
	"$(lacks ipmsg-superd.service Sockets=ipmsg-superd.socket
		lacks ipmsg-superd.socket BindIPv6Only=ipv6-only)"
for unit in ipmsg-superd ipmsg-peerd user/ipmsg-peerd; do
	result "$unit tells how it is" "$(lacks $unit.service Type=notify NotifyAccess=main)"
done
# Behind a /run of its own the service still has to find the service manager.
result "ipmsg-superd reaches the service manager" \
	"$(grep -q '^BindReadOnlyPaths=.*-/run/systemd/notify' "$scratch/ipmsg-superd.service" ||
		echo 'READY=1 would never arrive')"
result "user/ipmsg-peerd is clean" "$(verify --user "$scratch/user/ipmsg-peerd.service")"
result "nothing is left to put in" "$(grep -rn '@[a-z]*@' "$scratch" --include='*.service' --include='*.socket')"
finish
