#!/bin/sh
# Some pairs of NATs of matrix-seeds.sh with a supernode that serves seeds unproven: what it has to
# do differs by that, and not by what routers do.
# shellcheck source-path=SCRIPTDIR source=matrix-seeds.sh
LAB_LEGACY=open
MATRIX_KINDS="public addr-restricted port-restricted"
. "${top_srcdir:-.}/tests/net/matrix-seeds.sh"
