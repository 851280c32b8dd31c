if HAVE_CHECK
UNIT_TESTS += %D%/check_super %D%/check_super_events %D%/check_super_tables %D%/check_snapshot
endif

%C%_super_libs = src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(UNIT_LIBS)

%C%_check_super_SOURCES = %D%/check_super.c %D%/world.c %D%/world.h
%C%_check_super_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_LDADD = $(%C%_super_libs)

%C%_check_super_events_SOURCES = %D%/check_super_events.c %D%/world.c %D%/world.h
%C%_check_super_events_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_events_LDADD = $(%C%_super_libs)

%C%_check_super_tables_SOURCES = %D%/check_super_tables.c
%C%_check_super_tables_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_tables_LDADD = $(%C%_super_libs)

%C%_check_snapshot_SOURCES = %D%/check_snapshot.c %D%/world.c %D%/world.h
%C%_check_snapshot_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_snapshot_LDADD = $(%C%_super_libs)
