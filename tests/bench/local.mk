# Figures, not tests: `make bench`.
EXTRA_DIST += %D%/idle.sh

.PHONY: bench
bench: all tests/sim/bench tests/net/seed tests/net/capture
	@echo "ask to open path, in the simulator: delay of a leg, three legs, median, ratio"
	@tests/sim/bench
	@echo "daemons at rest"
	@top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(SHELL) $(top_srcdir)/tests/bench/idle.sh
