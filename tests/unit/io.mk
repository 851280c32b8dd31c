if HAVE_CHECK
UNIT_TESTS += %D%/check_io
endif

%C%_check_io_SOURCES = %D%/check_io.c
%C%_check_io_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_io_LDADD = src/io/libio.a src/base/libbase.a $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)
