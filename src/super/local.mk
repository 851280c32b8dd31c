noinst_LIBRARIES += %D%/libsuper.a
%C%_libsuper_a_SOURCES = \
	%D%/administer.c %D%/administer.h \
	%D%/alternates.c \
	%D%/bans.c %D%/bans.h \
	%D%/admission.c %D%/admission.h \
	%D%/chain.c %D%/chain.h \
	%D%/choose.c %D%/choose.h \
	%D%/claim.c %D%/claim.h \
	%D%/core.h \
	%D%/counters.c %D%/counters.h \
	%D%/event.c %D%/event.h \
	%D%/extended.c \
	%D%/identity.c %D%/identity.h \
	%D%/index.c %D%/index.h \
	%D%/introduce.c \
	%D%/legacy.c \
	%D%/listed.c %D%/listed.h \
	%D%/name_record.c %D%/name_record.h \
	%D%/names.c %D%/names.h \
	%D%/orders.c %D%/orders.h \
	%D%/probation.c %D%/probation.h \
	%D%/registry.c %D%/registry_find.c %D%/registry_walk.c %D%/registry.h %D%/registry_key.h \
	%D%/registry_room.c %D%/registry_room.h \
	%D%/repeat.c %D%/repeat.h \
	%D%/roster.c \
	%D%/settings.c %D%/settings.h \
	%D%/slab.c %D%/slab.h \
	%D%/snapshot.c %D%/snapshot.h \
	%D%/sources.c %D%/sources.h \
	%D%/super.c %D%/super.h \
	%D%/tiers.c %D%/tiers.h \
	%D%/wheel.c %D%/wheel.h \
	%D%/whom.c %D%/whom.h
