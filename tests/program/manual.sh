#!/bin/sh
# --help, the manual pages, the commented configuration and the programs say the
# same: each option, command, exit status, signal, file, variable, error and word
# that one of them has, the others have too. Each complaint says what is missing
# and where.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

src=$top_srcdir/src
man=$top_srcdir/man
etc=$top_srcdir/etc/ipmsg.conf
ctl=$top_builddir/src/ipmsgctl/ipmsgctl
ctl_page=$man/ipmsgctl.1
conf_page=$man/ipmsg.conf.5
facts=$top_builddir/tests/program/facts

scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipmsg-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
unset IPMSG_SOCKET

program_of() {
	echo "$top_builddir/src/${1#ipmsg-}/$1"
}

# Sets are files with a line for each member.

# lacks WHERE NEEDED FOUND: each member of NEEDED that FOUND has not
lacks() {
	LC_ALL=C sort -u "$2" >"$scratch/needed"
	LC_ALL=C sort -u "$3" | LC_ALL=C comm -23 "$scratch/needed" - | sed "s|^|$1 lacks: |"
}

# same WHERE-A A WHERE-B B. Two empty sets are a comparison that lost its subject,
# unless a fifth argument allows it.
same() {
	[ -s "$2" ] || [ $# -gt 4 ] || echo "nothing was found in $1"
	lacks "$1" "$4" "$2"
	lacks "$3" "$2" "$4"
}

# --- manual pages ---

# section PAGE NAME [SUBSECTION]: its lines
section() {
	awk -v name="$2" -v below="${3-}" '
	/^\.Sh / { inside = substr($0, 5) == name; under = "" }
	/^\.Ss / { under = substr($0, 5) }
	inside && (below == "" || under == below)' "$1"
}

# The options of the lines given, -x and --long, from "Fl x" and "Fl -long"
flags() {
	awk '{
		for (i = 1; i < NF; i++)
			if (($i == "Fl" || $i == ".Fl") && $(i + 1) ~ /^-?[A-Za-z]/)
				print "-" $(i + 1)
	}'
}

# The words of "Ar word"
man_arguments() {
	awk '{
		for (i = 1; i < NF; i++)
			if ($i == "Ar")
				for (j = i + 1; j <= NF && $j ~ /^[a-z]+$/; j++)
					print $j
	}'
}

# What stands behind a macro, Li, Dv, Pa, …, in the lines ".It MACRO X , Y"
tags() {
	awk -v macro="$1" '$1 == ".It" {
		behind = 0
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^[A-Z][a-z]$/)
				behind = $i == macro
			else if (behind && $i != ",")
				print $i
		}
	}'
}

# --- help ---

# What stands left of the explanations
left_column() {
	sed -E -e 's/^ +//' -e 's/  .*//'
}

help_flags() {
	left_column | grep '^-' | tr -s ', [' '\n' | grep '^-'
}

help_arguments() {
	left_column | grep -oE '[A-Z][A-Z]+' | grep -vx OPTION | tr '[:upper:]' '[:lower:]'
}

# --- command lines ---

# accepts PROGRAM [COMMAND] OPTION: with whatever it takes, and help behind it
accepts() {
	"$@" 1 --help >/dev/null 2>&1 || "$@" --help >/dev/null 2>&1
}

# The short options that a program accepts: all are tried. What follows is the
# option's value or else what may stand before --help.
accepted_letters() {
	for letter in a b c d e f g h i j k l m n o p q r s t u v w x y z \
		A B C D E F G H I J K L M N O P Q R S T U V W X Y Z 0 1 2 3 4 5 6 7 8 9; do
		"$1" "-$letter" "$2" --help >/dev/null 2>&1 && printf '%s\n' "-$letter"
	done
}

# The long options in a source file's table for getopt
table_options() {
	sed -nE 's/^[[:space:]]*\{"([a-z-]+)", (no|required|optional)_argument.*/--\1/p' "$1"
}

refuses() {
	"$@" >/dev/null 2>&1
	got=$?
	[ "$got" -eq 2 ] || echo "$* ends with $got, not 2"
}

