noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_SOURCES = \
	%D%/activation.c %D%/activation.h \
	%D%/addresses.c %D%/addresses.h \
	%D%/background.c %D%/background.h \
	%D%/interface.c %D%/interface.h \
	%D%/links.c %D%/links.h \
	%D%/locals.c %D%/locals.h \
	%D%/loop.c %D%/loop.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/netlink.c %D%/netlink.h \
	%D%/notify.c %D%/notify.h \
	%D%/privileges.c %D%/privileges.h \
	%D%/program.c %D%/program.h \
	%D%/resolver.c %D%/resolver.h \
	%D%/state.c %D%/state.h \
	%D%/udp.c %D%/udp.h \
	%D%/udp_fd.c %D%/udp_fd.h
