#!/bin/sh
# Every shell script passes shellcheck.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

command -v shellcheck >/dev/null || skip_all 'shellcheck is not installed'

# By their first line or their name, wherever they are; not what autotools make.
scripts() {
	find . \( -name .git -o -name 'build*' -o -name autom4te.cache \) -prune -o \
		-type f ! -name configure ! -name 'config.*' ! -name '*~' -print |
		LC_ALL=C sort | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) sed -n '1{/^#! *\/bin\/sh/F;q;}' "$file" ;;
		esac
	done
}

cd "$top_srcdir" || exit 1
for script in $(scripts); do
	# SC2317 takes functions that are handed on by name for unreachable.
	result "$script" "$(shellcheck -x -s sh -e SC2317 "$script" 2>&1)"
done
finish