# check_command_line PROGRAM HELP SOURCE ARGUMENT: HELP is a file with the options that
# its help shows, SOURCE holds its table, ARGUMENT see accepted_letters
check_command_line() {
	{
		accepted_letters "$1" "$4"
		table_options "$3"
	} >"$scratch/taken"
	same 'its help' "$2" 'its command line' "$scratch/taken"
	while read -r option; do
		accepts "$1" "$option" || echo "it does not accept $option"
	done <"$2"
	refuses "$1" --no-such-option
}

# --- the daemons ---

daemon_options() {
	program=$(program_of "$1")
	"$program" --help | help_flags >"$scratch/help"
	section "$man/$1.8" DESCRIPTION | grep '^\.It Fl' | flags >"$scratch/page"
	same "$1 --help" "$scratch/help" "$1(8)" "$scratch/page"
	check_command_line "$program" "$scratch/help" "$src/io/program.c" x
	refuses "$program" surplus
}

# -abc as -a, -b and -c
single() {
	sed -E '/^-[^-]/{s/^-//;s/./-&\n/g;}' | grep .
}

# Each option stands in the synopsis and in the usage line, by its letter if it has one.
daemon_synopsis() {
	section "$man/$1.8" DESCRIPTION | grep '^\.It Fl' | while read -r line; do
		printf '%s\n' "$line" | flags | sed -n 1p
	done >"$scratch/options"
	section "$man/$1.8" SYNOPSIS | sed 's/ | / Fl /g' | flags | single >"$scratch/synopsis"
	same "$1(8), SYNOPSIS," "$scratch/synopsis" "$1(8), DESCRIPTION," "$scratch/options"
	"$(program_of "$1")" --help | sed -n 1p | tr '][ ' '\n' | grep '^-' | single >"$scratch/usage"
	same "the usage line of $1" "$scratch/usage" "$1(8)" "$scratch/options"
}

# --- ipmsgctl ---

# The name of each command, as the help lists them
help_commands() {
	"$ctl" help | awk '
	/^Commands:/ { inside = 1; next }
	/^$/ { inside = 0 }
	inside {
		line = substr($0, 3)
		sub(/   .*/, "", line)
		count = split(line, word, " ")
		name = word[1]
		for (i = 2; i <= count && word[i] ~ /^[a-z-]+$/; i++)
			name = name " " word[i]
		print name
	}'
}

# The section COMMANDS, the command in question and a tab in front of each line; the
# line that begins with HEAD is its heading.
man_commands() {
	section "$ctl_page" COMMANDS | awk '
	function start(head) {
		count = split(head, word, " ")
		name = word[1]
		for (i = 2; i <= count && word[i] ~ /^[a-z]/; i++)
			name = name " " word[i]
		print name "\tHEAD " head
	}
	/^\.Bl/ { depth++ }
	/^\.El/ && --depth == 0 { name = "" }
	/^\.It Xo/ && depth == 1 { collects = 1; head = ""; next }
	/^\.Xc/ && collects { collects = 0; start(substr(head, 5)); next }
	collects { head = head " " substr($0, 2); next }
	/^\.It Cm / && depth == 1 { start(substr($0, 8)); next }
	name != "" { print name "\t" $0 }'
}

about_command() {
	awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$scratch/commands"
}

ctl_commands() {
	help_commands >"$scratch/help"
	cut -f 1 "$scratch/commands" >"$scratch/page"
	same 'ipmsgctl help' "$scratch/help" 'ipmsgctl(1), COMMANDS,' "$scratch/page"
	refuses "$ctl" no-such-command
}

ctl_options() {
	"$ctl" help | sed '1,/^Options:/d' | help_flags >"$scratch/help"
	section "$ctl_page" DESCRIPTION | grep '^\.It Fl' | flags >"$scratch/page"
	same 'ipmsgctl --help' "$scratch/help" 'ipmsgctl(1)' "$scratch/page"
	check_command_line "$ctl" "$scratch/help" "$src/ipmsgctl/main.c" status
}

# With --json each command answers in a way that is described; help knows no JSON.
ctl_json() {
	help_commands | grep -vx help >"$scratch/help"
	section "$ctl_page" JSON | sed -n 's/^\.It Cm //p' | sed 's/ , /\n/g' >"$scratch/page"
	same 'ipmsgctl help' "$scratch/help" 'ipmsgctl(1), JSON,' "$scratch/page"
}

