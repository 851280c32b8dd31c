check_PROGRAMS += %D%/call
%C%_call_SOURCES = %D%/call.c
%C%_call_LDADD = src/ctl/libctl.a src/base/libbase.a $(SODIUM_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += %D%/facts
%C%_facts_SOURCES = %D%/facts.c
%C%_facts_LDADD = src/conf/libconf.a src/super/libsuper.a src/peer/libpeer.a src/ctl/libctl.a \
	src/auth/libauth.a src/wire/libwire.a src/base/libbase.a $(CONFUSE_LIBS) $(SODIUM_LIBS)

PROGRAM_TESTS += %D%/superd.sh %D%/peerd.sh %D%/manual.sh
EXTRA_DIST += %D%/tap.sh %D%/superd.sh %D%/peerd.sh %D%/manual.sh

# The supernode that is ended, killed, and started again; and daemons that give up root.
check_PROGRAMS += %D%/restart_fill %D%/restart_hold
%C%_restart_fill_SOURCES = %D%/restart_fill.c
%C%_restart_fill_LDADD = src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS)
%C%_restart_hold_SOURCES = %D%/restart_hold.c
%C%_restart_hold_LDADD = src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)

PROGRAM_TESTS += %D%/restart.sh %D%/run-as.sh
EXTRA_DIST += %D%/supernode.sh %D%/restart.sh %D%/run-as.sh

# What an administrator sees; the peers in it are tests/net/seed.
check_PROGRAMS += %D%/http %D%/udp
%C%_http_SOURCES = %D%/http.c
%C%_udp_SOURCES = %D%/udp.c

PROGRAM_TESTS += %D%/sight.sh
EXTRA_DIST += %D%/sight.sh

# Names that belong to keys.
check_PROGRAMS += %D%/names_sign
%C%_names_sign_SOURCES = %D%/names_sign.c
%C%_names_sign_LDADD = src/auth/libauth.a src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)

PROGRAM_TESTS += %D%/names.sh
EXTRA_DIST += %D%/names.sh
