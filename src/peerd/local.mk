sbin_PROGRAMS += %D%/ipmsg-peerd
%C%_ipmsg_peerd_SOURCES = \
	%D%/control.c %D%/control.h \
	%D%/defaults.c %D%/defaults.h \
	%D%/describe.c %D%/describe.h \
	%D%/doings.c \
	%D%/eventlog.c %D%/eventlog.h \
	%D%/failure.c %D%/failure.h \
	%D%/fixed.c %D%/fixed.h \
	%D%/followers.c %D%/followers.h \
	%D%/introduction.c %D%/introduction.h \
	%D%/keyring.c %D%/keyring.h \
	%D%/keys.c \
	%D%/mail.c %D%/mail.h \
	%D%/mailbox.c \
	%D%/main.c \
	%D%/messages.c \
	%D%/network.c %D%/network.h \
	%D%/news.c %D%/news.h \
	%D%/orders.c \
	%D%/outside.c %D%/outside.h \
	%D%/parts.h \
	%D%/roster.c %D%/roster.h \
	%D%/peerd.c %D%/peerd.h \
	%D%/presence.c \
	%D%/settings.h \
	%D%/takeover.c %D%/takeover.h
%C%_ipmsg_peerd_LDADD = \
	src/conf/libconf.a src/super/libsuper.a src/store/libstore.a src/ctl/libctlserver.a \
	src/ctl/libctl.a src/io/libio.a src/peer/libpeer.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS)
