if HAVE_CHECK
UNIT_TESTS += %D%/check_peer
endif

%C%_check_peer_SOURCES = %D%/check_peer.c
%C%_check_peer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peer_LDADD = src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)
