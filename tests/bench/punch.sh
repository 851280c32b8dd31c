#!/bin/sh
# The time from ask to the first packet of the other peer, over distances: the
# test's own figures, for people. Of the environment:
#   BENCH_ASKS   how many asks over each (7)
ASKS=${BENCH_ASKS:-7} LAB_PLAIN=yes sh "${top_srcdir:-.}/tests/net/latency.sh" |
	sed -n -e 's/^# //p' -e '/^not ok/p'
