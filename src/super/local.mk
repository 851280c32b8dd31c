noinst_LIBRARIES += %D%/libsuper.a
%C%_libsuper_a_SOURCES = \
	%D%/chain.c %D%/chain.h \
	%D%/core.h \
	%D%/counters.c %D%/counters.h \
	%D%/event.c %D%/event.h \
	%D%/extended.c \
	%D%/index.c %D%/index.h \
	%D%/introduce.c \
	%D%/legacy.c \
	%D%/names.c %D%/names.h \
	%D%/orders.c %D%/orders.h \
	%D%/probation.c %D%/probation.h \
	%D%/registry.c %D%/registry_find.c %D%/registry.h %D%/registry_key.h \
	%D%/settings.c %D%/settings.h \
	%D%/slab.c %D%/slab.h \
	%D%/snapshot.c %D%/snapshot.h \
	%D%/super.c %D%/super.h
