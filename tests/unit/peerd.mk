if HAVE_CHECK
UNIT_TESTS += %D%/check_store %D%/check_store_sqlite %D%/check_store_power \
	%D%/check_store_damage %D%/check_store_room %D%/check_store_versions %D%/check_store_reading \
	%D%/check_keyring %D%/check_peerd %D%/check_peerd_mail
endif

%C%_check_store_SOURCES = %D%/check_store.c
%C%_check_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_store_LDADD = $(STORE_LIBS)

STORE_LIBS = src/store/libstore.a src/base/libbase.a $(SQLITE_LIBS) $(UNIT_LIBS)
STORE_FIXTURE = %D%/store_fixture.c %D%/store_fixture.h
STORE_VFS = %D%/store_vfs.c %D%/store_vfs.h

%C%_check_store_sqlite_SOURCES = %D%/check_store_sqlite.c $(STORE_FIXTURE)
%C%_check_store_sqlite_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
%C%_check_store_sqlite_LDADD = $(STORE_LIBS)

%C%_check_store_power_SOURCES = %D%/check_store_power.c $(STORE_VFS) $(STORE_FIXTURE)
%C%_check_store_power_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
%C%_check_store_power_LDADD = $(STORE_LIBS)

%C%_check_store_room_SOURCES = %D%/check_store_room.c $(STORE_FIXTURE)
%C%_check_store_room_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_store_room_LDADD = $(STORE_LIBS)

%C%_check_store_versions_SOURCES = %D%/check_store_versions.c $(STORE_FIXTURE)
%C%_check_store_versions_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
%C%_check_store_versions_LDADD = $(STORE_LIBS)

%C%_check_store_reading_SOURCES = %D%/check_store_reading.c $(STORE_VFS) $(STORE_FIXTURE)
%C%_check_store_reading_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
%C%_check_store_reading_LDADD = $(STORE_LIBS)

%C%_check_store_damage_SOURCES = %D%/check_store_damage.c $(STORE_VFS) $(STORE_FIXTURE)
%C%_check_store_damage_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
%C%_check_store_damage_LDADD = $(STORE_LIBS)

%C%_check_keyring_SOURCES = %D%/check_keyring.c $(PEER_FIXTURE) \
	src/peerd/defaults.c src/peerd/keyring.c
%C%_check_keyring_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_keyring_LDADD = src/io/libio.a src/peer/libpeer.a src/super/libsuper.a src/auth/libauth.a \
	src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_peerd_SOURCES = %D%/check_peerd.c \
	src/peerd/defaults.c src/peerd/describe.c src/peerd/eventlog.c src/peerd/failure.c \
	src/peerd/introduction.c
%C%_check_peerd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peerd_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/io/libio.a \
	src/peer/libpeer.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

%C%_check_peerd_mail_SOURCES = %D%/check_peerd_mail.c \
	src/peerd/describe.c src/peerd/doings.c src/peerd/defaults.c src/peerd/failure.c \
	src/peerd/followers.c src/peerd/introduction.c src/peerd/keyring.c src/peerd/mail.c \
	src/peerd/mailbox.c src/peerd/messages.c src/peerd/news.c src/peerd/roster.c \
	src/peerd/takeover.c
%C%_check_peerd_mail_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_peerd_mail_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
%C%_check_peerd_mail_LDADD = src/store/libstore.a src/ctl/libctlserver.a src/ctl/libctl.a \
	src/io/libio.a src/peer/libpeer.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS) $(UNIT_LIBS)
