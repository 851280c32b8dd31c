noinst_LIBRARIES += %D%/libpeer.a
%C%_libpeer_a_SOURCES = \
	%D%/asking.c \
	%D%/core.h \
	%D%/entries.c \
	%D%/event.c %D%/event.h \
	%D%/inbox.c \
	%D%/link.h \
	%D%/mailbox.h \
	%D%/messages.c %D%/messages.h \
	%D%/path.c %D%/path.h \
	%D%/paths.c \
	%D%/peer.c %D%/peer.h \
	%D%/settings.c %D%/settings.h \
	%D%/status.c \
	%D%/uplink.c %D%/uplink.h
