if HAVE_CHECK
UNIT_TESTS += %D%/check_superd
endif

%C%_check_superd_SOURCES = %D%/check_superd.c \
	src/superd/eventlog.c src/superd/metrics.c src/superd/sight.c src/superd/watchers.c
%C%_check_superd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_superd_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/super/libsuper.a \
	src/auth/libauth.a src/wire/libwire.a src/io/libio.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)
