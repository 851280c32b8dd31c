# The seals of packets.
if HAVE_CHECK
UNIT_TESTS += %D%/check_seal
endif

%C%_check_seal_SOURCES = %D%/check_seal.c
%C%_check_seal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_seal_LDADD = src/auth/libauth.a src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)
