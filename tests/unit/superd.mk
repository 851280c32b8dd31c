if HAVE_CHECK
UNIT_TESTS += %D%/check_superd
endif

%C%_check_superd_SOURCES = %D%/check_superd.c \
	src/superd/eventlog.c src/superd/metrics.c src/superd/sight.c src/superd/watchers.c
%C%_check_superd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_superd_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/super/libsuper.a \
	src/auth/libauth.a src/wire/libwire.a src/io/libio.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

if HAVE_CHECK
UNIT_TESTS += %D%/check_rates %D%/check_superd_admin %D%/check_journal
endif

%C%_check_journal_SOURCES = %D%/check_journal.c src/superd/journal.c
%C%_check_journal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_journal_LDADD = src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/io/libio.a src/base/libbase.a $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)

%C%_check_rates_SOURCES = %D%/check_rates.c src/superd/rates.c
%C%_check_rates_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_rates_LDADD = src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a $(JANSSON_LIBS) $(UNIT_LIBS)

%C%_check_superd_admin_SOURCES = %D%/check_superd_admin.c %D%/world.c %D%/world.h \
	src/superd/administration.c src/superd/banfile.c src/superd/control.c \
	src/superd/expulsion.c src/superd/ownership.c src/superd/rates.c src/superd/watchers.c
%C%_check_superd_admin_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_superd_admin_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/super/libsuper.a \
	src/auth/libauth.a src/wire/libwire.a src/io/libio.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)
