# What can be said of the sources without running them.
LINT_TESTS += \
	%D%/layers.sh \
	%D%/man.sh \
	%D%/shell.sh \
	%D%/style.sh \
	%D%/systemd.sh
EXTRA_DIST += %D%/tap.sh %D%/layers.sh %D%/man.sh %D%/shell.sh %D%/style.sh %D%/systemd.sh
