bin_PROGRAMS += %D%/ipmsgctl
%C%_ipmsgctl_SOURCES = \
	%D%/absence.c \
	%D%/ask.c \
	%D%/attempt.c %D%/attempt.h \
	%D%/command.c %D%/command.h \
	%D%/deliver.c %D%/deliver.h \
	%D%/explain.c %D%/explain.h \
	%D%/export.c \
	%D%/field.c %D%/field.h \
	%D%/fold.c %D%/fold.h \
	%D%/follow.c %D%/follow.h \
	%D%/help.c \
	%D%/keys.c \
	%D%/letter.c %D%/letter.h \
	%D%/list.c \
	%D%/listing.c %D%/listing.h \
	%D%/loglevel.c \
	%D%/mail.c %D%/mail.h \
	%D%/mailbox.c \
	%D%/main.c \
	%D%/messages.c \
	%D%/nat.c %D%/nat.h \
	%D%/netcheck.c \
	%D%/output.c %D%/output.h \
	%D%/peer_status.c \
	%D%/post.c %D%/post.h \
	%D%/print.c %D%/print.h \
	%D%/queue.c \
	%D%/read.c \
	%D%/recipients.c %D%/recipients.h \
	%D%/reload.c \
	%D%/reply.c \
	%D%/send.c \
	%D%/session.c %D%/session.h \
	%D%/status.h \
	%D%/super_admin.c \
	%D%/super_bans.c \
	%D%/super_list.c \
	%D%/super_names.c \
	%D%/super_status.c \
	%D%/super_watch.c \
	%D%/terminal.c %D%/terminal.h \
	%D%/version.c \
	%D%/watch.c \
	%D%/when.c %D%/when.h \
	%D%/who.c \
	%D%/why.c %D%/why.h \
	%D%/width.c %D%/width.h
%C%_ipmsgctl_LDADD = src/ctl/libctl.a src/base/libbase.a $(JANSSON_LIBS) \
	$(SODIUM_LIBS)
