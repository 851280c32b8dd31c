#!/bin/sh
# What a reader of the sources may count on: files and functions of a size that
# can be overlooked, no unbounded string functions, nothing left lying about.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

cd "$top_srcdir" || exit 1

# All that is written by hand.
texts() {
	find src tests man etc systemd -type f ! -name '*.o' ! -name '*.a' ! -name '*.log' \
		! -name '*.trs' ! -name '.*' ! -path '*/corpus/*' | LC_ALL=C sort | xargs grep -lI ''
	for file in configure.ac Makefile.am bootstrap README.md NEWS.md CONTRIBUTING.md SECURITY.md .ci/run; do
		[ -f "$file" ] && echo "$file"
	done
}

long_files() {
	find src -name '*.[ch]' -exec awk '
	FNR == 601 { print FILENAME ": over 600 lines" }' {} +
}

# A function's braces are the only ones in the first column of a line of their own.
long_functions() {
	find src -name '*.c' -exec awk '
	FNR == 1 { start = 0 }
	/^\{$/ { start = FNR }
	/^\}$/ && start {
		if (FNR - start > 100)
			print FILENAME ":" start ": a function of " FNR - start " lines"
		start = 0
	}' {} +
}

# Lines that may stay, each with its reason.
excused() {
	case $1 in
	src/base/endpoint.c:*'strcpy(buf, "-")'*) ;; # two bytes into an array of fixed size
	src/ctl/*.c:*'strcpy('*'address.sun_path, path)'*) ;; # the length was just checked
	src/ipmsgctl/super_list.c:*'strcpy(out, "'*) ;; # a short word into FIELD_MAX bytes
	*) return 1 ;;
	esac
}

unbounded() {
	find src -name '*.[ch]' | LC_ALL=C sort | xargs grep -nE '(^|[^a-zA-Z0-9_])(strcpy|strcat|v?sprintf|gets|strtok|alloca) ?\(' |
		while read -r hit; do
			excused "$hit" || echo "$hit"
		done
}

# As many characters as there may be columns, a tab being one: more no window shows.
long_lines() {
	LC_ALL=C find src -name '*.[ch]' -exec awk '{
		line = $0
		gsub(/[\200-\277]/, "", line) # those behind the first byte of a character
		if (length(line) > 100)
			print FILENAME ":" FNR ": " length(line) " characters"
	}' {} +
}

blanks() {
	texts | xargs grep -nE '[[:blank:]]+$' | cut -c -120
}

# Absolute paths outside the directories that every Linux has.
foreign_paths() {
	texts | xargs grep -noE "(^|[[:space:]\"'(=])/[a-z]+/[A-Za-z0-9_.-]+" | grep -vE \
		":.?/(usr|etc|run|var|dev|proc|sys|tmp|bin|sbin|lib|nonexistent)/" |
		grep -v "[(= ']/[a-z]*/p$"
}

# The names of notes to oneself; taken apart here, so that they are not found here.
notes() {
	texts | xargs grep -nwE 'FIX''ME|TO''DO|X''XX|HA''CK' | cut -c -120
}

result 'no source file has over 600 lines' "$(long_files)"
result 'no function has over 100 lines' "$(long_functions)"
result 'no line of a source file has over 100 characters' "$(long_lines)"
result 'no unbounded string function' "$(unbounded)"
result 'no blanks at the end of a line' "$(blanks)"
result 'no path of a single machine' "$(foreign_paths)"
result 'no notes to oneself' "$(notes)"
finish
