sbin_PROGRAMS += %D%/ipmsg-superd
%C%_ipmsg_superd_SOURCES = \
	%D%/control.c %D%/control.h \
	%D%/main.c \
	%D%/settings.h \
	%D%/superd.c %D%/superd.h
%C%_ipmsg_superd_LDADD = \
	src/conf/libconf.a src/super/libsuper.a src/peer/libpeer.a src/ctl/libctlserver.a \
	src/ctl/libctl.a src/io/libio.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(EVENT_LIBS) $(CONFUSE_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS)