# ctl_command NAME: its own options, and the arguments of both
ctl_command() {
	# a name may be of several words; commands that go on with others show these too
	# shellcheck disable=SC2086
	"$ctl" help $1 >"$scratch/usages" || echo "ipmsgctl help $1 fails"
	awk '/^usage:/ && ++count > 1 { exit } { print }' "$scratch/usages" >"$scratch/usage"
	about_command "$1" >"$scratch/about"
	sed 1,2d "$scratch/usage" | help_flags >"$scratch/help"
	grep '^\.It Fl' "$scratch/about" | flags >"$scratch/page"
	same "ipmsgctl help $1" "$scratch/help" "ipmsgctl(1), $1," "$scratch/page" none
	while read -r option; do
		# shellcheck disable=SC2086
		accepts "$ctl" $1 "$option" || echo "ipmsgctl $1 does not accept $option"
	done <"$scratch/help"
	sed 2d "$scratch/usage" | help_arguments >"$scratch/help"
	grep -E '^(HEAD|\.It Fl)' "$scratch/about" | man_arguments >"$scratch/page"
	same "ipmsgctl help $1" "$scratch/help" "ipmsgctl(1), $1, arguments," "$scratch/page" none
	grep '^HEAD' "$scratch/about" | flags >"$scratch/head"
	grep '^\.It Fl' "$scratch/about" | flags >"$scratch/page"
	lacks "ipmsgctl(1), $1, list of options," "$scratch/head" "$scratch/page"
}

# --- configuration ---

# SECTION NAME of each option in the manual page
man_conf_options() {
	awk '
	/^\.Ss Section / { name = $3 }
	/^\.Sh / { name = "" }
	/^\.It Ic / && name != "" { print name, $3 }' "$conf_page"
}

# SECTION NAME TEXT of each option that stands commented in the file: "#NAME = VALUE"
# with its default, "# NAME = VALUE" as an example of one that has none.
etc_options() {
	awk '
	/^[a-z]+ \{/ { name = $1 }
	/^\}/ { name = "" }
	/^[ \t]*# ?[a-z][a-z-]* = / && name != "" {
		text = $0
		sub(/^[ \t]*/, "", text)
		option = text
		sub(/^# ?/, "", option)
		sub(/ =.*/, "", option)
		print name, option, text
	}' "$etc"
}

conf_options() {
	cut -d ' ' -f 1,2 "$scratch/conf" >"$scratch/known"
	man_conf_options >"$scratch/page"
	same 'the parser' "$scratch/known" 'ipmsg.conf(5)' "$scratch/page"
	etc_options | cut -d ' ' -f 1,2 >"$scratch/file"
	same 'the parser' "$scratch/known" 'etc/ipmsg.conf' "$scratch/file"
	man_conf_options | uniq -d | sed 's/^/ipmsg.conf(5) has twice: /'
	etc_options | cut -d ' ' -f 1,2 | LC_ALL=C sort | uniq -d | sed 's/^/etc\/ipmsg.conf has twice: /'
}

# Each default in the file is the parser's own, and the file without its comment
# signs is right as a whole.
etc_defaults() {
	etc_options | while read -r name option text; do
		assignment=$(printf '%s\n' "$text" | sed 's/^# \{0,1\}//')
		printf '%s {\n\t%s\n}\n' "$name" "$assignment" >"$scratch/one.conf"
		case $text in
		'# '*)
			grep -qE "^$name $option list" "$scratch/conf" ||
				echo "etc/ipmsg.conf shows no default of $option in $name"
			;;
		*) "$facts" default "$name" "$option" "$scratch/one.conf" ;;
		esac
	done
	sed -E 's/^([ \t]*)# ?([a-z][a-z-]* = )/\1\2/' "$etc" >"$scratch/all.conf"
	"$(program_of ipmsg-superd)" --check-config -f "$scratch/all.conf" 2>&1 |
		sed "s|^$scratch/all.conf|etc/ipmsg.conf without comment signs|" | grep -v ': no mistakes$'
}

