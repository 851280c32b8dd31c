# shellcheck shell=sh
# TAP for shell tests that need no network of their own, sourced by them:
# numbered cases, waiting for conditions, and the end of what was started.

case_number=0
failed=0
started=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipmsg-test.XXXXXX")

finish() {
	for pid in $started; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# The last line of a test.
end() {
	exit "$failed"
}

plan() {
	echo "1..$1"
}

# check NAME COMMAND…: one case, ok if the command succeeds
check() {
	name=$1
	shift
	case_number=$((case_number + 1))
	if "$@" >"$scratch/case.out" 2>&1; then
		echo "ok $case_number - $name"
	else
		echo "not ok $case_number - $name"
		sed 's/^/# /' "$scratch/case.out"
		failed=1
	fi
}

skip() {
	case_number=$((case_number + 1))
	echo "ok $case_number - $1 # SKIP $2"
}

# A log is emptied before the daemon that writes it is started: the child truncates it only when it
# gets to run, and until then an earlier one's "ready" would be taken for its own.

# wait_until SECONDS COMMAND…: polls
wait_until() {
	tries=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

# status N COMMAND…: succeeds if the command ends with that status
status() {
	wanted=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" -eq "$wanted" ] || {
		echo "ended with $got, not $wanted"
		return 1
	}
}

gone() {
	! kill -0 "$1" 2>/dev/null
}
