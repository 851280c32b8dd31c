#!/bin/sh
# The same as peer-roles.sh, with a supernode that serves seeds unproven.
# shellcheck source-path=SCRIPTDIR source=peer-roles.sh
LAB_LEGACY=open
. "${top_srcdir:-.}/tests/net/peer-roles.sh"
