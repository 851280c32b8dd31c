# What ./bootstrap demo shows; it plays in the same lab as the tests.
EXTRA_DIST += %D%/demo.sh %D%/wire.awk
