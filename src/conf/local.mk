noinst_LIBRARIES += %D%/libconf.a
%C%_libconf_a_SOURCES = \
	%D%/conf.c %D%/conf.h \
	%D%/log.c \
	%D%/mistakes.c %D%/mistakes.h \
	%D%/option.c %D%/option.h \
	%D%/parse.c %D%/parse.h \
	%D%/peerd.c \
	%D%/scan.c %D%/scan.h \
	%D%/sections.c \
	%D%/superd.c
