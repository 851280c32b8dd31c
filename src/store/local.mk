noinst_LIBRARIES += %D%/libstore.a
%C%_libstore_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_libstore_a_SOURCES = \
	%D%/aside.c \
	%D%/batch.c \
	%D%/copy.c %D%/copy.h \
	%D%/damage.c \
	%D%/jobs.c \
	%D%/memory.c %D%/memory.h \
	%D%/open.c \
	%D%/pending.c %D%/pending.h \
	%D%/read.c \
	%D%/retain.c \
	%D%/room.c \
	%D%/row.c %D%/row.h \
	%D%/schema.c %D%/schema.h \
	%D%/sqlite.c %D%/sqlite.h \
	%D%/store.h \
	%D%/trouble.c \
	%D%/words.c %D%/words.h \
	%D%/writer.c
