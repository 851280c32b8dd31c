noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/base64url.c %D%/base64url.h \
	%D%/charset.c %D%/charset.h \
	%D%/datagram.c %D%/datagram.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/heap.c %D%/heap.h \
	%D%/limiter.c %D%/limiter.h \
	%D%/log.c %D%/log.h \
	%D%/pages.c %D%/pages.h \
	%D%/rng.c %D%/rng.h \
	%D%/settings.h \
	%D%/span.h \
	%D%/text.c %D%/text.h \
	%D%/timestamp.c %D%/timestamp.h
