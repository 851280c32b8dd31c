if HAVE_CHECK
UNIT_TESTS += %D%/check_conf
endif

%C%_check_conf_SOURCES = %D%/check_conf.c
%C%_check_conf_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_conf_LDADD = src/conf/libconf.a src/super/libsuper.a src/peer/libpeer.a src/base/libbase.a \
	$(CONFUSE_LIBS) $(UNIT_LIBS)
