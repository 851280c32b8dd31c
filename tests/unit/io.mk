if HAVE_CHECK
UNIT_TESTS += %D%/check_io_links %D%/check_notify %D%/check_io %D%/check_privileges
endif

%C%_check_io_SOURCES = %D%/check_io.c
%C%_check_io_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_io_LDADD = src/io/libio.a src/base/libbase.a $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)

%C%_check_io_links_SOURCES = %D%/check_io_links.c src/peerd/network.c
%C%_check_io_links_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_io_links_LDADD = src/io/libio.a src/base/libbase.a $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)

%C%_check_notify_SOURCES = %D%/check_notify.c
%C%_check_notify_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_notify_LDADD = src/io/libio.a src/base/libbase.a $(EVENT_LIBS) $(UNIT_LIBS)

%C%_check_privileges_SOURCES = %D%/check_privileges.c
%C%_check_privileges_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_privileges_LDADD = src/io/libio.a src/base/libbase.a $(EVENT_LIBS) $(UNIT_LIBS)
