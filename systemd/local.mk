# The services and their users. A directory that configure left empty gets nothing.
# [@] below: config.status would put in its own idea of the name, unexpanded.
systemdsystemunit_DATA = %D%/ipmsg-superd.service %D%/ipmsg-peerd.service
dist_systemdsystemunit_DATA = %D%/ipmsg-superd.socket
systemduserunit_DATA = %D%/user/ipmsg-peerd.service
dist_sysusers_DATA = %D%/sysusers.d/ipmsgd.conf

EXTRA_DIST += \
	%D%/ipmsg-superd.service.in \
	%D%/ipmsg-peerd.service.in \
	%D%/user/ipmsg-peerd.service.in
CLEANFILES += $(systemdsystemunit_DATA) $(systemduserunit_DATA)

%C%_edit = $(SED) 's|[@]sbindir@|$(sbindir)|g'

%D%/ipmsg-superd.service: $(top_srcdir)/%D%/ipmsg-superd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(%C%_edit) $(top_srcdir)/%D%/ipmsg-superd.service.in > $@

%D%/ipmsg-peerd.service: $(top_srcdir)/%D%/ipmsg-peerd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(%C%_edit) $(top_srcdir)/%D%/ipmsg-peerd.service.in > $@

%D%/user/ipmsg-peerd.service: $(top_srcdir)/%D%/user/ipmsg-peerd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D%/user && \
	$(%C%_edit) $(top_srcdir)/%D%/user/ipmsg-peerd.service.in > $@
