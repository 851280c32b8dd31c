# The server needs libevent, the client must not: two libraries.
noinst_LIBRARIES += %D%/libctl.a %D%/libctlserver.a
%C%_libctl_a_SOURCES = \
	%D%/client.c %D%/client.h \
	%D%/interface.c %D%/interface.h %D%/interface_peer.c \
	%D%/message.c %D%/message.h
%C%_libctlserver_a_SOURCES = \
	%D%/connection.c %D%/connection.h \
	%D%/daemon.c %D%/daemon.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/group.c %D%/group.h \
	%D%/server.c %D%/server.h \
	%D%/socket.c %D%/socket.h
