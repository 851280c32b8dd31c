# Figures, not tests: `make bench`. What they need is kept building.
%C%_programs = %D%/echo %D%/load %D%/fill %D%/latency %D%/stalls %D%/flood \
	%D%/commits
check_PROGRAMS += $(%C%_programs)
%C%_common = %D%/crowd.c %D%/crowd.h %D%/enter.c %D%/enter.h %D%/measure.c %D%/measure.h \
	%D%/request.c %D%/request.h %D%/traffic.c %D%/traffic.h
%C%_asks = %D%/asks.c %D%/asks.h
%C%_libs = src/auth/libauth.a src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)

%C%_echo_SOURCES = %D%/echo.c
%C%_load_SOURCES = %D%/load.c $(%C%_asks) $(%C%_common)
%C%_load_LDADD = $(%C%_libs)
%C%_fill_SOURCES = %D%/fill.c $(%C%_common)
%C%_fill_LDADD = $(%C%_libs)
%C%_latency_SOURCES = %D%/latency.c $(%C%_asks) $(%C%_common)
%C%_latency_LDADD = $(%C%_libs)
%C%_stalls_SOURCES = %D%/stalls.c $(%C%_common)
%C%_stalls_LDADD = $(%C%_libs)
%C%_flood_SOURCES = %D%/flood.c $(%C%_common)
%C%_flood_LDADD = $(%C%_libs)

%C%_commits_SOURCES = %D%/commits.c %D%/measure.c %D%/measure.h
%C%_commits_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_commits_LDADD = $(SQLITE_LIBS)

EXTRA_DIST += %D%/asks.sh %D%/durable.sh %D%/flood.sh %D%/idle.sh %D%/latency.sh %D%/memory.sh %D%/punch.sh %D%/servers.sh \
	%D%/stalls.sh %D%/super.sh

bench_run = @top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(SHELL) \
	$(top_srcdir)/tests/bench

.PHONY: bench
bench: all tests/sim/bench tests/net/seed tests/net/capture tests/net/wire tests/net/post $(%C%_programs)
	@echo "ask to open path, in the simulator: delay of a leg, three legs, median, ratio"
	@tests/sim/bench
	@echo "ask to first packet, between two NATs over wires with these delays"
	$(bench_run)/punch.sh
	@echo "messages kept on disk at both ends, and what SQLite commits one by one"
	$(bench_run)/durable.sh
	@echo "refreshes answered in a CPU second of the supernode, and datagrams of a bare echo loop"
	$(bench_run)/super.sh
	@echo "packets of introductions in a CPU second of the supernode, and of a bare echo loop"
	$(bench_run)/asks.sh
	@echo "memory of a registration"
	$(bench_run)/memory.sh
	@echo "ask to order at half the load that the supernode can bear"
	$(bench_run)/latency.sh
	@echo "longest time without an answer while the table grows"
	$(bench_run)/stalls.sh
	@echo "under a flood"
	$(bench_run)/flood.sh
	@echo "daemons at rest"
	$(bench_run)/idle.sh
