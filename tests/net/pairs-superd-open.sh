#!/bin/sh
# The same as pairs-superd.sh, with a supernode that serves seeds unproven.
# shellcheck source-path=SCRIPTDIR source=pairs-superd.sh
LAB_LEGACY=open
. "${top_srcdir:-.}/tests/net/pairs-superd.sh"
