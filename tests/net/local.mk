# The tests in network namespaces, and the programs that only they need.
check_PROGRAMS += %D%/seed %D%/stock %D%/capture

%C%_seed_SOURCES = %D%/seed.c %D%/commands.h %D%/endpoint.h %D%/escape.h %D%/lines.h %D%/text.h
%C%_stock_SOURCES = %D%/stock.c %D%/stock_habits.c %D%/stock_messages.c %D%/stock_presence.c \
	%D%/stock_users.c %D%/stock_wire.c %D%/stock.h %D%/commands.h %D%/endpoint.h \
	%D%/escape.h %D%/lines.h %D%/text.h
%C%_capture_SOURCES = %D%/capture.c %D%/commands.h %D%/escape.h

%C%_scripts = \
	%D%/lab-itself.sh \
	%D%/stock-itself.sh \
	%D%/five-steps-seed.sh \
	%D%/five-steps-superd.sh \
	%D%/pairs-superd.sh \
	%D%/pairs-superd-open.sh \
	%D%/keepalive-superd.sh \
	%D%/proof-superd.sh \
	%D%/peer-roles.sh \
	%D%/peer-roles-open.sh \
	%D%/peer-pairs.sh \
	%D%/peer-fails.sh \
	%D%/peer-loss.sh \
	%D%/peer-heals.sh \
	%D%/directory.sh \
	%D%/names.sh \
	%D%/lan-peerd.sh \
	%D%/lan-official.sh \
	%D%/lan-iptux.sh \
	%D%/lan-mac.sh \
	%D%/lan-others.sh \
	%D%/lan-ipv6.sh \
	%D%/iptux.sh \
	%D%/setup.sh
NET_TESTS += $(%C%_scripts)

EXTRA_DIST += \
	%D%/lab.sh \
	%D%/lan.sh \
	%D%/hops.nft \
	%D%/nat/addr-restricted.nft \
	%D%/nat/blocked.nft \
	%D%/nat/full-cone.nft \
	%D%/nat/open-input.nft \
	%D%/nat/port-restricted.nft \
	%D%/nat/public.nft \
	%D%/nat/reject.nft \
	%D%/nat/symmetric-random.nft \
	%D%/nat/symmetric-seq.nft \
	$(%C%_scripts)
