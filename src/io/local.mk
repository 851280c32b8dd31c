noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_SOURCES = \
	%D%/addresses.c %D%/addresses.h \
	%D%/background.c %D%/background.h \
	%D%/loop.c %D%/loop.h \
	%D%/program.c %D%/program.h \
	%D%/resolver.c %D%/resolver.h \
	%D%/udp.c %D%/udp.h
