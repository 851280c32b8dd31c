# The wire codec's tests, one a pair of modules.
if HAVE_CHECK
UNIT_TESTS += \
	%D%/check_wire_attachment \
	%D%/check_wire_entry \
	%D%/check_wire_message \
	%D%/check_wire_packet \
	%D%/check_wire_part \
	%D%/check_wire_punch
endif
EXTRA_DIST += %D%/golden.h %D%/random_wire.h

WIRE_TEST_LIBS = src/wire/libwire.a src/base/libbase.a $(UNIT_LIBS)

%C%_check_wire_attachment_SOURCES = %D%/check_wire_attachment.c
%C%_check_wire_attachment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_attachment_LDADD = $(WIRE_TEST_LIBS)

%C%_check_wire_entry_SOURCES = %D%/check_wire_entry.c
%C%_check_wire_entry_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_entry_LDADD = $(WIRE_TEST_LIBS)

%C%_check_wire_message_SOURCES = %D%/check_wire_message.c
%C%_check_wire_message_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_message_LDADD = $(WIRE_TEST_LIBS)

%C%_check_wire_packet_SOURCES = %D%/check_wire_packet.c
%C%_check_wire_packet_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_packet_LDADD = $(WIRE_TEST_LIBS)

%C%_check_wire_part_SOURCES = %D%/check_wire_part.c
%C%_check_wire_part_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_part_LDADD = $(WIRE_TEST_LIBS)

%C%_check_wire_punch_SOURCES = %D%/check_wire_punch.c
%C%_check_wire_punch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_check_wire_punch_LDADD = $(WIRE_TEST_LIBS)
