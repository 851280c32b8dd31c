#!/bin/sh
# Pairs of NATs as in matrix-seeds.sh, with a supernode that serves seeds unproven.
# shellcheck source-path=SCRIPTDIR source=matrix-seeds.sh
LAB_LEGACY=open
MATRIX_KINDS="public full-cone addr-restricted port-restricted reject"
. "${top_srcdir:-.}/tests/net/matrix-seeds.sh"
