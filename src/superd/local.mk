sbin_PROGRAMS += %D%/ipmsg-superd
%C%_ipmsg_superd_SOURCES = \
	%D%/administration.c %D%/administration.h \
	%D%/alternates.c %D%/alternates.h \
	%D%/banfile.c %D%/banfile.h \
	%D%/control.c %D%/control.h \
	%D%/cost.c %D%/cost.h \
	%D%/eventlog.c %D%/eventlog.h \
	%D%/expulsion.c %D%/expulsion.h \
	%D%/journal.c %D%/journal.h \
	%D%/keep.c %D%/keep.h \
	%D%/main.c \
	%D%/metrics.c %D%/metrics.h \
	%D%/ownership.c %D%/ownership.h \
	%D%/rates.c %D%/rates.h \
	%D%/settings.h \
	%D%/sight.c %D%/sight.h \
	%D%/superd.c %D%/superd.h \
	%D%/watchers.c %D%/watchers.h
%C%_ipmsg_superd_LDADD = \
	src/conf/libconf.a src/super/libsuper.a src/peer/libpeer.a src/ctl/libctlserver.a \
	src/ctl/libctl.a src/io/libio.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS)
