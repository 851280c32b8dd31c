#!/bin/sh
# Which pairs of NATs our peers open with our supernode, whoever asks: all in which nobody has to
# guess a port. A message passes each way. Who cannot get through is told why.
# shellcheck source-path=SCRIPTDIR source=matrix-table.sh
. "${top_srcdir:-.}/tests/net/matrix-table.sh" || exit 1
lab_need_superd
lab_need_peerd

# New peers for each pair, and a new supernode, so that nothing is known of the one before.
try_pair()
{
	start_superd e E
	start_peerd d D dave 'supernodes = { "192.168.1.4" }' 'lan = "off"'
	start_peerd b B bob 'supernodes = { "192.168.1.4" }' 'lan = "off"'
	if meets b bob d dave; then
		outcome=open
		shown="open, $((asked * 10)) ms"
	else
		outcome=${diagnosis:-failed}
		shown=$outcome
	fi
	for one in b d e; do
		stop "$one" >/dev/null
	done
}

matrix "$LAB_HERE/matrix.expected"
