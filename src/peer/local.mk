noinst_LIBRARIES += %D%/libpeer.a
%C%_libpeer_a_SOURCES = \
	%D%/about.c \
	%D%/asking.c \
	%D%/automatic.c %D%/automatic.h \
	%D%/budget.c %D%/budget.h \
	%D%/candidates.c %D%/candidates.h \
	%D%/cookies.c \
	%D%/core.h \
	%D%/counters.c \
	%D%/destination.c %D%/destination.h \
	%D%/diagnosis.c %D%/diagnosis.h \
	%D%/entries.c \
	%D%/event.c %D%/event.h \
	%D%/expiry.c \
	%D%/hint.c %D%/hint.h \
	%D%/inbox.c \
	%D%/kept.c \
	%D%/keys.c %D%/keys.h \
	%D%/lan.c %D%/lan.h \
	%D%/lan_entries.c \
	%D%/lan_iptux.c \
	%D%/lan_lists.c \
	%D%/lan_scope.c \
	%D%/lan_words.c \
	%D%/link.h \
	%D%/mailbox.h \
	%D%/messages.c %D%/messages.h \
	%D%/natdestinations.c %D%/natdestinations.h \
	%D%/natmapping.c %D%/natmapping.h \
	%D%/nattest.c %D%/nattest.h \
	%D%/natview.c %D%/natview.h \
	%D%/neighbour.c %D%/neighbour.h \
	%D%/ordered.c \
	%D%/outgoing.c %D%/outgoing.h \
	%D%/parts.c %D%/parts.h \
	%D%/parts_in.c \
	%D%/path.c %D%/path.h \
	%D%/paths.c \
	%D%/peer.c %D%/peer.h \
	%D%/punching.c \
	%D%/queue.c %D%/queue.h \
	%D%/receipts.c \
	%D%/roaming.c \
	%D%/roster.c %D%/roster.h \
	%D%/rules.c %D%/rules.h \
	%D%/seals.c %D%/seals.h \
	%D%/seeking.c \
	%D%/sending.c \
	%D%/settings.c %D%/settings.h \
	%D%/sockets.c %D%/sockets.h \
	%D%/source.c %D%/source.h \
	%D%/status.c \
	%D%/tactic.c %D%/tactic.h \
	%D%/text_max.c %D%/text_max.h \
	%D%/uplink.c %D%/uplink.h \
	%D%/uplinks.c
