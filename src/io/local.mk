noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_SOURCES = %D%/loop.c %D%/loop.h %D%/udp.c %D%/udp.h
