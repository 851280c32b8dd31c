#!/bin/sh
# Our peer and iptux itself on one LAN: each sees the other, and a message passes each way. iptux
# has a window only, so it runs on a screen that nobody looks at, and is typed into; what it has
# received it tells by its log, and by confirming it. IPMSG_SCREENSHOTS names a directory for
# pictures of that screen.
# shellcheck source-path=SCRIPTDIR source=lan.sh
# iptux 0.8.3 draws in one thread what another takes from the network, and crashes at times when an
# entry comes while its window is open. Then all of it is done again, three times at most.
if [ -z "${IPTUX_ATTEMPT-}" ]; then
	report=$(mktemp) || exit 1
	trap 'rm -f "$report"' EXIT
	for attempt in 1 2 3; do
		IPTUX_ATTEMPT=$attempt sh "$0" >"$report" 2>&1
		status=$?
		grep -q '^# iptux crashed' "$report" || break
		echo "# iptux crashed, in attempt $attempt"
	done
	cat "$report"
	exit "$status"
fi
. "${top_srcdir:-.}/tests/net/lan.sh" || exit 1
for tool in iptux Xvfb xdotool dbus-daemon gdbus; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done

iptux_name=io.github.iptux_src.iptux # on the session bus

# on_screen COMMAND...
on_screen()
{
	in_ns t "$@"
}

# A display, a session bus and a home of its own; nothing of the person who runs the test.
start_desktop()
{
	mkdir -m 700 "$LAB_DIR/home" "$LAB_DIR/home/run"
	export HOME="$LAB_DIR/home" XDG_RUNTIME_DIR="$LAB_DIR/home/run" LC_ALL=C.UTF-8
	export XDG_CONFIG_HOME="$HOME/.config" XDG_CACHE_HOME="$HOME/.cache"
	export XDG_DATA_HOME="$HOME/.local/share"
	export NO_AT_BRIDGE=1 GTK_A11Y=none GSETTINGS_BACKEND=memory
	unset WAYLAND_DISPLAY XAUTHORITY
	start screen t Xvfb -displayfd 1 -screen 0 1024x768x24 -nolisten tcp
	wait_for "$LAB_DIR/screen.out" '^[0-9]+$' 10 || skip_all "Xvfb does not run here"
	start bus t dbus-daemon --session --nofork --print-address
	wait_for "$LAB_DIR/bus.out" '^unix:' 10 || skip_all "dbus-daemon does not run here"
	DISPLAY=:$(cat "$LAB_DIR/screen.out")
	DBUS_SESSION_BUS_ADDRESS=$(cat "$LAB_DIR/bus.out")
	export DISPLAY DBUS_SESSION_BUS_ADDRESS
}

start_iptux()
{
	start iptux t iptux -l DEBUG
	wait_for "$LAB_DIR/iptux.err" 'bind UDP port' 20 || bail "iptux did not start"
}

# picture NAME: of the screen, for a person.
picture()
{
	[ -n "${IPMSG_SCREENSHOTS-}" ] && command -v import >/dev/null || return 0
	on_screen import -window root "$IPMSG_SCREENSHOTS/$1.png"
}

# act NAME PARAMETERS: one of the actions that iptux offers on the bus.
act()
{
	on_screen gdbus call --session --dest "$iptux_name" \
		--object-path "/$(echo "$iptux_name" | tr . /)" \
		--method org.gtk.Actions.Activate "$1" "$2" '{}' >/dev/null
}

window()
{
	lab_window=$(on_screen xdotool search --onlyvisible --name "$1" 2>/dev/null | tail -n 1)
	[ -n "$lab_window" ]
}

# say TEXT MS: typed into the window in which iptux talks with us, a key each so many ms.
say()
{
	act open-chat "[<'10.77.0.1'>]" && lab_until 5 window 'IP:10[.]77[.]0[.]1' || return 1
	on_screen xdotool windowfocus --sync "$lab_window"
	on_screen xdotool type --delay "$2" "$1"
	on_screen xdotool key ctrl+Return
}

# logged PATTERN: a line of the log of iptux, which shows what it receives.
logged()
{
	lab_until 7 has "$LAB_DIR/iptux.err" "$1"
}

# A key that is typed may get lost on the way to the window, Japanese ones above all, which are put
# on the keyboard for the moment: what did not arrive is typed again, and slower.
their_message()
{
	for attempt in 1 2 3 4; do
		say "$1" "$((20 * attempt * attempt * attempt))"
		lab_until 7 mail o "\"direction\":\"received\".*\"text\":\"$1\"" && return 0
		echo "typed for the ${attempt}. time, and did not arrive"
	done
	return 1
}

our_message()
{
	ctl o send --now root "$1" >"$LAB_DIR/send.txt" 2>&1 && grep -q '^delivered$' "$LAB_DIR/send.txt" ||
		return 1
	logged "^\"1:$N:bob:nodeo:$N:$2"
}

once()
{
	wire "^[0-9.]+ 10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* RECVMSG " || return 1
	# A message that is confirmed at once is sent once.
	[ "$(grep -c '10\.77\.0\.2:2425 > 10\.77\.0\.1:2425 .* MESSAGE .*hello' "$LAB_DIR/wire.out")" -eq 1 ]
}

left()
{
	act quit '[]'
	lab_until 7 lab_not neighbour o '"endpoint":"10.77.0.2:2425"'
}

plan 13
lan_up o t
lab_capture_start wire lan -x
start_desktop
start_ours 'legacy-charset = "UTF-8"'
start_iptux
check "we see it" lab_until 7 neighbour o '"user":"root".*"endpoint":"10.77.0.2:2425"'
check "it sees us" logged "^\"1:$N:bob:nodeo:$N:"
check "its message reaches us" their_message 'hello from iptux'
check "and is confirmed to it" once
check "our message reaches it, and is confirmed" our_message 'hello from ipmsgd' 'hello from ipmsgd'
check "in Japanese, from it" their_message 'やあ、ボブ'
check "and to it" our_message "$konnichiwa" '\\xe3\\x81\\x93'
picture talk

told='10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]2:2425 .* ANSENTRY '

# again NICK GROUP [LINE...]: it is there before us, and hears our entries.
again()
{
	stop o
	nick=$1
	group=$2
	shift 2
	start_called "$nick" "$group" o o bob "$@"
	lab_until 7 neighbour o '"endpoint":"10.77.0.2:2425"' || return 1
	lan_entries=$(count "$LAB_DIR/wire.out" '10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]255:2425 .* ENTRY ')
	# Until the second entry is out.
	lab_until 8 lan_more "$LAB_DIR/wire.out" '10[.]77[.]0[.]1:2425 > 10[.]77[.]0[.]255:2425 .* ENTRY ' "$lan_entries"
}
check "it is there before us" again ボブ 営業 'legacy-charset = "UTF-8"'
check "and takes our message" our_message 'back again' 'back again'
check "and we its" their_message 'hello once more'

# The same with names in the code page of Windows beside those in UTF-8.
lan_told=$(count "$LAB_DIR/wire.out" "$told")
again アリス 開発
lab_until 5 lan_more "$LAB_DIR/wire.out" "$told" "$((lan_told + 1))"
check "names in CP932 hinder neither our message" our_message "$konnichiwa, again" '\\xe3\\x81\\x93'
check "nor its" their_message 'またね'
picture again
check "who leaves is gone" left
if has "$LAB_DIR/iptux.err" '^\*\*\* Aborted at '; then
	echo "# iptux crashed"
fi
