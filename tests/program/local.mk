check_PROGRAMS += %D%/call
%C%_call_SOURCES = %D%/call.c
%C%_call_LDADD = src/ctl/libctl.a src/base/libbase.a $(SODIUM_LIBS) $(JANSSON_LIBS)

PROGRAM_TESTS += %D%/superd.sh %D%/peerd.sh
EXTRA_DIST += %D%/tap.sh %D%/superd.sh %D%/peerd.sh
