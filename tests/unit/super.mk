if HAVE_CHECK
UNIT_TESTS += %D%/check_admission %D%/check_super_alternates %D%/check_super_limits
UNIT_TESTS += %D%/check_super %D%/check_super_amplification \
	%D%/check_super_directory %D%/check_super_events %D%/check_identity %D%/check_super_keys \
	%D%/check_super_repeat %D%/check_super_roster \
	%D%/check_super_tables %D%/check_snapshot
endif

%C%_super_libs = src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(UNIT_LIBS)

%C%_check_admission_SOURCES = %D%/check_admission.c
%C%_check_admission_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_admission_LDADD = $(%C%_super_libs)

%C%_check_super_alternates_SOURCES = %D%/check_super_alternates.c %D%/world.c %D%/world.h
%C%_check_super_alternates_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_alternates_LDADD = $(%C%_super_libs)

%C%_check_super_limits_SOURCES = %D%/check_super_limits.c %D%/world.c %D%/world.h
%C%_check_super_limits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_limits_LDADD = $(%C%_super_libs)

%C%_check_super_SOURCES = %D%/check_super.c %D%/world.c %D%/world.h
%C%_check_super_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_LDADD = $(%C%_super_libs)

%C%_check_super_amplification_SOURCES = %D%/check_super_amplification.c %D%/world.c %D%/world.h
%C%_check_super_amplification_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_amplification_LDADD = $(%C%_super_libs)

%C%_check_super_events_SOURCES = %D%/check_super_events.c %D%/world.c %D%/world.h
%C%_check_super_events_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_events_LDADD = $(%C%_super_libs)

%C%_check_super_repeat_SOURCES = %D%/check_super_repeat.c %D%/world.c %D%/world.h
%C%_check_super_repeat_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_repeat_LDADD = $(%C%_super_libs)

%C%_check_super_tables_SOURCES = %D%/check_super_tables.c
%C%_check_super_tables_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_tables_LDADD = $(%C%_super_libs)

%C%_check_snapshot_SOURCES = %D%/check_snapshot.c %D%/world.c %D%/world.h
%C%_check_snapshot_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_snapshot_LDADD = $(%C%_super_libs)

%C%_check_super_directory_SOURCES = %D%/check_super_directory.c %D%/world.c %D%/world.h
%C%_check_super_directory_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_directory_LDADD = $(%C%_super_libs)

%C%_check_super_roster_SOURCES = %D%/check_super_roster.c %D%/world.c %D%/world.h
%C%_check_super_roster_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_roster_LDADD = $(%C%_super_libs)

%C%_check_super_keys_SOURCES = %D%/check_super_keys.c %D%/world.c %D%/world.h
%C%_check_super_keys_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_keys_LDADD = $(%C%_super_libs)

if HAVE_CHECK
UNIT_TESTS += %D%/check_bans %D%/check_super_admin
endif

%C%_check_bans_SOURCES = %D%/check_bans.c
%C%_check_bans_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_bans_LDADD = $(%C%_super_libs)

%C%_check_super_admin_SOURCES = %D%/check_super_admin.c %D%/world.c %D%/world.h
%C%_check_super_admin_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_super_admin_LDADD = $(%C%_super_libs)

%C%_check_identity_SOURCES = %D%/check_identity.c
%C%_check_identity_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_identity_LDADD = $(%C%_super_libs)
