noinst_LIBRARIES += %D%/libwire.a
%C%_libwire_a_SOURCES = \
	%D%/attachment.c %D%/attachment.h \
	%D%/block.c %D%/block.h \
	%D%/command.c %D%/command.h \
	%D%/entry.c %D%/entry.h \
	%D%/fields.c %D%/fields.h \
	%D%/hostlist.c %D%/hostlist.h \
	%D%/message.c %D%/message.h \
	%D%/packet.c %D%/packet.h \
	%D%/part.c %D%/part.h \
	%D%/punch.c %D%/punch.h \
	%D%/scan.c %D%/scan.h \
	%D%/writer.c %D%/writer.h
