if HAVE_CHECK
UNIT_TESTS += %D%/check_peer %D%/check_peer_candidates %D%/check_peer_keys %D%/check_peer_mixed %D%/check_peer_roster %D%/check_peer_uplinks %D%/check_lan %D%/check_lan_entries %D%/check_lan_lists
endif

NAT_FIXTURE = %D%/nat_fixture.c %D%/nat_fixture.h

if HAVE_CHECK
UNIT_TESTS += %D%/check_natview %D%/check_tactic
endif

%C%_check_natview_SOURCES = %D%/check_natview.c $(NAT_FIXTURE)
%C%_check_natview_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_natview_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_tactic_SOURCES = %D%/check_tactic.c $(NAT_FIXTURE)
%C%_check_tactic_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_tactic_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

PEER_FIXTURE = %D%/peer_fixture.c %D%/peer_fixture.h

%C%_check_peer_SOURCES = %D%/check_peer.c $(PEER_FIXTURE)
%C%_check_peer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peer_candidates_SOURCES = %D%/check_peer_candidates.c $(PEER_FIXTURE)
%C%_check_peer_candidates_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_candidates_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peer_keys_SOURCES = %D%/check_peer_keys.c $(PEER_FIXTURE)
%C%_check_peer_keys_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_keys_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peer_uplinks_SOURCES = %D%/check_peer_uplinks.c $(PEER_FIXTURE)
%C%_check_peer_uplinks_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_uplinks_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peer_mixed_SOURCES = %D%/check_peer_mixed.c $(PEER_FIXTURE)
%C%_check_peer_mixed_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_mixed_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peer_roster_SOURCES = %D%/check_peer_roster.c $(PEER_FIXTURE)
%C%_check_peer_roster_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_roster_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

if HAVE_CHECK
UNIT_TESTS += %D%/check_parts
endif

%C%_check_parts_SOURCES = %D%/check_parts.c $(PEER_FIXTURE)
%C%_check_parts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_parts_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

LAN_FIXTURE = %D%/lan_fixture.c %D%/lan_fixture.h
LAN_LIBS = src/peer/libpeer.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_lan_SOURCES = %D%/check_lan.c $(LAN_FIXTURE)
%C%_check_lan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_lan_LDADD = $(LAN_LIBS)

%C%_check_lan_entries_SOURCES = %D%/check_lan_entries.c $(LAN_FIXTURE)
%C%_check_lan_entries_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_lan_entries_LDADD = $(LAN_LIBS)

%C%_check_lan_lists_SOURCES = %D%/check_lan_lists.c $(LAN_FIXTURE)
%C%_check_lan_lists_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_lan_lists_LDADD = $(LAN_LIBS)

if HAVE_CHECK
UNIT_TESTS += %D%/check_mail_sent %D%/check_mail_received
endif

%C%_check_mail_sent_SOURCES = %D%/check_mail_sent.c %D%/mail_fixture.c %D%/mail_fixture.h \
	$(LAN_FIXTURE)
%C%_check_mail_sent_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_mail_sent_LDADD = $(LAN_LIBS)

%C%_check_mail_received_SOURCES = %D%/check_mail_received.c %D%/mail_fixture.c %D%/mail_fixture.h \
	$(LAN_FIXTURE)
%C%_check_mail_received_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_mail_received_LDADD = $(LAN_LIBS)

if HAVE_CHECK
UNIT_TESTS += %D%/check_queue %D%/check_seeking
endif

%C%_check_queue_SOURCES = %D%/check_queue.c %D%/mail_fixture.c %D%/mail_fixture.h \
	$(LAN_FIXTURE)
%C%_check_queue_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_queue_LDADD = $(LAN_LIBS)

%C%_check_seeking_SOURCES = %D%/check_seeking.c $(PEER_FIXTURE)
%C%_check_seeking_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_seeking_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)
