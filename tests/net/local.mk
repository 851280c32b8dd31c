# The tests in network namespaces, and the programs that only they need.
check_PROGRAMS += %D%/seed %D%/stock %D%/capture %D%/wire %D%/post %D%/crowd

%C%_seed_SOURCES = %D%/seed.c %D%/commands.h %D%/endpoint.h %D%/escape.h %D%/lines.h %D%/text.h
%C%_stock_SOURCES = %D%/stock.c %D%/stock_habits.c %D%/stock_messages.c %D%/stock_presence.c \
	%D%/stock_users.c %D%/stock_wire.c %D%/stock.h %D%/commands.h %D%/endpoint.h \
	%D%/escape.h %D%/lines.h %D%/text.h
%C%_capture_SOURCES = %D%/capture.c %D%/commands.h %D%/escape.h
%C%_wire_SOURCES = %D%/wire.c
%C%_post_SOURCES = %D%/post.c
%C%_post_LDADD = src/ctl/libctl.a src/base/libbase.a $(JANSSON_LIBS) $(SODIUM_LIBS)
%C%_crowd_SOURCES = %D%/crowd.c %D%/endpoint.h %D%/commands.h %D%/lines.h

# Preloaded, so without sanitizers, whatever the rest is built with.
check_DATA += %D%/faults.so
CLEANFILES += %D%/faults.so
%D%/faults.so: %D%/faults.c
	$(AM_V_CC)$(MKDIR_P) %D% && $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN_CFLAGS) -O2 -fPIC -shared \
		-o $@ $(srcdir)/%D%/faults.c

# Those that take longest first, so that none is still on its way alone at the end.
%C%_scripts = \
	%D%/mailbox-faults.sh \
	%D%/matrix.sh \
	%D%/kill.sh \
	%D%/behind-nat.sh \
	%D%/matrix-seeds.sh \
	%D%/roam.sh \
	%D%/peer-fails.sh \
	%D%/peer-loss.sh \
	%D%/lan-official.sh \
	%D%/lan-peerd.sh \
	%D%/stock-itself.sh \
	%D%/latency.sh \
	%D%/queue.sh \
	%D%/large.sh \
	%D%/hops.sh \
	%D%/keepalive-superd.sh \
	%D%/iptux.sh \
	%D%/nat-itself.sh \
	%D%/lab-itself.sh \
	%D%/wire-itself.sh \
	%D%/five-steps-seed.sh \
	%D%/five-steps-superd.sh \
	%D%/pairs-superd-open.sh \
	%D%/proof-superd.sh \
	%D%/peer-roles.sh \
	%D%/peer-roles-open.sh \
	%D%/peer-heals.sh \
	%D%/directory.sh \
	%D%/names.sh \
	%D%/duplicates.sh \
	%D%/lan-iptux.sh \
	%D%/lan-mac.sh \
	%D%/lan-others.sh \
	%D%/lan-ipv6.sh \
	%D%/ipv6.sh \
	%D%/setup.sh
NET_TESTS += $(%C%_scripts)
MEASURING_TESTS += %D%/latency.sh %D%/roam.sh %D%/queue.sh

EXTRA_DIST += \
	%D%/faults.c \
	%D%/lab.sh \
	%D%/lan.sh \
	%D%/delay.sh \
	%D%/lab6.sh \
	%D%/hops.nft \
	%D%/matrix-table.sh \
	%D%/matrix.expected \
	%D%/matrix-seeds.expected \
	%D%/nat/addr-restricted.nft \
	%D%/nat/address-dependent.nft \
	%D%/nat/blocked.nft \
	%D%/nat/blocked6.nft \
	%D%/nat/firewall6.nft \
	%D%/nat/full-cone.nft \
	%D%/nat/hairpin.nft \
	%D%/nat/open-input.nft \
	%D%/nat/port-block.nft \
	%D%/nat/port-restricted.nft \
	%D%/nat/public.nft \
	%D%/nat/reject.nft \
	%D%/nat/symmetric-random.nft \
	%D%/nat/symmetric-seq.nft \
	$(%C%_scripts)

# Which pairs of NATs are opened: for our peers, and for seeds.
%C%_run = top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(SHELL) \
	$(top_srcdir)/tests/tap/run-sh $(top_srcdir)/tests/net

.PHONY: matrix
matrix: all %D%/seed %D%/capture
	@status=0; for script in matrix.sh matrix-seeds.sh; do \
		$(%C%_run)/$$script || status=1; done; exit $$status

# Daemons killed over and over while messages flow; see the head of the script for the numbers.
KILLS = 200
MESSAGES = 1000
.PHONY: soak
soak: all %D%/seed %D%/capture %D%/post %D%/faults.so
	@KILLS='$(KILLS)' MESSAGES='$(MESSAGES)' $(%C%_run)/kill.sh
