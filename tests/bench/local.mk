# Figures, not tests: `make bench`. What they need is kept building.
check_PROGRAMS += %D%/echo %D%/load
%C%_echo_SOURCES = %D%/echo.c
%C%_load_SOURCES = %D%/load.c %D%/request.c %D%/request.h %D%/traffic.c %D%/traffic.h
%C%_load_LDADD = src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)

EXTRA_DIST += %D%/idle.sh %D%/super.sh

.PHONY: bench
bench: all tests/sim/bench tests/net/seed tests/net/capture tests/bench/echo tests/bench/load
	@echo "ask to open path, in the simulator: delay of a leg, three legs, median, ratio"
	@tests/sim/bench
	@echo "refreshes answered in a CPU second of the supernode, and datagrams of a bare echo loop"
	@top_builddir='$(top_builddir)' $(SHELL) $(top_srcdir)/tests/bench/super.sh
	@echo "daemons at rest"
	@top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(SHELL) $(top_srcdir)/tests/bench/idle.sh
