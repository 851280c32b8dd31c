# The administrator's file is never overwritten, and removed only when it is as
# we installed it. Installed, it names the run and state directories of this build.
EXTRA_DIST += %D%/ipmsg.conf
CLEANFILES += %D%/ipmsg.conf.installed

%D%/ipmsg.conf.installed: $(top_srcdir)/%D%/ipmsg.conf Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(SED) -e 's|"/run/|"$(runstatedir)/|' -e 's|"/var/|"$(localstatedir)/|' $(top_srcdir)/%D%/ipmsg.conf > $@

all-local: %D%/ipmsg.conf.installed

install-data-local: %D%/ipmsg.conf.installed
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)'
	@if test -e '$(DESTDIR)$(sysconfdir)/ipmsg.conf'; then \
	  echo ' $(DESTDIR)$(sysconfdir)/ipmsg.conf is there already and stays as it is'; \
	else \
	  $(INSTALL_DATA) %D%/ipmsg.conf.installed '$(DESTDIR)$(sysconfdir)/ipmsg.conf'; \
	fi

uninstall-local: %D%/ipmsg.conf.installed
	@if cmp -s %D%/ipmsg.conf.installed '$(DESTDIR)$(sysconfdir)/ipmsg.conf'; then \
	  rm -f '$(DESTDIR)$(sysconfdir)/ipmsg.conf'; \
	elif test -e '$(DESTDIR)$(sysconfdir)/ipmsg.conf'; then \
	  echo ' $(DESTDIR)$(sysconfdir)/ipmsg.conf was changed and stays'; \
	fi
