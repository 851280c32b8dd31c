EXTRA_DIST += %D%/tap/run-sh

include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/lint/local.mk
include tests/sim/local.mk
include tests/program/local.mk
include tests/bench/local.mk
include tests/demo/local.mk
include tests/net/local.mk