about_option() {
	awk -v wanted="$1" -v option="$2" '
	/^\.S[hs] / { name = /^\.Ss Section / ? $3 : ""; inside = 0 }
	/^\.It Ic / { inside = name == wanted && $3 == option }
	inside' "$conf_page" | sed 's/\\(dq/"/g'
}

# The page names the limits and words that the parser knows, and the default that
# the file shows; a default of "" is for people to describe.
conf_page_values() {
	while read -r name option kind values; do
		about_option "$name" "$option" >"$scratch/about"
		[ -s "$scratch/about" ] || continue
		usual=$(etc_options | sed -n "s/^$name $option #[a-z-]* = //p" | sed 's/^"\(.*\)"$/\1/')
		case $kind in
		list | text) values= ;;
		esac
		for value in $values $usual; do
			grep -qF -e "$value" "$scratch/about" ||
				echo "ipmsg.conf(5), $name, $option, lacks: $value"
		done
	done <"$scratch/conf"
}

# Options that are spoken of anywhere exist.
conf_mentions() {
	cut -d ' ' -f 2 "$scratch/conf" >"$scratch/known"
	cat "$man"/*.[1-9] | sed -nE 's/^\.(It )?Ic ([a-z][a-z-]*).*/\2/p' >"$scratch/mentioned"
	lacks 'the parser' "$scratch/mentioned" "$scratch/known"
}

# --- statuses, signals, files, variables ---

# The numbers of an enumeration
enumerators() {
	awk -v name="enum $2 {" 'index($0, name) == 1 { inside = 1 } inside; inside && /}/ { exit }' "$1" |
		grep -oE '= [0-9]+' | cut -c 3-
}

# statuses PAGE SOURCE ENUMERATION
statuses() {
	enumerators "$2" "$3" >"$scratch/code"
	section "$1" 'EXIT STATUS' | sed -n 's/^\.It //p' >"$scratch/page"
	same "$2" "$scratch/code" "$1, EXIT STATUS," "$scratch/page"
}

# What the loop and the program's own folder take
signals() {
	sed -nE 's/.*(evsignal_new\([^,]*, |sigaction\()(SIG[A-Z0-9]+).*/\2/p' \
		"$src"/io/*.c "$src/${1#ipmsg-}"/*.c >"$scratch/code"
	section "$man/$1.8" DESCRIPTION Signals | tags Dv >"$scratch/page"
	same "the code of $1" "$scratch/code" "$1(8), Signals," "$scratch/page"
}

# The paths below the system's directories that a folder of the sources names
system_paths() {
	cat "$@" | sed -nE 's/.*(SYSCONFDIR|RUNSTATEDIR|LOCALSTATEDIR) "([^"]*)".*/\1\2/p' |
		sed -e 's/^SYSCONFDIR/\/etc/' -e 's/^RUNSTATEDIR/\/run/' -e 's/^LOCALSTATEDIR/\/var/'
}

# files PAGE NAME SOURCE…: each path with NAME in it is among the page's FILES
files() {
	page=$1
	name=$2
	shift 2
	system_paths "$@" | grep -F -e "$name" >"$scratch/code"
	[ -s "$scratch/code" ] || echo "no path with $name in it was found in $*"
	# a directory is named by what is in it
	section "$page" FILES | tags Pa | sed 'p;s/\/[^/]*$//' >"$scratch/page"
	lacks "$page, FILES," "$scratch/code" "$scratch/page"
}

# variables PAGE PROGRAM FOLDER…: those that sources of these folders ask for, if they
# are part of the program
variables() {
	page=$1
	program=$2
	shift 2
	for folder in "$@"; do
		cat "$src/$folder"/*.c
	done | grep -oE 'getenv\("[A-Z_]+"\)' | sed 's/.*"\(.*\)".*/\1/' |
		while read -r variable; do
			grep -aqF -e "$variable" "$program" && printf '%s\n' "$variable"
		done >"$scratch/code"
	section "$page" ENVIRONMENT | tags Ev >"$scratch/page"
	[ -s "$scratch/code" ] || echo "no variable was found in $program"
	lacks "$page, ENVIRONMENT," "$scratch/code" "$scratch/page"
}

# --- errors and words in answers ---

