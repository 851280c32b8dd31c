#!/bin/sh
# Every manual page is clean mdoc.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

command -v mandoc >/dev/null || skip_all 'mandoc is not installed'
for page in "$top_srcdir"/man/*.[1-9]; do
	result "$(basename "$page")" "$(mandoc -Tlint -W warning "$page" 2>&1)"
done
finish
