# Fuzz targets. With --enable-fuzzer libFuzzer drives them, else they replay
# their corpus as tests. A new one, fuzz_NAME, takes three lines at the end of
# this file and its inputs in corpus/NAME.
FUZZ_TARGETS =

if FUZZER
FUZZ_ENGINE = $(FUZZ_LDFLAGS)
else
FUZZ_ENGINE = %D%/libreplay.a
FUZZ_TESTS += $(FUZZ_TARGETS)
check_LIBRARIES += %D%/libreplay.a
endif
check_PROGRAMS += $(FUZZ_TARGETS)
%C%_libreplay_a_SOURCES = %D%/replay.c

FUZZ_BASE_LIBS = $(FUZZ_ENGINE) src/base/libbase.a $(SODIUM_LIBS)
FUZZ_WIRE_LIBS = $(FUZZ_ENGINE) src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)

EXTRA_DIST += %D%/corpus %D%/fuzz.h %D%/fuzz_wire.h

FUZZ_TARGETS += %D%/fuzz_attachment
%C%_fuzz_attachment_SOURCES = %D%/fuzz_attachment.c
%C%_fuzz_attachment_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_endpoint
%C%_fuzz_endpoint_SOURCES = %D%/fuzz_endpoint.c
%C%_fuzz_endpoint_LDADD = $(FUZZ_BASE_LIBS)

FUZZ_TARGETS += %D%/fuzz_entry
%C%_fuzz_entry_SOURCES = %D%/fuzz_entry.c
%C%_fuzz_entry_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_hostlist
%C%_fuzz_hostlist_SOURCES = %D%/fuzz_hostlist.c
%C%_fuzz_hostlist_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_message
%C%_fuzz_message_SOURCES = %D%/fuzz_message.c
%C%_fuzz_message_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_packet
%C%_fuzz_packet_SOURCES = %D%/fuzz_packet.c
%C%_fuzz_packet_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_part
%C%_fuzz_part_SOURCES = %D%/fuzz_part.c
%C%_fuzz_part_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_punch
%C%_fuzz_punch_SOURCES = %D%/fuzz_punch.c
%C%_fuzz_punch_LDADD = $(FUZZ_WIRE_LIBS)

FUZZ_TARGETS += %D%/fuzz_text
%C%_fuzz_text_SOURCES = %D%/fuzz_text.c
%C%_fuzz_text_LDADD = $(FUZZ_BASE_LIBS)

FUZZ_TARGETS += %D%/fuzz_ctl
%C%_fuzz_ctl_SOURCES = %D%/fuzz_ctl.c
%C%_fuzz_ctl_LDADD = $(FUZZ_ENGINE) src/ctl/libctl.a src/base/libbase.a $(JANSSON_LIBS)

FUZZ_TARGETS += %D%/fuzz_super
%C%_fuzz_super_SOURCES = %D%/fuzz_super.c
%C%_fuzz_super_LDADD = $(FUZZ_ENGINE) src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS)

FUZZ_TARGETS += %D%/fuzz_peer
%C%_fuzz_peer_SOURCES = %D%/fuzz_peer.c
%C%_fuzz_peer_LDADD = $(FUZZ_ENGINE) src/peer/libpeer.a src/auth/libauth.a src/wire/libwire.a src/base/libbase.a \
	$(SODIUM_LIBS)

FUZZ_TARGETS += %D%/fuzz_snapshot
%C%_fuzz_snapshot_SOURCES = %D%/fuzz_snapshot.c
%C%_fuzz_snapshot_LDADD = $(FUZZ_ENGINE) src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS)

FUZZ_TARGETS += %D%/fuzz_names
%C%_fuzz_names_SOURCES = %D%/fuzz_names.c
%C%_fuzz_names_LDADD = $(FUZZ_ENGINE) src/super/libsuper.a src/auth/libauth.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS)