# Each error has an item, with its parameters; explanation is the same for all.
errors() {
	{
		"$facts" errors
		grep -ohE '"net\.ipmsg\.ctl\.[A-Za-z]+"' "$src"/ipmsgctl/*.c | tr -d '"'
	} >"$scratch/errors"
	section "$ctl_page" DIAGNOSTICS Errors >"$scratch/about"
	cut -d ' ' -f 1 "$scratch/errors" >"$scratch/code"
	tags Li <"$scratch/about" >"$scratch/page"
	same 'the control protocol' "$scratch/code" 'ipmsgctl(1), Errors,' "$scratch/page"
	while read -r name parameters; do
		item=" $(grep -E "^\.It Li $name( |\$)" "$scratch/about") "
		for parameter in $parameters; do
			case $item in
			'  ' | *" $parameter "*) ;;
			*) [ "$parameter" = explanation ] || echo "ipmsgctl(1), $name, lacks: $parameter" ;;
			esac
		done
	done <"$scratch/errors"
}

# Each reason has an item of its own, and is no word of the past.
reasons() {
	"$facts" words | sed -n 's/^reason //p' >"$scratch/code"
	section "$ctl_page" DIAGNOSTICS Reasons | tags Li >"$scratch/page"
	same 'the peer' "$scratch/code" 'ipmsgctl(1), Reasons,' "$scratch/page"
	sed -nE 's/^ *\{"([a-z-]+)", ".*/\1/p' "$src/ipmsgctl/why.c" >"$scratch/why"
	same 'the peer' "$scratch/code" 'why.c of ipmsgctl' "$scratch/why"
}

# The words of all other kinds are set apart somewhere on the page.
words() {
	"$facts" words | grep -v '^reason ' >"$scratch/code"
	sed -nE 's/^\.(It )?(Ql|Li|Cm) //p' "$ctl_page" | tr ' ' '\n' >"$scratch/set"
	while read -r kind word; do
		grep -qxF -e "$word" "$scratch/set" || echo "ipmsgctl(1) lacks: $word ($kind)"
	done <"$scratch/code"
}

"$facts" options >"$scratch/conf"
man_commands >"$scratch/commands"

for daemon in ipmsg-superd ipmsg-peerd; do
	result "$daemon: its options" "$(daemon_options $daemon)"
	result "$daemon: synopsis and usage" "$(daemon_synopsis $daemon)"
	result "$daemon: exit statuses" "$(statuses "$man/$daemon.8" "$src/io/program.c" exit_status)"
	result "$daemon: signals" "$(signals $daemon)"
	result "$daemon: files" "$(files "$man/$daemon.8" "$daemon" "$src/conf"/*.c "$src/${daemon#ipmsg-}"/*.c)"
	result "$daemon: its configuration file" "$(files "$man/$daemon.8" ipmsg.conf "$src/io/program.c")"
	result "$daemon: environment" "$(variables "$man/$daemon.8" "$(program_of $daemon)" base io "${daemon#ipmsg-}")"
done
result 'ipmsg.conf: its place' "$(files "$conf_page" ipmsg.conf "$src/io/program.c")"
result 'ipmsg.conf: options' "$(conf_options)"
result 'ipmsg.conf: defaults' "$(etc_defaults)"
result 'ipmsg.conf: limits, words and defaults on the page' "$(conf_page_values)"
result 'ipmsg.conf: no option is spoken of that there is not' "$(conf_mentions)"
result 'ipmsgctl: its options' "$(ctl_options)"
result 'ipmsgctl: commands' "$(ctl_commands)"
help_commands >"$scratch/names"
while read -r command; do
	result "ipmsgctl $command: options and arguments" "$(ctl_command "$command")"
done <"$scratch/names"
result 'ipmsgctl: JSON of each command' "$(ctl_json)"
result 'ipmsgctl: exit statuses' "$(statuses "$ctl_page" "$src/ipmsgctl/status.h" status)"
result 'ipmsgctl: files' "$(files "$ctl_page" ipmsg "$src"/ipmsgctl/*.c)"
result 'ipmsgctl: environment' "$(variables "$ctl_page" "$ctl" base ipmsgctl)"
result 'ipmsgctl: errors' "$(errors)"
result 'ipmsgctl: reasons' "$(reasons)"
result 'ipmsgctl: words in answers' "$(words)"
finish
