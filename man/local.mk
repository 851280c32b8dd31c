dist_man_MANS += \
	%D%/ipmsg-peerd.8 \
	%D%/ipmsg-punch.7 \
	%D%/ipmsg-superd.8 \
	%D%/ipmsg.conf.5 \
	%D%/ipmsgctl.1
