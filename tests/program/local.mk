PROGRAM_TESTS += %D%/superd.sh
EXTRA_DIST += %D%/tap.sh %D%/superd.sh
