if HAVE_CHECK
UNIT_TESTS += %D%/check_ctl_client %D%/check_ctl_hostile %D%/check_ctl_server \
	%D%/check_ipmsgctl %D%/check_ipmsgctl_follow %D%/check_ipmsgctl_keys %D%/check_ipmsgctl_lan \
	%D%/check_ipmsgctl_mail \
	%D%/check_ipmsgctl_peer %D%/check_ipmsgctl_send %D%/check_ipmsgctl_terminal \
	%D%/check_ipmsgctl_who
endif

%C%_check_ctl_client_SOURCES = %D%/check_ctl_client.c
%C%_check_ctl_client_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ctl_client_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/base/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

%C%_check_ctl_hostile_SOURCES = %D%/check_ctl_hostile.c \
	%D%/check_ctl_service.c %D%/check_ctl_service.h
%C%_check_ctl_hostile_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ctl_hostile_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/base/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

%C%_check_ctl_server_SOURCES = %D%/check_ctl_server.c \
	%D%/check_ctl_service.c %D%/check_ctl_service.h
%C%_check_ctl_server_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ctl_server_LDADD = src/ctl/libctlserver.a src/ctl/libctl.a src/base/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

# These run the program, which has to be built before.
%C%_check_ipmsgctl_SOURCES = %D%/check_ipmsgctl.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_follow_SOURCES = %D%/check_ipmsgctl_follow.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_follow_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_follow_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_follow_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_keys_SOURCES = %D%/check_ipmsgctl_keys.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_keys_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_keys_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_keys_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_lan_SOURCES = %D%/check_ipmsgctl_lan.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_lan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_lan_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_lan_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_mail_SOURCES = %D%/check_ipmsgctl_mail.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_mail_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_mail_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_mail_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_peer_SOURCES = %D%/check_ipmsgctl_peer.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_peer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_peer_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_peer_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_send_SOURCES = %D%/check_ipmsgctl_send.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_send_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_send_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_send_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_terminal_SOURCES = %D%/check_ipmsgctl_terminal.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_terminal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_terminal_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_terminal_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

%C%_check_ipmsgctl_who_SOURCES = %D%/check_ipmsgctl_who.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_who_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_who_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_who_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)

if HAVE_CHECK
UNIT_TESTS += %D%/check_ipmsgctl_super
endif

%C%_check_ipmsgctl_super_SOURCES = %D%/check_ipmsgctl_super.c \
	%D%/check_ipmsgctl_fixture.c %D%/check_ipmsgctl_fixture.h
%C%_check_ipmsgctl_super_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_ipmsgctl_super_LDADD = $(JANSSON_LIBS) $(UNIT_LIBS)
EXTRA_%C%_check_ipmsgctl_super_DEPENDENCIES = src/ipmsgctl/ipmsgctl$(EXEEXT)
