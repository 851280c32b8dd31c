bin_PROGRAMS += %D%/ipmsgctl
%C%_ipmsgctl_SOURCES = \
	%D%/command.c %D%/command.h \
	%D%/field.c %D%/field.h \
	%D%/help.c \
	%D%/main.c \
	%D%/output.c %D%/output.h \
	%D%/session.c %D%/session.h \
	%D%/status.h \
	%D%/super_list.c \
	%D%/super_loglevel.c \
	%D%/super_reload.c \
	%D%/super_status.c \
	%D%/version.c \
	%D%/width.c %D%/width.h
%C%_ipmsgctl_LDADD = src/ctl/libctl.a src/base/libbase.a $(JANSSON_LIBS)
