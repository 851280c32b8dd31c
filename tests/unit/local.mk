# A unit test lists the libraries it tests, lowest layer last.
UNIT_LIBS = $(CHECK_LIBS) $(SODIUM_LIBS)

if HAVE_CHECK
UNIT_TESTS += %D%/check_base %D%/check_limiter
check_PROGRAMS += $(UNIT_TESTS)
endif
EXTRA_DIST += %D%/unit.h

%C%_check_base_SOURCES = %D%/check_base.c
%C%_check_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_base_LDADD = src/base/libbase.a $(UNIT_LIBS)

%C%_check_limiter_SOURCES = %D%/check_limiter.c
%C%_check_limiter_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_limiter_LDADD = src/base/libbase.a $(UNIT_LIBS)

# What takes longest comes first.
include tests/unit/io.mk
include tests/unit/super.mk
include tests/unit/wire.mk
include tests/unit/superd.mk
include tests/unit/peer.mk
include tests/unit/peerd.mk
include tests/unit/conf.mk
include tests/unit/ctl.mk
include tests/unit/auth.mk
