# Whole networks in one process on virtual time; bench is no test, but kept building.
if HAVE_CHECK
SIM_TESTS += \
	%D%/check_sim_random \
	%D%/check_sim_itself \
	%D%/check_sim_pairs \
	%D%/check_sim_seed \
	%D%/check_sim_loss \
	%D%/check_sim_large \
	%D%/check_sim_mailbox \
	%D%/check_sim_heal \
	%D%/check_sim_hostile \
	%D%/check_sim_roam
check_PROGRAMS += $(SIM_TESTS) %D%/bench
check_LIBRARIES += %D%/libsim.a
endif

%C%_libsim_a_SOURCES = \
	%D%/breaks.c \
	%D%/core.h \
	%D%/forgery.c %D%/forgery.h \
	%D%/last_words.c %D%/last_words.h \
	%D%/nat.c %D%/nat.h \
	%D%/nat_kinds.c \
	%D%/network.c \
	%D%/node.c \
	%D%/peer_node.c \
	%D%/random_world.c %D%/random_world.h \
	%D%/rests.c %D%/rests.h \
	%D%/seed.c %D%/seed.h \
	%D%/sim.c %D%/sim.h \
	%D%/super_node.c \
	%D%/trace.c \
	%D%/watch.c %D%/watch.h \
	%D%/world.c

%C%_libs = %D%/libsim.a src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a
%C%_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

%C%_check_sim_itself_SOURCES = %D%/check_sim_itself.c %D%/scenario.h
%C%_check_sim_itself_CFLAGS = $(%C%_cflags)
%C%_check_sim_itself_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_pairs_SOURCES = %D%/check_sim_pairs.c %D%/scenario.h
%C%_check_sim_pairs_CFLAGS = $(%C%_cflags)
%C%_check_sim_pairs_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_seed_SOURCES = %D%/check_sim_seed.c %D%/scenario.h
%C%_check_sim_seed_CFLAGS = $(%C%_cflags)
%C%_check_sim_seed_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_loss_SOURCES = %D%/check_sim_loss.c %D%/scenario.h
%C%_check_sim_loss_CFLAGS = $(%C%_cflags)
%C%_check_sim_loss_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_large_SOURCES = %D%/check_sim_large.c %D%/scenario.h
%C%_check_sim_large_CFLAGS = $(%C%_cflags)
%C%_check_sim_large_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_mailbox_SOURCES = %D%/check_sim_mailbox.c %D%/scenario.h
%C%_check_sim_mailbox_CFLAGS = $(%C%_cflags)
%C%_check_sim_mailbox_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_heal_SOURCES = %D%/check_sim_heal.c %D%/scenario.h
%C%_check_sim_heal_CFLAGS = $(%C%_cflags)
%C%_check_sim_heal_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_hostile_SOURCES = %D%/check_sim_hostile.c %D%/scenario.h
%C%_check_sim_hostile_CFLAGS = $(%C%_cflags)
%C%_check_sim_hostile_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_random_SOURCES = %D%/check_sim_random.c %D%/scenario.h
%C%_check_sim_random_CFLAGS = $(%C%_cflags)
%C%_check_sim_random_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_check_sim_roam_SOURCES = %D%/check_sim_roam.c %D%/scenario.h
%C%_check_sim_roam_CFLAGS = $(%C%_cflags)
%C%_check_sim_roam_LDADD = $(%C%_libs) $(UNIT_LIBS)

%C%_bench_SOURCES = %D%/bench.c
%C%_bench_LDADD = $(%C%_libs) $(SODIUM_LIBS)

# More worlds by chance than a check goes through, on all processors: make sim N=1000000
N = 1000000
.PHONY: sim
sim: %D%/check_sim_random
	@count=`nproc`; each=$$((($(N) + count - 1) / count)); running=; \
	for k in `seq 0 $$((count - 1))`; do \
		SIM_FROM=$$((k * each)) SIM_N=$$each CK_FORK=no %D%/check_sim_random & \
		running="$$running $$!"; \
	done; \
	failed=0; for id in $$running; do wait $$id || failed=1; done; exit $$failed
