#!/bin/sh
# A folder of src/ is a layer: it includes only what stands below it in the
# table here, and the pure layers reach for no clock, chance, socket or file.
# Each check is also shown a planted offence, which it must find.
set -u
# shellcheck source=tests/lint/tap.sh
. "${top_srcdir:-.}/tests/lint/tap.sh"

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# What a folder may include beside itself: folders, or single headers.
allowed() {
	case $1 in
	base) echo '' ;;
	wire) echo 'base' ;;
	auth) echo 'base wire' ;;
	super) echo 'base wire auth' ;;
	peer) echo 'base wire auth' ;;
	store) echo 'base peer/mailbox.h' ;;
	cipher) echo 'base wire peer/cipher.h' ;;
	conf) echo 'base super/settings.h superd/settings.h peer/settings.h peerd/settings.h' ;;
	io) echo 'base' ;;
	ctl) echo 'base' ;;
	superd) echo 'base wire auth super store conf io ctl' ;;
	peerd) echo 'base wire auth peer store cipher conf io ctl' ;;
	ipmsgctl) echo 'base ctl' ;;
	*) return 1 ;;
	esac
}

# Which folders may include a library's headers; any may for a library not named.
library_users() {
	case $1 in
	event2/*) echo 'io ctl' ;;
	confuse.h) echo 'conf' ;;
	jansson.h) echo 'ctl superd peerd ipmsgctl' ;;
	openssl/*) echo 'cipher' ;;
	sqlite3.h) echo 'store' ;;
	libmnl/*) echo 'io' ;;
	iconv.h | syslog.h) echo 'base' ;;
	*) echo '*' ;;
	esac
}

# word_in WORD LIST
word_in() {
	case " $2 " in
	*" $1 "* | ' * ') return 0 ;;
	*) return 1 ;;
	esac
}

# includes FILE: what it includes, "quoted" or <angled>, with the line number.
includes() {
	sed -n -E '/^[[:space:]]*#[[:space:]]*include/{
		=
		s/^[^"<]*(["<][^">]*).*/\1/
		p
	}' "$1" | paste - -
}

# check_folder SRC FOLDER: prints each forbidden include.
check_folder() {
	if ! may=$(allowed "$2"); then
		echo "src/$2 has no line in the table of tests/lint/layers.sh"
		return
	fi
	find "$1/$2" -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
		includes "$file" | while read -r line what; do
			case $what in
			'"'*/*)
				header=${what#?}
				word_in "${header%%/*}" "$2 $may" || word_in "$header" "$may" ||
					echo "$file:$line: src/$2 may not include $header"
				;;
			'<'*)
				header=${what#?}
				word_in "$2" "$(library_users "$header")" ||
					echo "$file:$line: src/$2 may not include $header"
				;;
			esac
		done
	done
}

forbidden='time|clock|clock_gettime|gettimeofday|timespec_get|(local|gm)time(_r)?|u?sleep|nanosleep
s?rand|rand_r|s?random(_r)?|[dlm]rand48|arc4random.*|getrandom|getentropy|randombytes.*
socket|socketpair|bind|connect|listen|accept4?|send(to|m?msg)?|recv(from|m?msg)?|poll|select|epoll_.*
open(at)?(64)?|creat|fopen(64)?|fdopen|freopen|p?readv?(64)?|p?writev?(64)?|unlink|rename
v?printf|v?fprintf|v?dprintf|puts|fputs|putchar|f?putc|fwrite|fread|fgets|perror|std(in|out|err)
v?syslog|openlog|log_(open|error|warn|info|debug)|(secure_)?getenv|setenv|system|popen|v?fork|exec.*'

# check_library ARCHIVE: prints each forbidden symbol that it needs. What
# fortified headers call (__read_chk, __printf_chk) counts as the plain one.
check_library() {
	nm -u "$1" 2>&1 | awk -v names="$(printf '%s' "$forbidden" | tr '\n' '|')" '
	/:$/ { member = $1; next }
	$1 == "U" || $1 == "w" {
		name = $2
		sub(/@.*/, "", name)
		plain = name
		if (sub(/_chk$/, "", plain))
			sub(/^__/, "", plain)
		if (plain ~ "^(" names ")$")
			print member " calls " name
		next
	}
	NF { print }'
}

plant_includes() {
	mkdir -p "$scratch/src/wire" "$scratch/src/super" "$scratch/src/loft"
	printf '#include "base/span.h"\n#include "super/super.h"\n' >"$scratch/src/wire/planted.c"
	printf '#include "wire/packet.h"\n  #  include <event2/event.h>\n' \
		>"$scratch/src/super/planted.h"
}

# The offence named in $2 must be among the complaints $1, and alone.
found() {
	if [ "$1" != "$2" ]; then
		printf 'expected: %s\nfound: %s\n' "$2" "${1:-nothing}"
	fi
}

check_planted_symbols() {
	printf '%s\n' '#include <stdio.h>' '#include <time.h>' 'long planted(char *s);' \
		'long planted(char *s)' '{' '	snprintf(s, 2, "%d", 1);' '	return time(NULL);' '}' \
		>"$scratch/planted.c"
	# CC may hold options: a list of words.
	# shellcheck disable=SC2086
	${CC:-cc} -c -o "$scratch/planted.o" "$scratch/planted.c" 2>&1 &&
		ar cr "$scratch/planted.a" "$scratch/planted.o" 2>&1 &&
		found "$(check_library "$scratch/planted.a")" 'planted.o: calls time'
}

for folder in "$top_srcdir"/src/*/; do
	name=$(basename "$folder")
	result "src/$name includes only what stands below it" \
		"$(check_folder "$top_srcdir/src" "$name")"
done

plant_includes
result 'a planted include of a higher layer is found' \
	"$(found "$(check_folder "$scratch/src" wire)" \
		"$scratch/src/wire/planted.c:2: src/wire may not include super/super.h")"
result 'a planted include of a foreign library is found' \
	"$(found "$(check_folder "$scratch/src" super)" \
		"$scratch/src/super/planted.h:2: src/super may not include event2/event.h")"
result 'a folder without a place in the table is found' \
	"$(found "$(check_folder "$scratch/src" loft)" \
		'src/loft has no line in the table of tests/lint/layers.sh')"

for name in wire auth super peer; do
	[ -f "$top_srcdir/src/$name/local.mk" ] || continue
	result "src/$name calls nothing impure" \
		"$(check_library "$top_builddir/src/$name/lib$name.a")"
done
result 'a planted call of time() is found' "$(check_planted_symbols)"
finish
